import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { History } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import type { ScheduledRunState, ScheduledRunSummary } from "../../../src-core/model/scheduled-run.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { ReadFailure } from "../../app/read-failure.tsx";
import { type ScheduledRunFilter, scheduledRunsQuery, useSchedules } from "../../app/schedule-queries.ts";
import { Button } from "../../components/button.tsx";
import { DataGrid } from "../../components/data-grid.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { TextInput } from "../../components/field.tsx";
import { Select } from "../../components/select.tsx";
import { useNow } from "../../components/use-now.ts";
import { formatCount } from "../../format/bytes.ts";
import { SCHEDULED_STATE_WORDS } from "../../format/schedule-words.ts";
import { useTableTaste } from "../../ui-state/tables.ts";
import { PauseBanner } from "./pause-banner.tsx";
import { scheduledRunColumns } from "./runs/scheduled-run-columns.tsx";
import { ScheduleTabs } from "./schedule-tabs.tsx";

const route = getRouteApi("/schedules/runs");
const NEWEST_FIRST = [{ id: "nominal", desc: true }];
const NO_RUNS: readonly ScheduledRunSummary[] = [];
const runId = (run: ScheduledRunSummary) => run.id;

type StateChoice = "all" | "active" | ScheduledRunState;
const ENDS = ["succeeded", "warned", "failed", "clean-up-failed", "canceled", "skipped"] as const;
const STATES: readonly { value: StateChoice; label: string }[] = [
  { value: "all", label: "Any state" },
  { value: "active", label: "Not ended yet" },
  ...ENDS.map((value) => ({ value, label: SCHEDULED_STATE_WORDS[value] })),
];

export function ScheduledRunsPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const nowMs = useNow(5_000);
  const [days, setDays] = useState({ from: "", to: "" });
  const state = STATES.find(({ value }) => value === search.state)?.value ?? "all";
  const filter = filterOf(search.schedule, state, days);
  const taste = useTableTaste("scheduled-runs", NEWEST_FIRST);
  const query = useInfiniteQuery(scheduledRunsQuery(filter));
  const runs = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? NO_RUNS, [query.data]);
  const total = query.data?.pages.at(-1)?.total ?? 0;
  const columns = useMemo(() => scheduledRunColumns(nowMs), [nowMs]);
  const open = useCallback(
    (run: ScheduledRunSummary) => void navigate({ to: "/schedules/runs/$id", params: { id: run.id } }),
    [navigate],
  );
  const { hasNextPage, isFetching, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const choose = (part: { schedule?: string | undefined; state?: string | undefined }) => {
    const next = { ...search, ...part };
    void navigate({
      to: "/schedules/runs",
      replace: true,
      search: {
        ...(next.schedule === undefined ? {} : { schedule: next.schedule }),
        ...(next.state === undefined ? {} : { state: next.state }),
      },
    });
  };
  const filtering = Object.keys(filter).length > 0;
  const clear = () => {
    setDays({ from: "", to: "" });
    choose({ schedule: undefined, state: undefined });
  };

  return (
    <>
      <PageHeader
        title="Runs of schedules"
        note={
          query.data === undefined
            ? undefined
            : runs.length === total
              ? formatCount(total)
              : `${formatCount(runs.length)} of ${formatCount(total)} read`
        }
      />
      <ScheduleTabs />
      <PauseBanner nowMs={nowMs} />
      <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
        <search className="flex h-11 shrink-0 items-center gap-2 border-b border-line px-3">
          <ScheduleChoice value={search.schedule ?? ""} onChange={(schedule) => choose({ schedule })} />
          <Select<StateChoice>
            label="State"
            className="w-44"
            value={state}
            onValueChange={(next) => choose({ state: next === "all" ? undefined : next })}
            options={STATES}
          />
          <span className="flex items-center gap-1.5 text-xs text-ink-2">
            due from
            <TextInput
              type="date"
              aria-label="Due from"
              className="w-36"
              value={days.from}
              onChange={(event) => setDays({ ...days, from: event.target.value })}
            />
          </span>
          <span className="flex items-center gap-1.5 text-xs text-ink-2">
            to
            <TextInput
              type="date"
              aria-label="Due to"
              className="w-36"
              value={days.to}
              onChange={(event) => setDays({ ...days, to: event.target.value })}
            />
          </span>
          {filtering ? (
            <Button size="small" look="quiet" onClick={clear}>
              Show all
            </Button>
          ) : null}
        </search>
        {query.error !== null ? (
          <ReadFailure title="The runs could not be read" error={query.error} onRetry={query.refetch} />
        ) : query.isPending ? (
          <div role="status" aria-label="Loading runs" className="grid content-start gap-2 p-4">
            {Array.from({ length: 8 }, (_, n) => n).map((n) => (
              <div key={n} className="skeleton h-6" />
            ))}
          </div>
        ) : (
          <DataGrid
            label="Runs of schedules"
            columns={columns}
            rows={runs}
            rowId={runId}
            sorting={taste.sorting}
            onSortingChange={taste.setSorting}
            onOpen={open}
            onEnd={more}
            empty={
              <EmptyState
                icon={<History />}
                title={filtering ? "No such runs" : "Nothing has run yet"}
                action={filtering ? <Button onClick={clear}>Show all runs</Button> : undefined}
              >
                {filtering
                  ? "No run of a schedule is as the filters above say."
                  : "Each time a schedule is due leaves a run here, with why it ran, waited or was skipped."}
              </EmptyState>
            }
          />
        )}
      </main>
    </>
  );
}

function ScheduleChoice({ value, onChange }: { value: string; onChange: (id: string | undefined) => void }) {
  const known = useSchedules()
    .map(({ id, name }) => ({ value: id, label: name }))
    .toSorted((a, b) => a.label.localeCompare(b.label));
  const gone = value !== "" && !known.some((one) => one.value === value);
  return (
    <Select
      label="Schedule"
      className="w-56"
      value={value}
      onValueChange={(id) => onChange(id === "" ? undefined : id)}
      options={[{ value: "", label: "All schedules" }, ...(gone ? [{ value, label: "(removed)" }] : []), ...known]}
    />
  );
}

/** Days are those of this computer; the last is included. */
function filterOf(
  schedule: string | undefined,
  state: StateChoice,
  days: { from: string; to: string },
): ScheduledRunFilter {
  const from = dayAt(days.from, 0);
  const to = dayAt(days.to, 1);
  return {
    ...(schedule === undefined ? {} : { scheduleId: schedule }),
    ...(state === "all" ? {} : state === "active" ? { active: true } : { state }),
    ...(from === null ? {} : { fromAt: from }),
    ...(to === null ? {} : { toAt: to }),
  };
}

function dayAt(day: string, later: number): string | null {
  const [year, month, date] = day.split("-").map(Number);
  if (year === undefined || month === undefined || date === undefined) return null;
  const at = new Date(year, month - 1, date + later);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
