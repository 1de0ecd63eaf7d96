import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CirclePlay,
  CircleSlash,
  CircleX,
  Hourglass,
  type LucideIcon,
} from "lucide-react";
import type { AttemptState, WorkState } from "../../src-core/model/run.ts";
import { classNames } from "./class-names.ts";

interface Look {
  word: string;
  icon: LucideIcon;
  colour: string;
}

/** `paused` is how a running run shows while all work is paused. */
const LOOKS: Record<WorkState | AttemptState | "paused", Look> = {
  queued: { word: "Queued", icon: CircleDashed, colour: "text-ink-3" },
  waiting: { word: "Waiting", icon: Hourglass, colour: "text-ink-3" },
  running: { word: "Running", icon: CirclePlay, colour: "text-accent" },
  paused: { word: "Paused", icon: CirclePause, colour: "text-warn" },
  canceling: { word: "Canceling", icon: CircleSlash, colour: "text-warn" },
  succeeded: { word: "Done", icon: CircleCheck, colour: "text-ok" },
  failed: { word: "Failed", icon: CircleX, colour: "text-bad" },
  canceled: { word: "Canceled", icon: Ban, colour: "text-ink-3" },
  skipped: { word: "Skipped", icon: CircleSlash, colour: "text-ink-3" },
  lost: { word: "Interrupted", icon: CircleSlash, colour: "text-warn" },
};

/** A state as icon and word: colour alone never says it. */
export function StateBadge({ state, className }: { state: keyof typeof LOOKS; className?: string }) {
  const { word, icon: Icon, colour } = LOOKS[state];
  return (
    <span className={classNames("inline-flex items-center gap-1.5 whitespace-nowrap", colour, className)}>
      <Icon aria-hidden className="size-4 shrink-0" />
      <span className="font-medium">{word}</span>
    </span>
  );
}
