import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Activity, History } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import type { RunSummary, WorkState } from "../../../src-core/model/run.ts";
import { toErrorData } from "../../app/error-data.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { activeRunsQuery, historyQuery, useSystem } from "../../app/queries.ts";
import { ReadFailure } from "../../app/read-failure.tsx";
import { Button } from "../../components/button.tsx";
import { DataGrid } from "../../components/data-grid.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { useNow } from "../../components/use-now.ts";
import { formatCount, formatRate } from "../../format/bytes.ts";
import { useTableTaste } from "../../ui-state/tables.ts";
import { ActiveRun } from "./active-run.tsx";
import { HistoryActions, historyColumns } from "./history-columns.tsx";
import { orderActive } from "./order-active.ts";
import { useRunActions } from "./use-run-actions.tsx";

type HistoryFilter = "all" | Extract<WorkState, "succeeded" | "failed" | "canceled">;

const FILTERS: readonly { value: HistoryFilter; label: string }[] = [
  { value: "all", label: "All" },
  { value: "succeeded", label: "Done" },
  { value: "failed", label: "Failed" },
  { value: "canceled", label: "Canceled" },
];
const NO_RUNS: RunSummary[] = [];
const NEWEST_FIRST = [{ id: "ended", desc: true }];
const runId = (run: RunSummary) => run.id;

export function JobsPage() {
  const active = useQuery(activeRunsQuery);
  const actions = useRunActions();
  const runs = useMemo(() => orderActive(active.data?.items ?? NO_RUNS), [active.data]);
  const running = runs.filter((run) => run.state === "running" || run.state === "canceling").length;
  return (
    <>
      <PageHeader
        title="Jobs"
        note={active.data === undefined ? undefined : `${running} running, ${runs.length - running} waiting`}
      />
      <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
        {active.error !== null ? (
          <ReadFailure title="The jobs could not be read" error={active.error} onRetry={active.refetch} />
        ) : (
          <ActiveRuns runs={runs} pending={active.isPending} actions={actions} />
        )}
        <RunHistory actions={actions} nothingActive={runs.length === 0} />
      </main>
      {actions.dialogs}
    </>
  );
}

function ActiveRuns(props: {
  runs: readonly RunSummary[];
  pending: boolean;
  actions: ReturnType<typeof useRunActions>;
}) {
  const { runs, pending, actions } = props;
  const paused = useSystem()?.workPaused ?? false;
  const now = useNow(1000);
  const rate = paused ? 0 : runs.reduce((sum, run) => sum + (run.progress?.rateBytesPerSecond ?? 0), 0);
  return (
    <section aria-label="Active jobs" className="flex max-h-[55%] shrink-0 flex-col border-b border-line bg-surface">
      <div className="flex h-10 shrink-0 items-center gap-3 px-4">
        <h2 className="font-semibold">Active</h2>
        {rate > 0 ? <span className="text-xs text-ink-3">{formatRate(rate)} in all</span> : null}
      </div>
      {pending ? (
        <div role="status" aria-label="Loading" className="grid gap-2 px-4 pb-3">
          <div className="skeleton h-10" />
        </div>
      ) : runs.length === 0 ? (
        <p className="flex items-center gap-2 px-4 pb-3 text-ink-2">
          <Activity aria-hidden className="size-4 text-ink-3" />
          <span>
            Nothing runs or waits. Start a conversion from the{" "}
            <Link to="/library" className="text-accent underline">
              library
            </Link>{" "}
            or an export from a{" "}
            <Link to="/sources" className="text-accent underline">
              source
            </Link>
            .
          </span>
        </p>
      ) : (
        <ul className="min-h-0 overflow-y-auto border-t border-line">
          {runs.map((run) => (
            <ActiveRun
              key={run.id}
              run={run}
              paused={paused}
              nowMs={now}
              onHold={(held) => actions.hold(run, held)}
              onCancel={() => actions.cancel(run)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function RunHistory({ actions, nothingActive }: { actions: ReturnType<typeof useRunActions>; nothingActive: boolean }) {
  const navigate = useNavigate();
  const now = useNow();
  const [filter, setFilter] = useState<HistoryFilter>("all");
  const taste = useTableTaste("history", NEWEST_FIRST);
  const query = useInfiniteQuery(historyQuery);
  const all = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? NO_RUNS, [query.data]);
  const shown = useMemo(() => (filter === "all" ? all : all.filter((run) => run.state === filter)), [all, filter]);
  const columns = useMemo(() => historyColumns(now), [now]);
  const open = useCallback(
    (run: RunSummary) => void navigate({ to: "/jobs/$runId", params: { runId: run.id } }),
    [navigate],
  );
  const { hasNextPage, isFetching, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const total = query.data?.pages.at(-1)?.total ?? 0;

  return (
    <section aria-label="History" className="flex min-h-0 flex-1 flex-col">
      <div className="flex h-11 shrink-0 items-center gap-3 border-b border-line px-4">
        <h2 className="font-semibold">History</h2>
        <span className="text-xs text-ink-3">
          {query.data === undefined
            ? ""
            : all.length === total
              ? formatCount(total)
              : `${formatCount(all.length)} of ${formatCount(total)} read`}
        </span>
        <Segmented label="Show" className="ml-auto" value={filter} onValueChange={setFilter} options={FILTERS} />
        {hasNextPage && filter !== "all" ? (
          <Button size="small" busy={isFetching} onClick={more}>
            Search older
          </Button>
        ) : null}
      </div>
      {query.error !== null ? (
        <div className="p-4">
          <ErrorCard title="The history could not be read" error={toErrorData(query.error)} />
        </div>
      ) : query.isPending ? (
        <div role="status" aria-label="Loading" className="grid gap-2 p-4">
          <div className="skeleton h-6" />
          <div className="skeleton h-6" />
        </div>
      ) : (
        <DataGrid
          label="Ended jobs"
          columns={columns}
          rows={shown}
          rowId={runId}
          sorting={taste.sorting}
          onSortingChange={taste.setSorting}
          onOpen={open}
          rowActions={(run) => <HistoryActions run={run} actions={actions} />}
          onEnd={more}
          onKey={(run, key) => {
            if (key !== "Delete") return false;
            actions.remove(run);
            return true;
          }}
          empty={
            <EmptyState icon={<History />} title={filter === "all" ? "No ended jobs" : "No such jobs"}>
              {filter === "all"
                ? nothingActive
                  ? "Finished, failed and canceled jobs are kept here, also after a restart."
                  : "The first one is on its way."
                : "None of the ended jobs is in this state."}
            </EmptyState>
          }
        />
      )}
    </section>
  );
}
