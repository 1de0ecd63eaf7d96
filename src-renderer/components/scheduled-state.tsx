/** States of scheduled runs as word, icon and bar. Colour alone never says one: each has a shape of its own. */
import {
  Ban,
  CircleAlert,
  CircleCheck,
  CirclePause,
  CirclePlay,
  CircleSlash,
  CircleX,
  Hourglass,
  type LucideIcon,
  SkipForward,
} from "lucide-react";
import type { StripRun } from "../../src-core/model/schedule-view.ts";
import type { ScheduledRunState } from "../../src-core/model/scheduled-run.ts";
import { formatInZone } from "../format/date.ts";
import { SCHEDULED_STATE_WORDS } from "../format/schedule-words.ts";
import { classNames } from "./class-names.ts";

const LOOKS: Record<ScheduledRunState, { icon: LucideIcon; colour: string }> = {
  waiting: { icon: Hourglass, colour: "text-ink-3" },
  running: { icon: CirclePlay, colour: "text-accent" },
  held: { icon: CirclePause, colour: "text-warn" },
  canceling: { icon: CircleSlash, colour: "text-warn" },
  succeeded: { icon: CircleCheck, colour: "text-ok" },
  warned: { icon: CircleAlert, colour: "text-warn" },
  failed: { icon: CircleX, colour: "text-bad" },
  "clean-up-failed": { icon: CircleAlert, colour: "text-warn" },
  canceled: { icon: Ban, colour: "text-ink-3" },
  skipped: { icon: SkipForward, colour: "text-ink-3" },
};

/** A state as its icon, where its word stands beside it or in a title. */
export function ScheduledStateIcon({ state, className }: { state: ScheduledRunState; className?: string }) {
  const { icon: Icon, colour } = LOOKS[state];
  return <Icon aria-label={SCHEDULED_STATE_WORDS[state]} className={classNames(colour, className)} />;
}

/** A state as icon and word. */
export function ScheduledStateBadge({ state, className }: { state: ScheduledRunState; className?: string }) {
  const { icon: Icon, colour } = LOOKS[state];
  return (
    <span className={classNames("inline-flex items-center gap-1.5 whitespace-nowrap", colour, className)}>
      <Icon aria-hidden className="size-4 shrink-0" />
      <span className="font-medium">{SCHEDULED_STATE_WORDS[state]}</span>
    </span>
  );
}

/** Of one bar, and with the gap after it. */
const BAR = 5;
const STEP = 7;
const HEIGHT = 18;

/** The last runs of a schedule, oldest on the left: a full bar is good, a cross failed, a notched one warned, a low one was not done. */
export function RunStrip({ runs, zone, length }: { runs: readonly StripRun[]; zone: string; length: number }) {
  const counts = new Map<ScheduledRunState, number>();
  for (const { state } of runs) counts.set(state, (counts.get(state) ?? 0) + 1);
  const words = [...counts].map(([state, count]) => `${count} ${SCHEDULED_STATE_WORDS[state].toLowerCase()}`);
  if (runs.length === 0) return <span className="text-ink-3">no runs yet</span>;
  const offset = (length - runs.length) * STEP;
  return (
    <svg
      role="img"
      aria-label={`Last ${runs.length} runs: ${words.join(", ")}`}
      width={length * STEP}
      height={HEIGHT}
      className="shrink-0"
    >
      {runs.map((run, index) => (
        <g key={run.id} transform={`translate(${offset + index * STEP} 0)`} className={LOOKS[run.state].colour}>
          <title>{`${SCHEDULED_STATE_WORDS[run.state]}, ${formatInZone(run.nominalAt, zone)}`}</title>
          <rect width={STEP} height={HEIGHT} fill="transparent" />
          <Bar state={run.state} />
        </g>
      ))}
    </svg>
  );
}

function Bar({ state }: { state: ScheduledRunState }) {
  switch (state) {
    case "succeeded":
      return <rect y={2} width={BAR} height={14} rx={1} fill="currentColor" />;
    case "warned":
    case "clean-up-failed":
      return <path d="M0 2h5v8h-5z M0 12h5v4h-5z" fill="currentColor" />;
    case "failed":
      return <path d="M0 5l5 8M5 5l-5 8" stroke="currentColor" strokeWidth={2} fill="none" />;
    case "canceled":
      return <rect y={9} width={BAR} height={7} rx={1} fill="currentColor" />;
    case "skipped":
      return <rect y={13} width={BAR} height={3} rx={1} fill="currentColor" />;
    case "running":
    case "canceling":
      return <path d="M0 3v12l5-6z" fill="currentColor" />;
    case "held":
      return <path d="M0 3h2v12h-2z M3 3h2v12h-2z" fill="currentColor" />;
    case "waiting":
      return <rect x={0.75} y={2.75} width={BAR - 1.5} height={12.5} rx={1} fill="none" stroke="currentColor" />;
  }
}
