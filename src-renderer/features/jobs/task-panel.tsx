import { CircleAlert } from "lucide-react";
import type { AppErrorData } from "../../../src-core/model/error.ts";
import type { Attempt, Task } from "../../../src-core/model/run.ts";
import { ErrorCard } from "../../components/error-card.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProgressStrip } from "../../components/progress-strip.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { formatBytes } from "../../format/bytes.ts";
import { formatClock } from "../../format/date.ts";
import { formatDuration } from "../../format/duration.ts";
import { baseName } from "../../format/path.ts";
import { paceWords, progressWords, runShare } from "./run-words.ts";

const TITLES: Record<Task["kind"], string> = {
  convert: "Convert",
  export: "Export",
  verify: "Verify",
  check: "Check",
  compare: "Compare",
};

interface TaskPanelProps {
  task: Task;
  /** The file it is about, where there are several of its kind. */
  about: string | null;
  paused: boolean;
  /** The run's error: not shown a second time. */
  runError: AppErrorData | null;
  nowMs: number;
}

/** One step of a job: where it is, its tries, its warnings. */
export function TaskPanel({ task, about, paused, runError, nowMs }: TaskPanelProps) {
  const running = task.state === "running" || task.state === "canceling";
  const tone =
    task.state === "succeeded"
      ? "ok"
      : task.state === "failed"
        ? "bad"
        : running
          ? paused
            ? "warn"
            : "accent"
          : "idle";
  return (
    <Panel
      title={about === null ? TITLES[task.kind] : `${TITLES[task.kind]} ${baseName(about)}`}
      note={task.state === "succeeded" ? undefined : task.progress?.phase}
      actions={<StateBadge state={paused && task.state === "running" ? "paused" : task.state} className="text-xs" />}
    >
      {task.progress === null ? (
        <p className="text-ink-2">
          {task.reason ??
            (running
              ? "starting"
              : task.attempts.length === 0
                ? "not begun"
                : "ended before there was anything to count")}
        </p>
      ) : (
        <>
          <ProgressStrip
            value={runShare(task.progress)}
            label={`Progress of ${TITLES[task.kind].toLowerCase()}`}
            tone={tone}
          />
          <div className="mt-1.5 flex justify-between gap-3 text-xs text-ink-2">
            <span>{progressWords(task.progress, task.kind)}</span>
            {running ? <span>{paceWords(task, paused)}</span> : null}
          </div>
          {task.reason === null || paused ? null : <p className="mt-1 text-xs text-ink-2">{task.reason}</p>}
        </>
      )}
      {task.attempts.length === 0 ? null : (
        <ol aria-label="Attempts" className="mt-3 border-t border-line/60 pt-2">
          {task.attempts.map((attempt) => (
            <AttemptLine key={attempt.id} attempt={attempt} paused={paused} nowMs={nowMs} />
          ))}
        </ol>
      )}
      {task.warnings.length === 0 || task.result?.kind === "export" ? null : (
        <ul aria-label="Warnings" className="mt-2 grid gap-1">
          {task.warnings.map((warning) => (
            <li key={warning} className="flex gap-2 text-xs">
              <CircleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0 text-warn" />
              <span className="min-w-0 break-words">{warning}</span>
            </li>
          ))}
        </ul>
      )}
      {task.error === null || task.error.message === runError?.message ? null : (
        <div className="mt-3">
          <ErrorCard error={task.error} />
        </div>
      )}
    </Panel>
  );
}

function AttemptLine({ attempt, paused, nowMs }: { attempt: Attempt; paused: boolean; nowMs: number }) {
  const endMs = attempt.endedAt === null ? nowMs : Date.parse(attempt.endedAt);
  return (
    <li className="flex flex-wrap items-center gap-x-3 py-0.5 text-xs text-ink-2">
      <span>Attempt {attempt.number}</span>
      <StateBadge
        state={paused && attempt.state === "running" ? "paused" : attempt.state}
        className="[&_svg]:size-3.5"
      />
      <span>
        {formatClock(attempt.startedAt)}, {formatDuration(Math.max(0, endMs - Date.parse(attempt.startedAt)))}
      </span>
      <span className="text-ink-3">
        {attempt.resumedFromBytes === null ? "from the start" : `resumed at ${formatBytes(attempt.resumedFromBytes)}`}
      </span>
    </li>
  );
}
