import { Link } from "@tanstack/react-router";
import type { RunSummary } from "../../../../src-core/model/run.ts";
import { useActiveRuns } from "../../../app/queries.ts";
import { Panel } from "../../../components/panel.tsx";
import { ProgressStrip } from "../../../components/progress-strip.tsx";
import { StateBadge } from "../../../components/state-badge.tsx";
import { formatEta } from "../../../format/duration.ts";
import { plural } from "../../../format/plural.ts";

/** The jobs that do the work of a run, with their progress as it comes. */
export function JobRuns({ runs }: { runs: readonly RunSummary[] }) {
  const active = useActiveRuns();
  if (runs.length === 0) return null;
  // What the event stream tells of a job reaches the list of active ones first.
  const live = runs.map((run) => active.find(({ id }) => id === run.id) ?? run);
  return (
    <Panel title="Jobs" note={plural(runs.length, "job")} padded={false}>
      <ul className="divide-y divide-line/70">
        {live.map((run) => {
          const going = run.state === "running" || run.state === "canceling";
          const { progress } = run;
          const share =
            progress === null || progress.totalBytes === 0 ? null : progress.doneBytes / progress.totalBytes;
          return (
            <li key={run.id} className="grid gap-1 px-3.5 py-2">
              <div className="flex items-center gap-3">
                <StateBadge
                  state={run.paused && run.state === "running" ? "paused" : run.state}
                  className="w-24 shrink-0"
                />
                <Link
                  to="/jobs/$runId"
                  params={{ runId: run.id }}
                  className="min-w-0 truncate font-medium text-accent hover:underline"
                >
                  {run.name}
                </Link>
                <span className="ml-auto shrink-0 text-xs text-ink-2">
                  {going
                    ? progress?.eta
                      ? formatEta(progress.eta)
                      : (progress?.phase ?? "")
                    : (run.outcome?.text ?? "")}
                </span>
              </div>
              {going ? (
                <ProgressStrip
                  value={share}
                  label={`Progress of ${run.name}`}
                  tone={run.paused || run.state === "canceling" ? "warn" : "accent"}
                />
              ) : null}
              {run.error !== null ? <p className="text-xs text-bad">{run.error.message}</p> : null}
              {run.error === null && run.reason !== null ? <p className="text-xs text-ink-2">{run.reason}</p> : null}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
