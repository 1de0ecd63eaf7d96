import { CirclePause, Power, Split } from "lucide-react";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { scheduledRunHref, scheduleHref } from "../../app/links.ts";
import type { GridColumn } from "../../components/data-grid.tsx";
import { RunStrip, ScheduledStateBadge } from "../../components/scheduled-state.tsx";
import { Tag } from "../../components/tag.tsx";
import { formatInZone, formatRelative } from "../../format/date.ts";
import { plural } from "../../format/plural.ts";
import { lastResult, pausedAt, pauseEndWords } from "../../format/schedule-words.ts";

/** Bars of a strip, as the program keeps them. */
const STRIP = 30;

/** The columns of the list of schedules. */
export function scheduleColumns(nowMs: number): GridColumn<ScheduleRow>[] {
  return [
    {
      id: "name",
      header: "Schedule",
      width: 11,
      grow: 2,
      value: (row) => row.name,
      cell: (row) => (
        <>
          <a
            href={scheduleHref(row.id)}
            tabIndex={-1}
            title={row.name}
            className={`truncate font-medium hover:underline ${row.enabled ? "" : "text-ink-3"}`}
          >
            {row.name}
          </a>
          <Mark row={row} nowMs={nowMs} />
        </>
      ),
    },
    {
      id: "when",
      header: "When",
      width: 11,
      grow: 3,
      value: (row) => row.words,
      cell: (row) => (
        <span className="truncate text-ink-2" title={row.words}>
          {row.words}
        </span>
      ),
    },
    {
      id: "work",
      header: "What it does",
      width: 9,
      grow: 2,
      value: (row) => row.workWords,
      cell: (row) => (
        <span className="truncate text-ink-2" title={row.workWords}>
          {row.workWords}
        </span>
      ),
    },
    {
      id: "next",
      header: "Next run",
      width: 8.5,
      value: (row) => (row.nextAt === null ? null : Date.parse(row.nextStartAt ?? row.nextAt)),
      cell: (row) => <NextRun row={row} nowMs={nowMs} />,
    },
    {
      id: "last",
      header: "Last result",
      width: 8.5,
      value: (row) => lastResult(row)?.state ?? null,
      cell: (row) => {
        const last = lastResult(row);
        return last === null ? (
          <span className="text-ink-3">–</span>
        ) : (
          <a href={scheduledRunHref(last.id)} tabIndex={-1} title={formatInZone(last.nominalAt, row.zone)}>
            <ScheduledStateBadge state={last.state} className="hover:underline" />
          </a>
        );
      },
    },
    {
      id: "strip",
      header: `Last ${STRIP} runs`,
      width: 14.25,
      cell: (row) => <RunStrip runs={row.recent} zone={row.zone} length={STRIP} />,
    },
    {
      id: "priority",
      header: "Priority",
      width: 4.75,
      align: "right",
      biggestFirst: true,
      value: (row) => row.priority,
      cell: (row) => row.priority,
    },
  ];
}

/** What keeps a schedule from running, or what it hangs on. */
function Mark({ row, nowMs }: { row: ScheduleRow; nowMs: number }) {
  if (!row.enabled) {
    return (
      <Tag>
        <Power aria-hidden />
        off
      </Tag>
    );
  }
  if (pausedAt(row.pause, nowMs)) {
    const why = row.pause.reason === "" ? "" : `: ${row.pause.reason}`;
    return (
      <Tag tone="warn" title={`Paused${why}, ${pauseEndWords(row.pause, nowMs)}`}>
        <CirclePause aria-hidden />
        paused
      </Tag>
    );
  }
  if (row.dependencies.length === 0) return null;
  return (
    <span title={`After ${plural(row.dependencies.length, "other schedule")}`} className="text-ink-3">
      <Split aria-hidden className="size-3.5 rotate-180" />
      <span className="sr-only">after {plural(row.dependencies.length, "other schedule")}</span>
    </span>
  );
}

function NextRun({ row, nowMs }: { row: ScheduleRow; nowMs: number }) {
  if (row.nextAt === null) {
    return (
      <span className="truncate text-ink-3">
        {!row.enabled ? "switched off" : row.dependencies.length > 0 ? "after others" : "none"}
      </span>
    );
  }
  const startAt = row.nextStartAt ?? row.nextAt;
  const due = `${formatInZone(row.nextAt, row.zone)} (${row.zone})`;
  if (row.whenKind === "after") {
    return (
      <time dateTime={startAt} title={`Runs after others, in the firing that begins ${due}`} className="truncate">
        <span className="text-ink-3">from</span> {formatRelative(startAt, nowMs)}
      </time>
    );
  }
  const shifted = startAt !== row.nextAt;
  return (
    <time
      dateTime={startAt}
      title={
        shifted
          ? `Due ${due}; may start ${formatInZone(startAt, row.zone)}: a window, a blackout or chance moves it. Open the schedule for the reason.`
          : due
      }
      className="truncate"
    >
      {formatRelative(startAt, nowMs)}
      {shifted ? <span className="text-warn"> (moved)</span> : null}
    </time>
  );
}
