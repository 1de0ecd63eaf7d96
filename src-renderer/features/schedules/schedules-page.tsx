import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { CalendarClock, CirclePause, Play, Plus, SearchX, Trash2 } from "lucide-react";
import { useCallback, useDeferredValue, useMemo, useState } from "react";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { ReadFailure } from "../../app/read-failure.tsx";
import { scheduleStatusQuery, schedulesQuery } from "../../app/schedule-queries.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { DataGrid } from "../../components/data-grid.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { SearchField } from "../../components/search-field.tsx";
import { useNow } from "../../components/use-now.ts";
import { formatCount } from "../../format/bytes.ts";
import { formatRelative } from "../../format/date.ts";
import { plural } from "../../format/plural.ts";
import { pausedAt } from "../../format/schedule-words.ts";
import { useTableTaste } from "../../ui-state/tables.ts";
import { PauseBanner } from "./pause-banner.tsx";
import { scheduleColumns } from "./schedule-columns.tsx";
import { ScheduleFileButtons } from "./schedule-file.tsx";
import { filtered, NO_FILTER, type Quick } from "./schedule-filter.ts";
import { ScheduleSelectionBar } from "./schedule-selection-bar.tsx";
import { ScheduleTabs } from "./schedule-tabs.tsx";
import { useScheduleActions } from "./use-schedule-actions.tsx";

const FILTERS: readonly { quick: Quick; label: string; title: string }[] = [
  { quick: "enabled", label: "Enabled", title: "Switched on" },
  { quick: "disabled", label: "Disabled", title: "Switched off" },
  { quick: "paused", label: "Paused", title: "Paused on their own" },
  { quick: "failing", label: "Failing", title: "Whose last run failed" },
  { quick: "today", label: "Due today", title: "Whose next run is today" },
];
const NO_ROWS: readonly ScheduleRow[] = [];
const BY_NEXT = [{ id: "next", desc: false }];
const NOTHING: ReadonlySet<string> = new Set();
const rowId = (row: ScheduleRow) => row.id;

export function SchedulesPage() {
  const navigate = useNavigate();
  const nowMs = useNow();
  const query = useQuery(schedulesQuery);
  const status = useQuery(scheduleStatusQuery).data;
  const rows = query.data ?? NO_ROWS;
  const [filter, setFilter] = useState(NO_FILTER);
  const [selected, setSelected] = useState(NOTHING);
  const taste = useTableTaste("schedules", BY_NEXT);
  const actions = useScheduleActions(() => setSelected(NOTHING));
  const settled = useDeferredValue(filter);
  const shown = useMemo(() => filtered(rows, settled, nowMs), [rows, settled, nowMs]);
  const columns = useMemo(() => scheduleColumns(nowMs), [nowMs]);
  const chosen = useMemo(() => rows.filter(({ id }) => selected.has(id)), [rows, selected]);
  const open = useCallback(
    (row: ScheduleRow) => void navigate({ to: "/schedules/$id", params: { id: row.id } }),
    [navigate],
  );
  const flip = (quick: Quick) =>
    setFilter((before) => ({
      ...before,
      show: before.show.includes(quick) ? before.show.filter((one) => one !== quick) : [...before.show, quick],
    }));
  const hiddenCount = chosen.length === 0 ? 0 : chosen.length - shown.filter(({ id }) => selected.has(id)).length;

  return (
    <>
      <PageHeader
        title="Schedules"
        note={
          status?.next == null ? undefined : (
            <span className="truncate text-xs" title={status.next.name}>
              next: {status.next.name}, {formatRelative(status.next.at, nowMs)}
            </span>
          )
        }
        actions={
          <Link
            to="/schedules/new"
            className="inline-flex h-8 items-center gap-1.5 rounded-md bg-accent px-3 font-medium whitespace-nowrap text-accent-ink hover:bg-accent-strong"
          >
            <Plus aria-hidden className="size-4" />
            New schedule
          </Link>
        }
      />
      <ScheduleTabs
        actions={
          <>
            <ScheduleFileButtons selected={chosen} empty={rows.length === 0} />
            <Button
              size="small"
              look="quiet"
              disabled={rows.length === 0 || pausedAt(status?.pause ?? null, nowMs)}
              onClick={actions.pauseAll}
            >
              <CirclePause aria-hidden />
              Pause all…
            </Button>
          </>
        }
      />
      <PauseBanner nowMs={nowMs} />
      <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
        {query.error !== null ? (
          <ReadFailure title="The schedules could not be read" error={query.error} onRetry={query.refetch} />
        ) : query.isPending ? (
          <div role="status" aria-label="Loading schedules" className="grid content-start gap-2 p-4">
            {Array.from({ length: 10 }, (_, n) => n).map((n) => (
              <div key={n} className="skeleton h-6" />
            ))}
          </div>
        ) : rows.length === 0 ? (
          <FirstSchedule />
        ) : (
          <>
            <search className="flex h-11 shrink-0 items-center gap-2 border-b border-line px-3">
              <SearchField
                label="Search schedules"
                placeholder="Search name, time, work, group"
                className="w-72 min-w-24 shrink"
                value={filter.search}
                onChange={(search) => setFilter((before) => ({ ...before, search }))}
              />
              {FILTERS.map(({ quick, label, title }) => (
                <Button
                  key={quick}
                  size="small"
                  title={title}
                  aria-pressed={filter.show.includes(quick)}
                  className="aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent"
                  onClick={() => flip(quick)}
                >
                  {label}
                </Button>
              ))}
            </search>
            {chosen.length === 0 ? null : (
              <ScheduleSelectionBar
                rows={chosen}
                hiddenCount={hiddenCount}
                actions={actions}
                nowMs={nowMs}
                onClear={() => setSelected(NOTHING)}
              />
            )}
            <DataGrid
              label="Schedules"
              columns={columns}
              rows={shown}
              rowId={rowId}
              sorting={taste.sorting}
              onSortingChange={taste.setSorting}
              onOpen={open}
              selection={{ ids: selected, onChange: setSelected }}
              rowActions={(row) => (
                <>
                  <IconButton label={`Run ${row.name} now`} tabIndex={-1} onClick={() => actions.runNow([row])}>
                    <Play aria-hidden />
                  </IconButton>
                  <IconButton label={`Remove ${row.name}`} tabIndex={-1} onClick={() => actions.remove([row])}>
                    <Trash2 aria-hidden />
                  </IconButton>
                </>
              )}
              onKey={(row, key) => {
                if (key !== "Delete") return false;
                actions.remove(chosen.length > 0 ? chosen : [row]);
                return true;
              }}
              empty={
                <EmptyState
                  icon={<SearchX />}
                  title="Nothing matches"
                  action={<Button onClick={() => setFilter(NO_FILTER)}>Show all schedules</Button>}
                >
                  No schedule has all the words and filters above.
                </EmptyState>
              }
            />
            <div
              className="flex h-7 shrink-0 items-center gap-4 border-t border-line px-4 text-2xs text-ink-2"
              aria-live="polite"
            >
              <span>
                {shown.length === rows.length
                  ? plural(rows.length, "schedule")
                  : `${formatCount(shown.length)} of ${plural(rows.length, "schedule")}`}
              </span>
              <span className="ml-auto text-ink-3 max-xl:hidden">
                ↑↓ move · Enter open · Space select · Delete remove · / search
              </span>
            </div>
          </>
        )}
      </main>
      {actions.dialogs}
    </>
  );
}

/** What a schedule is and how to come by one, where there is none yet. */
function FirstSchedule() {
  const start = "font-medium text-accent underline";
  return (
    <EmptyState
      icon={<CalendarClock />}
      title="Nothing is scheduled yet"
      action={
        <Link
          to="/schedules/new"
          className="inline-flex h-8 items-center gap-1.5 rounded-md bg-accent px-3 font-medium text-accent-ink hover:bg-accent-strong"
        >
          <Plus aria-hidden className="size-4" />
          Make the first schedule
        </Link>
      }
    >
      <p>
        A schedule does by itself what you can do by hand: export machines, convert, check or compare disks. It says
        when, within which hours, after what, and how often it tries again.
      </p>
      <p className="mt-2">
        Or set up an export from a{" "}
        <Link to="/sources" className={start}>
          source
        </Link>{" "}
        or a conversion from the{" "}
        <Link to="/library" className={start}>
          library
        </Link>{" "}
        and press “Schedule this…” there.
      </p>
    </EmptyState>
  );
}
