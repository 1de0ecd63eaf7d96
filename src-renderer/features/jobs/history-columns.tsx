import { RotateCcw, Trash2 } from "lucide-react";
import type { RunSummary } from "../../../src-core/model/run.ts";
import { jobHref } from "../../app/links.ts";
import { IconButton } from "../../components/button.tsx";
import type { GridColumn } from "../../components/data-grid.tsx";
import { BytesText, TimeText } from "../../components/quantity.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { runDuration } from "./run-words.ts";
import type { RunActions } from "./use-run-actions.tsx";

/** The columns of the history. */
export function historyColumns(nowMs: number): GridColumn<RunSummary>[] {
  return [
    {
      id: "state",
      header: "State",
      width: 7.5,
      value: (run) => run.state,
      cell: (run) => <StateBadge state={run.state} />,
    },
    {
      id: "name",
      header: "Job",
      width: 14,
      grow: 2,
      value: (run) => run.name,
      cell: (run) => (
        <a href={jobHref(run.id)} tabIndex={-1} title={run.name} className="truncate font-medium hover:underline">
          {run.name}
        </a>
      ),
    },
    {
      id: "note",
      header: "What happened",
      width: 10,
      grow: 2,
      cell: (run) => (
        <span
          className={`truncate ${run.outcome?.good === false ? "text-bad" : "text-ink-2"}`}
          title={whatHappened(run) ?? undefined}
        >
          {whatHappened(run) ?? ""}
        </span>
      ),
    },
    {
      id: "size",
      header: "Processed",
      width: 6.5,
      align: "right",
      biggestFirst: true,
      value: (run) => run.progress?.doneBytes ?? null,
      cell: (run) => (run.progress === null ? null : <BytesText bytes={run.progress.doneBytes} />),
    },
    {
      id: "duration",
      header: "Took",
      width: 7,
      align: "right",
      biggestFirst: true,
      value: (run) =>
        run.startedAt === null || run.endedAt === null ? null : Date.parse(run.endedAt) - Date.parse(run.startedAt),
      cell: (run) => runDuration(run, nowMs) ?? "",
    },
    {
      id: "ended",
      header: "Ended",
      width: 8.5,
      align: "right",
      biggestFirst: true,
      value: (run) => (run.endedAt === null ? null : Date.parse(run.endedAt)),
      cell: (run) =>
        run.endedAt === null ? null : <TimeText iso={run.endedAt} nowMs={nowMs} className="text-ink-2" />,
    },
  ];
}

function whatHappened({ error, outcome, reason }: RunSummary): string | null {
  return error?.message ?? outcome?.text ?? reason;
}

/** What can be done with an ended job, at its row's right end. */
export function HistoryActions({ run, actions }: { run: RunSummary; actions: Pick<RunActions, "retry" | "remove"> }) {
  return (
    <>
      <IconButton label={`Retry ${run.name}`} tabIndex={-1} onClick={() => actions.retry(run)}>
        <RotateCcw aria-hidden />
      </IconButton>
      <IconButton label={`Remove ${run.name}`} tabIndex={-1} onClick={() => actions.remove(run)}>
        <Trash2 aria-hidden />
      </IconButton>
    </>
  );
}
