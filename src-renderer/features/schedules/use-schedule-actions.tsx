import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { api, client, queryClient } from "../../app/api-client.ts";
import { scheduleStatusQuery, schedulesQuery } from "../../app/schedule-queries.ts";
import { toastError } from "../../app/toast-error.ts";
import { announce } from "../../components/announcer.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { plural } from "../../format/plural.ts";
import { PauseDialog, type PauseOrder } from "./pause-dialog.tsx";

export interface ScheduleActions {
  enable: (rows: readonly ScheduleRow[], enabled: boolean) => void;
  /** Asks for the reason and the end first. */
  pause: (rows: readonly ScheduleRow[]) => void;
  resume: (rows: readonly ScheduleRow[]) => void;
  /** Asks first where it is more than one. */
  runNow: (rows: readonly ScheduleRow[]) => void;
  /** Names them and asks first. */
  remove: (rows: readonly ScheduleRow[]) => void;
  pauseAll: () => void;
  busy: boolean;
  /** The question that is open, to be put into the page. */
  dialogs: ReactNode;
}

/** Names shown in a question before "and N more". */
const NAMED = 8;

type Question = { readonly about: "pause" | "run" | "remove"; readonly rows: readonly ScheduleRow[] };

/** What can be done to schedules of the list. `onRemoved` after some are gone. */
export function useScheduleActions(onRemoved?: () => void): ScheduleActions {
  const navigate = useNavigate();
  const [question, setQuestion] = useState<Question | "pause-all" | null>(null);
  const close = () => setQuestion(null);
  const onError = toastError;
  const apply = useMutation(api.schedules.apply.mutationOptions({ onError, onSuccess: readAnew }));
  const pauseAll = useMutation(
    api.schedules.pauseAll.mutationOptions({
      onError,
      onSuccess: (status) => {
        queryClient.setQueryData(scheduleStatusQuery.queryKey, status);
        close();
      },
    }),
  );
  const each = useMutation({
    mutationFn: async ({ rows, run }: { rows: readonly ScheduleRow[]; run: (id: string) => Promise<unknown> }) => {
      for (const { id } of rows) await run(id);
    },
    onError,
    onSettled: readAnew,
  });
  const start = useMutation({
    mutationFn: async (rows: readonly ScheduleRow[]) => {
      const made = [];
      for (const { id } of rows) made.push(await client.schedules.runNow({ id }));
      return made;
    },
    onError,
    onSuccess: ([only, ...others]) => {
      if (only === undefined) return;
      announce(`${plural(others.length + 1, "run")} started`);
      if (others.length > 0) void navigate({ to: "/schedules/runs" });
      else {
        toast.success("Started", {
          description: only.scheduleName,
          action: {
            label: "Show",
            onClick: () => void navigate({ to: "/schedules/runs/$id", params: { id: only.id } }),
          },
        });
      }
    },
  });
  const asked = question === null || question === "pause-all" ? null : question;
  return {
    enable: (rows, enabled) =>
      apply.mutate({ changes: rows.map(({ id }) => ({ kind: "enable" as const, id, enabled })) }),
    pause: (rows) => setQuestion({ about: "pause", rows }),
    resume: (rows) => each.mutate({ rows, run: (id) => client.schedules.resume({ id }) }),
    runNow: (rows) => (rows.length === 1 ? start.mutate(rows) : setQuestion({ about: "run", rows })),
    remove: (rows) => setQuestion({ about: "remove", rows }),
    pauseAll: () => setQuestion("pause-all"),
    busy: [apply, pauseAll, each, start].some(({ isPending }) => isPending),
    dialogs: (
      <>
        {question === "pause-all" ? (
          <PauseDialog
            what="all schedules"
            busy={pauseAll.isPending}
            onPause={(order) => pauseAll.mutate(order)}
            onClose={close}
          />
        ) : null}
        {asked?.about === "pause" ? (
          <PauseDialog
            what={asked.rows.length === 1 ? (asked.rows[0]?.name ?? "") : plural(asked.rows.length, "schedule")}
            busy={each.isPending}
            onClose={close}
            onPause={(order: PauseOrder) =>
              each.mutate(
                { rows: asked.rows, run: (id) => client.schedules.pause({ id, ...order }) },
                { onSettled: close },
              )
            }
          />
        ) : null}
        <ConfirmDialog
          open={asked?.about === "run"}
          onOpenChange={(open) => (open ? undefined : close())}
          title={`Run ${plural(asked?.rows.length ?? 0, "schedule")} now?`}
          action="Run now"
          keep="Not now"
          danger={false}
          onConfirm={() => asked !== null && start.mutate(asked.rows)}
        >
          <Names rows={asked?.rows ?? []} />
          <p className="mt-1">Their plans are not disturbed. What comes after them follows.</p>
        </ConfirmDialog>
        <ConfirmDialog
          open={asked?.about === "remove"}
          onOpenChange={(open) => (open ? undefined : close())}
          title={
            asked?.rows.length === 1
              ? "Remove this schedule?"
              : `Remove ${plural(asked?.rows.length ?? 0, "schedule")}?`
          }
          action="Remove"
          onConfirm={() =>
            asked !== null &&
            apply.mutate(
              { changes: asked.rows.map(({ id }) => ({ kind: "remove" as const, id })) },
              { onSuccess: () => onRemoved?.() },
            )
          }
        >
          <Names rows={asked?.rows ?? []} />
          <p className="mt-1">
            Nothing is due any more. The history of their runs stays, and so do the files they made.
          </p>
        </ConfirmDialog>
      </>
    ),
  };
}

/** What a bulk change did is told by one event that may be later than its answer. */
function readAnew(): void {
  void queryClient.invalidateQueries({ queryKey: schedulesQuery.queryKey });
}

function Names({ rows }: { rows: readonly ScheduleRow[] }) {
  return (
    <ul className="font-medium text-ink">
      {rows.slice(0, NAMED).map(({ id, name }) => (
        <li key={id}>{name}</li>
      ))}
      {rows.length > NAMED ? <li>and {rows.length - NAMED} more</li> : null}
    </ul>
  );
}
