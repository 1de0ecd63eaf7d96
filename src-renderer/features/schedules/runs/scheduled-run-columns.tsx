import { Hand, History } from "lucide-react";
import type { ScheduledRunSummary } from "../../../../src-core/model/scheduled-run.ts";
import { scheduledRunHref } from "../../../app/links.ts";
import type { GridColumn } from "../../../components/data-grid.tsx";
import { TimeText } from "../../../components/quantity.tsx";
import { ScheduledStateBadge } from "../../../components/scheduled-state.tsx";
import { scheduledDuration } from "../../../format/schedule-words.ts";

/** The columns of the runs of schedules. */
export function scheduledRunColumns(nowMs: number): GridColumn<ScheduledRunSummary>[] {
  return [
    {
      id: "state",
      header: "State",
      width: 10.5,
      value: (run) => run.state,
      cell: (run) => <ScheduledStateBadge state={run.state} />,
    },
    {
      id: "name",
      header: "Schedule",
      width: 11,
      grow: 2,
      value: (run) => run.scheduleName,
      cell: (run) => (
        <>
          <a
            href={scheduledRunHref(run.id)}
            tabIndex={-1}
            title={run.scheduleName}
            className="truncate font-medium hover:underline"
          >
            {run.scheduleName}
          </a>
          {run.byHand ? (
            <span title="Started by hand" className="text-ink-3">
              <Hand aria-hidden className="size-3.5" />
              <span className="sr-only">started by hand</span>
            </span>
          ) : null}
          {run.catchesUp ? (
            <span title="Makes up for missed times" className="text-ink-3">
              <History aria-hidden className="size-3.5" />
              <span className="sr-only">makes up for missed times</span>
            </span>
          ) : null}
        </>
      ),
    },
    {
      id: "why",
      header: "Why",
      width: 12,
      grow: 3,
      cell: (run) => {
        const text = run.error?.message ?? run.reason ?? "";
        return (
          <span className={`truncate ${run.error === null ? "text-ink-2" : "text-bad"}`} title={text}>
            {text}
          </span>
        );
      },
    },
    {
      id: "nominal",
      header: "Due",
      width: 8.5,
      biggestFirst: true,
      value: (run) => Date.parse(run.nominalAt),
      cell: (run) => <TimeText iso={run.nominalAt} nowMs={nowMs} className="text-ink-2" />,
    },
    {
      id: "started",
      header: "Started",
      width: 8.5,
      biggestFirst: true,
      value: (run) => (run.startedAt === null ? null : Date.parse(run.startedAt)),
      cell: (run) =>
        run.startedAt === null ? (
          <span className="text-ink-3">–</span>
        ) : (
          <TimeText iso={run.startedAt} nowMs={nowMs} className="text-ink-2" />
        ),
    },
    {
      id: "took",
      header: "Took",
      width: 6.5,
      align: "right",
      biggestFirst: true,
      value: (run) =>
        run.startedAt === null || run.endedAt === null ? null : Date.parse(run.endedAt) - Date.parse(run.startedAt),
      cell: (run) => scheduledDuration(run, nowMs) ?? "",
    },
  ];
}
