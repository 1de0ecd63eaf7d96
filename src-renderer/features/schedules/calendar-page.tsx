/** The calendar of schedules: what ran and what is to run, by week or month, and the simulator of the coming months. */

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { CalendarDays, ChevronLeft, ChevronRight } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { toErrorData } from "../../app/error-data.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { ReadFailure } from "../../app/read-failure.tsx";
import { schedulesQuery } from "../../app/schedule-queries.ts";
import { announce } from "../../components/announcer.tsx";
import { Button, IconButton } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { SearchField } from "../../components/search-field.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { Select } from "../../components/select.tsx";
import { useDebounced } from "../../components/use-debounced.ts";
import { matchesAll, searchWords } from "../../format/matches.ts";
import { CellDialog } from "./calendar-chip.tsx";
import { addDays, addMonths, dayAt, isDay, longDay, monthAround, monthName, weekAround } from "./calendar-days.ts";
import type { CalendarItem } from "./calendar-items.ts";
import { CalendarLegend } from "./calendar-legend.tsx";
import { Simulator } from "./calendar-simulator.tsx";
import { MonthView, WeekView } from "./calendar-views.tsx";
import { ScheduleTabs } from "./schedule-tabs.tsx";
import { useCalendar } from "./use-calendar.ts";
import { useSchedulerClock } from "./use-scheduler-clock.ts";

const NO_ROWS: readonly ScheduleRow[] = [];
const VIEWS = [
  { value: "week", label: "Week" },
  { value: "month", label: "Month" },
  { value: "simulator", label: "Simulator" },
] as const;
const EVERY_GROUP = "";

export function CalendarPage() {
  const search = useSearch({ from: "/schedules/calendar" });
  const view = search.view ?? "week";
  const navigate = useNavigate();
  const query = useQuery(schedulesQuery);
  const rows = query.data ?? NO_ROWS;
  const clock = useSchedulerClock();
  const zones = useMemo(() => zoneChoices(clock.zone, rows), [clock.zone, rows]);
  const zone = zones.some(({ value }) => value === search.zone) ? (search.zone ?? clock.zone) : clock.zone;
  const today = dayAt(clock.nowMs, zone).text;
  const day = search.day !== undefined && isDay(search.day) ? search.day : today;
  const [text, setText] = useState("");
  const [group, setGroup] = useState(EVERY_GROUP);
  const settled = useDebounced(text, 250);
  const groups = useMemo(() => [...new Set(rows.flatMap((row) => row.groups))].sort(), [rows]);
  const scheduleIds = useMemo(() => filteredIds(rows, settled, group), [rows, settled, group]);

  const go = useCallback(
    (change: typeof search) =>
      void navigate({ to: "/schedules/calendar", search: { ...search, ...change }, replace: true }),
    [navigate, search],
  );
  const page = useCallback(
    (step: 1 | -1) => {
      const next = view === "month" ? addMonths(day, step) : addDays(day, 7 * step);
      go({ day: next });
      announce(view === "month" ? monthName(next) : `Week of ${next}`);
    },
    [go, view, day],
  );
  useCalendarKeys(view === "simulator" ? null : page, () => go({ day: today }));

  return (
    <>
      <PageHeader title="Schedules" />
      <ScheduleTabs
        actions={
          <Segmented
            label="View"
            value={view}
            onValueChange={(next) => {
              const { view: _view, ...rest } = search;
              const chosen = next === "week" ? rest : { ...rest, view: next };
              void navigate({ to: "/schedules/calendar", search: chosen, replace: true });
            }}
            options={VIEWS}
            className="h-7"
          />
        }
      />
      <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
        <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-2">
          {view === "simulator" ? null : (
            <>
              <IconButton label={view === "month" ? "Month before" : "Week before"} onClick={() => page(-1)}>
                <ChevronLeft aria-hidden />
              </IconButton>
              <IconButton label={view === "month" ? "Next month" : "Next week"} onClick={() => page(1)}>
                <ChevronRight aria-hidden />
              </IconButton>
              <Button size="small" aria-keyshortcuts="T" onClick={() => go({ day: today })}>
                Today
              </Button>
              <h2 className="mr-2 text-sm font-semibold">{view === "month" ? monthName(day) : weekName(day, zone)}</h2>
            </>
          )}
          <SearchField
            label="Find schedules"
            placeholder="Filter by name"
            value={text}
            onChange={setText}
            className="ml-auto w-52"
          />
          {groups.length === 0 ? null : (
            <Select
              label="Group"
              value={group}
              options={[
                { value: EVERY_GROUP, label: "Every group" },
                ...groups.map((each) => ({ value: each, label: each })),
              ]}
              onValueChange={setGroup}
              className="w-36"
            />
          )}
          <Select
            label="Time zone"
            value={zone}
            options={zones}
            onValueChange={(next) => go({ zone: next })}
            className="w-48"
          />
        </div>
        {query.error !== null ? (
          <ReadFailure title="The schedules could not be read" error={query.error} onRetry={query.refetch} />
        ) : query.data === undefined ? (
          <div className="skeleton m-4 flex-1" role="status" aria-label="Reading the schedules" />
        ) : rows.length === 0 && view === "simulator" ? (
          <EmptyState
            icon={<CalendarDays />}
            title="No schedules yet"
            action={
              <Link
                to="/schedules/new"
                className="inline-flex h-8 items-center rounded-md bg-accent px-3 font-medium text-accent-ink hover:bg-accent-strong"
              >
                New schedule
              </Link>
            }
          >
            The simulator plays the coming weeks of your schedules.
          </EmptyState>
        ) : view === "simulator" ? (
          <Simulator rows={rows} scheduleIds={scheduleIds} zone={zone} />
        ) : (
          <Dated
            view={view}
            rows={rows}
            scheduleIds={scheduleIds}
            day={day}
            zone={zone}
            nowMs={clock.nowMs}
            onDay={(next) => go({ day: next })}
          />
        )}
      </main>
    </>
  );
}

interface DatedProps {
  view: "week" | "month";
  rows: readonly ScheduleRow[];
  scheduleIds: readonly string[] | null;
  day: string;
  zone: string;
  nowMs: number;
  onDay: (day: string) => void;
}

function Dated({ view, rows, scheduleIds, day, zone, nowMs, onDay }: DatedProps) {
  const weeks = useMemo(() => (view === "week" ? [weekAround(day, zone)] : monthAround(day, zone)), [view, day, zone]);
  const days = weeks.flat();
  const stretch = { fromAt: days[0]?.beginsAt ?? 0, toAt: days.at(-1)?.endsAt ?? 0 };
  const calendar = useCalendar(rows, stretch, scheduleIds, nowMs);
  const [opened, setOpened] = useState<{ title: string; items: readonly CalendarItem[] } | null>(null);
  const names = useMemo(() => new Map(rows.map(({ id, name }) => [id, name])), [rows]);
  const shared = {
    day,
    zone,
    items: calendar.items,
    shades: calendar.shades,
    nowMs,
    onDay,
    onOpen: (title: string, items: readonly CalendarItem[]) => setOpened({ title, items }),
  };
  return (
    <>
      {calendar.error === null ? null : (
        <div className="p-4 pb-0">
          <ErrorCard
            error={toErrorData(calendar.error)}
            title="Some of it could not be read"
            actions={
              <Button size="small" onClick={calendar.refetch}>
                Try again
              </Button>
            }
          />
        </div>
      )}
      {calendar.cut === null ? null : (
        <p role="status" className="shrink-0 border-b border-line bg-warn-soft px-4 py-1.5 text-xs">
          {calendar.cut}
        </p>
      )}
      <div aria-busy={calendar.pending} className="relative min-h-0 flex-1 overflow-auto">
        {calendar.pending ? <span className="busy-stripe absolute inset-x-0 top-0 z-20 h-0.5" /> : null}
        {view === "week" ? <WeekView {...shared} days={days} /> : <MonthView {...shared} weeks={weeks} />}
      </div>
      <CalendarLegend hasGraph={rows.some(({ dependencies }) => dependencies.length > 0)} />
      {opened === null ? null : (
        <CellDialog
          title={opened.title}
          items={opened.items}
          zone={zone}
          nameOf={(id) => names.get(id) ?? id}
          onClose={() => setOpened(null)}
        />
      )}
    </>
  );
}

/** PageUp, PageDown and T from anywhere but a field. */
function useCalendarKeys(page: ((step: 1 | -1) => void) | null, today: () => void): void {
  useEffect(() => {
    if (page === null) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target instanceof HTMLElement ? event.target : null;
      if (target?.closest("input, textarea, select, [role=dialog]")) return;
      if (event.key === "PageUp") page(-1);
      else if (event.key === "PageDown") page(1);
      else if (event.key.toLowerCase() === "t") today();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [page, today]);
}

function weekName(day: string, zone: string): string {
  const week = weekAround(day, zone);
  const [first = "", last = ""] = [week[0], week[6]].map((each) => longDay(each?.wall ?? 0).replace(/^\w+ /, ""));
  return `${first} – ${last}`;
}

/** null: all. */
function filteredIds(rows: readonly ScheduleRow[], text: string, group: string): readonly string[] | null {
  const words = searchWords(text);
  if (words.length === 0 && group === EVERY_GROUP) return null;
  return rows
    .filter((row) => matchesAll(row.name.toLowerCase(), words) && (group === EVERY_GROUP || row.groups.includes(group)))
    .map(({ id }) => id);
}

/** The computer's zone, those of schedules, UTC, then all there are. */
function zoneChoices(own: string, rows: readonly ScheduleRow[]): { value: string; label: string }[] {
  const used = [...new Set(rows.map(({ zone }) => zone))].sort();
  const all = new Set([own, ...used, "UTC", ...Intl.supportedValuesOf("timeZone")]);
  return [...all].map((zone) => ({ value: zone, label: zone === own ? `${zone} (this computer)` : zone }));
}
