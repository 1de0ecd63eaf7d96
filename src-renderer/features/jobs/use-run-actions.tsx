import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { RunSummary } from "../../../src-core/model/run.ts";
import { api } from "../../app/api-client.ts";
import { toastError } from "../../app/toast-error.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";

/** What becomes of the work so far. */
const CANCEL_MEANS: Record<RunSummary["kind"], string> = {
  convert: "The unfinished target file is deleted. The source stays as it is.",
  export: "The unfinished files are deleted, and what was made at the source for this export is removed there.",
  check: "Nothing was made; what was found so far is lost.",
  compare: "Nothing was made; what was found so far is lost.",
};

export interface RunActions {
  cancel: (run: RunSummary) => void;
  /** Holds one run back, or lets it go on. */
  hold: (run: RunSummary, paused: boolean) => void;
  retry: (run: RunSummary) => void;
  remove: (run: RunSummary) => void;
  reveal: (run: RunSummary) => void;
  busy: boolean;
  /** The question that is open, to be put into the page. */
  dialogs: ReactNode;
}

/** What can be done to runs; asks first where something would be lost. `onRemoved` after a run left the history. */
export function useRunActions(onRemoved?: () => void): RunActions {
  const navigate = useNavigate();
  const [canceling, setCanceling] = useState<RunSummary | null>(null);
  const [removing, setRemoving] = useState<RunSummary | null>(null);
  const onError = toastError;
  const pause = useMutation(api.runs.pause.mutationOptions({ onError }));
  const resume = useMutation(api.runs.resume.mutationOptions({ onError }));
  const cancel = useMutation(api.runs.cancel.mutationOptions({ onError }));
  const remove = useMutation(api.runs.remove.mutationOptions({ onError, onSuccess: () => onRemoved?.() }));
  const reveal = useMutation(api.runs.reveal.mutationOptions({ onError }));
  const retry = useMutation(
    api.runs.retry.mutationOptions({
      onError,
      onSuccess: ({ runId }) => void navigate({ to: "/jobs/$runId", params: { runId } }),
    }),
  );
  return {
    cancel: setCanceling,
    hold: (run, paused) => (paused ? pause : resume).mutate({ id: run.id }),
    remove: setRemoving,
    retry: (run) => retry.mutate({ id: run.id }),
    reveal: (run) => reveal.mutate({ id: run.id }),
    busy: [cancel, retry, remove, pause, resume].some(({ isPending }) => isPending),
    dialogs: (
      <>
        <ConfirmDialog
          open={canceling !== null}
          onOpenChange={(open) => (open ? undefined : setCanceling(null))}
          title="Cancel this job?"
          action="Cancel job"
          keep="Keep running"
          onConfirm={() => canceling !== null && cancel.mutate({ id: canceling.id })}
        >
          <p className="font-medium text-ink">{canceling?.name}</p>
          <p className="mt-1">{canceling === null ? null : CANCEL_MEANS[canceling.kind]}</p>
        </ConfirmDialog>
        <ConfirmDialog
          open={removing !== null}
          onOpenChange={(open) => (open ? undefined : setRemoving(null))}
          title="Remove from the history?"
          action="Remove"
          onConfirm={() => removing !== null && remove.mutate({ id: removing.id })}
        >
          <p className="font-medium text-ink">{removing?.name}</p>
          <p className="mt-1">Its record, its log and what it found are deleted. Files that were made stay.</p>
        </ConfirmDialog>
      </>
    ),
  };
}
