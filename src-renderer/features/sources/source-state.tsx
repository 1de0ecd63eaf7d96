import { CircleCheck, CircleDashed, CirclePause, CircleX, type LucideIcon, RefreshCw } from "lucide-react";
import type { Source } from "../../../src-core/model/source.ts";
import { type SourceLook, sourceLook } from "./source-words.ts";

const LOOKS: Record<SourceLook, { word: string; icon: LucideIcon; colour: string }> = {
  connected: { word: "Connected", icon: CircleCheck, colour: "text-ok" },
  reading: { word: "Reading inventory", icon: RefreshCw, colour: "text-accent" },
  connecting: { word: "Connecting", icon: CircleDashed, colour: "text-ink-2" },
  waiting: { word: "Not connected", icon: RefreshCw, colour: "text-warn" },
  trouble: { word: "Needs you", icon: CircleX, colour: "text-bad" },
  disabled: { word: "Disabled", icon: CirclePause, colour: "text-ink-3" },
};

/** A source's state as icon and word: colour alone never says it. */
export function SourceState({ source }: { source: Source }) {
  const { word, icon: Icon, colour } = LOOKS[sourceLook(source)];
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap ${colour}`}>
      <Icon aria-hidden className="size-4 shrink-0" />
      <span className="font-medium">{word}</span>
    </span>
  );
}
