import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Pause, Play, RotateCcw } from "lucide-react";
import type { ScheduledRun } from "../../../src-core/model/scheduled-run.ts";
import { toErrorData } from "../../app/error-data.ts";
import { Gone } from "../../app/gone.tsx";
import { PageHeader } from "../../app/page-header.tsx";
import { ReadFailure } from "../../app/read-failure.tsx";
import { scheduledRunQuery, useSchedules } from "../../app/schedule-queries.ts";
import { Button } from "../../components/button.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { TimeText } from "../../components/quantity.tsx";
import { ScheduledStateBadge } from "../../components/scheduled-state.tsx";
import { Tag } from "../../components/tag.tsx";
import { useNow } from "../../components/use-now.ts";
import { formatInZone } from "../../format/date.ts";
import { isActive, scheduledDuration } from "../../format/schedule-words.ts";
import { FactTimeline } from "./runs/fact-timeline.tsx";
import { JobRuns } from "./runs/job-runs.tsx";
import { ScheduledLog } from "./runs/scheduled-log.tsx";
import { type ScheduledRunActions, useScheduledRunActions } from "./runs/use-scheduled-run-actions.tsx";

const route = getRouteApi("/schedules/runs/$id");

export function ScheduledRunPage() {
  const { id } = route.useParams();
  const query = useQuery(scheduledRunQuery(id));
  const actions = useScheduledRunActions();
  const run = query.data;
  const error = query.error === null ? null : toErrorData(query.error);
  return (
    <>
      <PageHeader
        title={run?.scheduleName ?? "Run"}
        back={{ to: "/schedules/runs", label: "All runs of schedules" }}
        note={run === undefined ? undefined : formatInZone(run.nominalAt, run.definition.zone)}
        actions={run === undefined ? undefined : <RunButtons run={run} actions={actions} />}
      />
      <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
        {error?.code === "request.not-found" ? (
          <Gone title="There is no such run" to="/schedules/runs" all="All runs" />
        ) : error !== null ? (
          <ReadFailure title="The run could not be read" error={error} onRetry={query.refetch} />
        ) : run === undefined ? (
          <div role="status" aria-label="Loading" className="grid gap-3 p-4">
            <div className="skeleton h-20" />
            <div className="skeleton h-56" />
          </div>
        ) : (
          <RunDetails run={run} />
        )}
      </main>
      {actions.dialogs}
    </>
  );
}

function RunButtons({ run, actions }: { run: ScheduledRun; actions: ScheduledRunActions }) {
  const exists = useSchedules().some(({ id }) => id === run.scheduleId);
  if (isActive(run.state)) {
    const held = run.state === "held" || run.waitsFor === "pause";
    return (
      <>
        {run.state === "canceling" ? null : (
          <Button busy={actions.busy} onClick={() => (held ? actions.resume(run) : actions.pause(run))}>
            {held ? <Play aria-hidden className="text-warn" /> : <Pause aria-hidden />}
            {held ? "Resume" : "Pause"}
          </Button>
        )}
        <Button disabled={run.state === "canceling" || actions.busy} onClick={() => actions.cancel(run)}>
          Cancel
        </Button>
      </>
    );
  }
  const failed = run.state === "failed" || run.state === "canceled" || run.state === "clean-up-failed";
  return (
    <>
      {failed ? (
        <Button look="primary" busy={actions.busy} onClick={() => actions.retry(run)}>
          <RotateCcw aria-hidden />
          Retry from failure
        </Button>
      ) : null}
      {exists ? (
        <Button busy={actions.busy} onClick={() => actions.runNow(run)}>
          <Play aria-hidden />
          Run now
        </Button>
      ) : null}
    </>
  );
}

function RunDetails({ run }: { run: ScheduledRun }) {
  const nowMs = useNow(1000);
  const exists = useSchedules().some(({ id }) => id === run.scheduleId);
  const { zone } = run.definition;
  const duration = scheduledDuration(run, nowMs);
  return (
    <div className="mx-auto grid max-w-6xl gap-3 p-4 pb-8">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1" aria-live="polite">
        <ScheduledStateBadge state={run.state} className="text-base [&_svg]:size-5" />
        {run.byHand ? <Tag>started by hand</Tag> : null}
        {run.catchesUp ? <Tag>makes up for missed times</Tag> : null}
        {run.reason === null ? null : <span className="text-ink-2">{run.reason}</span>}
      </div>
      {run.error === null ? null : <ErrorCard title="The run failed" error={run.error} />}
      <div className="grid items-start gap-3 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid gap-3">
          <JobRuns runs={run.runs} />
          <FactTimeline facts={run.facts} />
        </div>
        <Panel title="Run">
          <Facts
            rows={[
              {
                name: "Schedule",
                value: exists ? (
                  <Link to="/schedules/$id" params={{ id: run.scheduleId }} className="text-accent underline">
                    {run.scheduleName}
                  </Link>
                ) : (
                  `${run.scheduleName} (removed)`
                ),
              },
              { name: "Due", value: `${formatInZone(run.nominalAt, zone)} (${zone})` },
              ...(run.mayStartAt === null || !isActive(run.state) || run.startedAt !== null
                ? []
                : [{ name: "May start", value: formatInZone(run.mayStartAt, zone) }]),
              ...(run.heldUntilAt === null ? [] : [{ name: "Goes on", value: formatInZone(run.heldUntilAt, zone) }]),
              {
                name: "Started",
                value: run.startedAt === null ? "not yet" : <TimeText iso={run.startedAt} nowMs={nowMs} />,
              },
              ...(run.endedAt === null ? [] : [{ name: "Ended", value: <TimeText iso={run.endedAt} nowMs={nowMs} /> }]),
              ...(duration === null ? [] : [{ name: "Took", value: duration }]),
              { name: "Priority", value: String(run.definition.priority) },
              ...linkRows("After", run.parentRunIds),
              ...linkRows("Before", run.childRunIds),
            ]}
          />
        </Panel>
      </div>
      <ScheduledLog id={run.id} />
    </div>
  );
}

/** Other runs of the same firing. */
function linkRows(name: string, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const value = (
    <span className="grid">
      {ids.slice(0, 10).map((id) => (
        <RunLink key={id} id={id} />
      ))}
      {ids.length > 10 ? <span className="text-ink-3">and {ids.length - 10} more</span> : null}
    </span>
  );
  return [{ name, value }];
}

function RunLink({ id }: { id: string }) {
  const run = useQuery(scheduledRunQuery(id)).data;
  return (
    <Link
      to="/schedules/runs/$id"
      params={{ id }}
      className="inline-flex items-center gap-1.5 text-accent hover:underline"
    >
      {run?.scheduleName ?? "a run"}
      {run === undefined ? null : <ScheduledStateBadge state={run.state} className="text-xs" />}
    </Link>
  );
}
