import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { CalendarClock, FolderOpen, Pause, Play, RotateCcw, Trash2 } from "lucide-react";
import { lazy, Suspense } from "react";
import { hasEnded } from "../../../src-core/job/run-state.ts";
import type { ExportResult } from "../../../src-core/model/export.ts";
import type { Run, Task } from "../../../src-core/model/run.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { Gone } from "../../app/gone.tsx";
import { PageHeader } from "../../app/page-header.tsx";
import { useSystem } from "../../app/queries.ts";
import { ReadFailure } from "../../app/read-failure.tsx";
import { Button, IconButton } from "../../components/button.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Tag } from "../../components/tag.tsx";
import { useNow } from "../../components/use-now.ts";
import { CheckPanel } from "./check-panel.tsx";
import { ComparePanel } from "./compare-panel.tsx";
import { ExportParts } from "./export-parts.tsx";
import { ExportResultPanel } from "./export-result-panel.tsx";
import { ResultPanel } from "./result-panel.tsx";
import { RunLog } from "./run-log.tsx";
import { RunSummaryPanel } from "./run-summary-panel.tsx";
import { TaskPanel } from "./task-panel.tsx";
import { useRunActions } from "./use-run-actions.tsx";

const ThroughputPanel = lazy(async () => ({ default: (await import("./throughput-chart.tsx")).ThroughputChart }));

const route = getRouteApi("/jobs/$runId");

export function JobPage() {
  const { runId } = route.useParams();
  const navigate = useNavigate();
  const run = useQuery(api.runs.get.queryOptions({ input: { id: runId } }));
  const actions = useRunActions(() => void navigate({ to: "/jobs" }));
  const error = run.error === null ? null : toErrorData(run.error);
  return (
    <>
      <PageHeader
        title={run.data?.name ?? "Job"}
        back={{ to: "/jobs", label: "Back to the jobs" }}
        actions={run.data === undefined ? undefined : <RunButtons run={run.data} actions={actions} />}
      />
      <main id="content" tabIndex={-1} className="relative min-h-0 flex-1 overflow-y-auto outline-none">
        {error?.code === "request.not-found" ? (
          <Gone title="This job is not in the history" to="/jobs" all="All jobs" />
        ) : error !== null ? (
          <ReadFailure title="The job could not be read" error={error} onRetry={run.refetch} />
        ) : run.data === undefined ? (
          <div role="status" aria-label="Loading" className="grid gap-3 p-4">
            <div className="skeleton h-20" />
            <div className="skeleton h-56" />
          </div>
        ) : (
          <JobDetails run={run.data} onRetry={() => actions.retry(run.data)} />
        )}
      </main>
      {actions.dialogs}
    </>
  );
}

function RunButtons({ run, actions }: { run: Run; actions: ReturnType<typeof useRunActions> }) {
  const canReveal = useSystem()?.can.revealFile ?? false;
  const ended = hasEnded(run.state);
  if (!ended)
    return (
      <>
        {run.state === "canceling" ? null : (
          <Button busy={actions.busy} onClick={() => actions.hold(run, !run.paused)}>
            {run.paused ? <Play aria-hidden className="text-warn" /> : <Pause aria-hidden />}
            {run.paused ? "Resume" : "Pause"}
          </Button>
        )}
        <Button disabled={run.state === "canceling"} onClick={() => actions.cancel(run)}>
          Cancel
        </Button>
      </>
    );
  const made = madePath(run);
  return (
    <>
      {run.state !== "succeeded" || made === undefined ? null : canReveal ? (
        <Button look="primary" onClick={() => actions.reveal(run)}>
          <FolderOpen aria-hidden />
          Open folder
        </Button>
      ) : (
        <CopyButton text={made} label="Copy path of the result">
          Copy path
        </CopyButton>
      )}
      <Button
        look={run.state === "failed" ? "primary" : "plain"}
        busy={actions.busy}
        onClick={() => actions.retry(run)}
      >
        <RotateCcw aria-hidden />
        {run.kind === "check" || run.kind === "compare" ? "Again" : "Retry"}
      </Button>
      <IconButton label="Remove from history" className="size-8" onClick={() => actions.remove(run)}>
        <Trash2 aria-hidden />
      </IconButton>
    </>
  );
}

/** The first file that an ended run made. */
function madePath({ request, tasks }: Run): string | undefined {
  if (request.kind === "convert") return request.targets[0]?.path;
  return exportResult(tasks)?.path;
}

function exportResult(tasks: readonly Task[]): ExportResult | undefined {
  return tasks.flatMap(({ result }) => (result?.kind === "export" ? [result] : []))[0];
}

/** What a check or a comparison came to: what one looks for first. */
function Findings({ run }: { run: Run }) {
  const [result] = run.tasks.flatMap((task) => task.result ?? []);
  if (result?.kind === "check") return <CheckPanel result={result} />;
  if (result?.kind === "compare" && run.request.kind === "compare") {
    return <ComparePanel result={result} request={run.request} />;
  }
  return null;
}

function JobDetails({ run, onRetry }: { run: Run; onRetry: () => void }) {
  const allPaused = useSystem()?.workPaused ?? false;
  const paused = allPaused || run.paused;
  const now = useNow(1000);
  const exported = exportResult(run.tasks);
  return (
    <div className="grid gap-3 p-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <StateBadge
          state={paused && run.state === "running" ? "paused" : run.state}
          className="text-base [&_svg]:size-5"
        />
        {run.outcome === null ? null : <Tag tone={run.outcome.good ? "ok" : "bad"}>{run.outcome.text}</Tag>}
        {run.reason === null || allPaused ? null : <span className="text-ink-2">{run.reason}</span>}
        {run.scheduledRunId === null ? null : (
          <Link
            to="/schedules/runs/$id"
            params={{ id: run.scheduledRunId }}
            className="inline-flex items-center gap-1.5 text-accent hover:underline"
          >
            <CalendarClock aria-hidden className="size-4" />
            Started by a schedule
          </Link>
        )}
      </div>
      {run.error === null ? null : (
        <ErrorCard
          title="The job failed"
          error={run.error}
          actions={
            run.error.retryable ? (
              <Button size="small" onClick={onRetry}>
                Retry now
              </Button>
            ) : undefined
          }
        />
      )}
      <RunSummaryPanel run={run} paused={paused} nowMs={now} />
      <Findings run={run} />
      {exported === undefined ? (
        run.tasks.map((task) => <ExportParts key={task.id} task={task} paused={paused} />)
      ) : (
        <ExportResultPanel result={exported} warnings={run.tasks.flatMap(({ warnings }) => warnings)} />
      )}
      <div className={`grid items-start gap-3 ${run.tasks.length > 1 ? "xl:grid-cols-2" : ""}`}>
        {run.tasks.map((task) => (
          <TaskPanel
            key={task.id}
            task={task}
            about={run.tasks.filter(({ kind }) => kind === task.kind).length > 1 ? task.subject : null}
            paused={paused}
            runError={run.error}
            nowMs={now}
          />
        ))}
      </div>
      <ResultPanel run={run} />
      {run.kind === "check" ? null : (
        <Panel title="Throughput">
          <Suspense fallback={<div className="skeleton h-44" />}>
            <ThroughputPanel runId={run.id} />
          </Suspense>
        </Panel>
      )}
      <RunLog run={run} />
    </div>
  );
}
