import { Link } from "@tanstack/react-router";
import { Pause, Play } from "lucide-react";
import type { RunSummary } from "../../../src-core/model/run.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { ProgressStrip } from "../../components/progress-strip.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { paceWords, progressWords, runDuration, runShare } from "./run-words.ts";

/** A run that goes on or waits, with all that one wants to know at a glance. */
export function ActiveRun(props: {
  run: RunSummary;
  /** All work is. */
  paused: boolean;
  nowMs: number;
  onHold: (paused: boolean) => void;
  onCancel: () => void;
}) {
  const { run, nowMs } = props;
  const paused = props.paused || run.paused;
  const running = run.state === "running" || run.state === "canceling";
  const state = paused && run.state === "running" ? "paused" : run.state;
  const duration = runDuration(run, nowMs);
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 border-t border-line/70 px-4 py-2.5 first:border-t-0">
      <div className="min-w-0">
        <div className="flex items-center gap-3">
          <StateBadge state={state} className="w-24 shrink-0" />
          <Link
            to="/jobs/$runId"
            params={{ runId: run.id }}
            className="min-w-0 truncate font-medium hover:underline"
            title={run.name}
          >
            {run.name}
          </Link>
          {run.progress === null || !running ? null : (
            <span className="shrink-0 text-xs text-ink-3">{run.progress.phase}</span>
          )}
          <span className="ml-auto shrink-0 text-xs text-ink-2">{paceWords(run, paused)}</span>
        </div>
        {running ? (
          <div className="mt-1.5 flex items-center gap-3">
            <ProgressStrip
              value={runShare(run.progress)}
              label={`Progress of ${run.name}`}
              tone={run.state === "canceling" || paused ? "warn" : "accent"}
            />
            <span className="w-52 shrink-0 text-right text-xs text-ink-2">{progressWords(run.progress)}</span>
          </div>
        ) : null}
        {running && run.reason !== null && !paused ? <p className="mt-1 text-xs text-ink-2">{run.reason}</p> : null}
      </div>
      <div className="flex items-center gap-3">
        {duration === null ? null : <span className="w-20 text-right text-xs text-ink-3">{duration}</span>}
        {run.state === "canceling" ? null : (
          <IconButton
            label={run.paused ? `Resume ${run.name}` : `Pause ${run.name}`}
            onClick={() => props.onHold(!run.paused)}
          >
            {run.paused ? <Play aria-hidden className="text-warn" /> : <Pause aria-hidden />}
          </IconButton>
        )}
        <Button size="small" disabled={run.state === "canceling"} onClick={props.onCancel}>
          Cancel
        </Button>
      </div>
    </li>
  );
}
