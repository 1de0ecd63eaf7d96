import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { ScheduledRunSummary } from "../../../../src-core/model/scheduled-run.ts";
import { api } from "../../../app/api-client.ts";
import { toastError } from "../../../app/toast-error.ts";
import { ConfirmDialog } from "../../../components/confirm-dialog.tsx";

export interface ScheduledRunActions {
  /** Asks first. */
  cancel: (run: ScheduledRunSummary) => void;
  pause: (run: ScheduledRunSummary) => void;
  resume: (run: ScheduledRunSummary) => void;
  retry: (run: ScheduledRunSummary) => void;
  runNow: (run: ScheduledRunSummary) => void;
  busy: boolean;
  dialogs: ReactNode;
}

/** What can be done to a run of a schedule. */
export function useScheduledRunActions(): ScheduledRunActions {
  const navigate = useNavigate();
  const [canceling, setCanceling] = useState<ScheduledRunSummary | null>(null);
  const onError = toastError;
  const open = ({ id }: ScheduledRunSummary) => void navigate({ to: "/schedules/runs/$id", params: { id } });
  const cancel = useMutation(api.scheduledRuns.cancel.mutationOptions({ onError }));
  const pause = useMutation(api.scheduledRuns.pause.mutationOptions({ onError }));
  const resume = useMutation(api.scheduledRuns.resume.mutationOptions({ onError }));
  const retry = useMutation(api.scheduledRuns.retry.mutationOptions({ onError, onSuccess: open }));
  const runNow = useMutation(api.schedules.runNow.mutationOptions({ onError, onSuccess: open }));
  return {
    cancel: setCanceling,
    pause: ({ id }) => pause.mutate({ id }),
    resume: ({ id }) => resume.mutate({ id }),
    retry: ({ id }) => retry.mutate({ id }),
    runNow: ({ scheduleId }) => runNow.mutate({ id: scheduleId }),
    busy: [cancel, pause, resume, retry, runNow].some(({ isPending }) => isPending),
    dialogs: (
      <ConfirmDialog
        open={canceling !== null}
        onOpenChange={(open) => (open ? undefined : setCanceling(null))}
        title="Cancel this run?"
        action="Cancel run"
        keep="Keep it"
        onConfirm={() => canceling !== null && cancel.mutate({ id: canceling.id })}
      >
        <p className="font-medium text-ink">{canceling?.scheduleName}</p>
        <p className="mt-1">
          {canceling?.startedAt == null
            ? "It does not begin. What comes after it is skipped. The schedule's next run is not touched."
            : "Its jobs end and their unfinished files are deleted. The schedule's next run is not touched."}
        </p>
      </ConfirmDialog>
    ),
  };
}
