import { CirclePause, CirclePlay, Play, Power, PowerOff, Trash2, X } from "lucide-react";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { formatCount } from "../../format/bytes.ts";
import { plural } from "../../format/plural.ts";
import { pausedAt } from "../../format/schedule-words.ts";
import type { ScheduleActions } from "./use-schedule-actions.tsx";

/** What can be done with the schedules that are selected. Each button counts those it is for. */
export function ScheduleSelectionBar(props: {
  rows: readonly ScheduleRow[];
  /** How many of them the search and filters hide. */
  hiddenCount: number;
  actions: ScheduleActions;
  nowMs: number;
  onClear: () => void;
}) {
  const { rows, hiddenCount, actions, nowMs, onClear } = props;
  const on = rows.filter(({ enabled }) => enabled);
  const off = rows.filter(({ enabled }) => !enabled);
  const paused = rows.filter(({ pause }) => pausedAt(pause, nowMs));
  const running = rows.filter(({ pause }) => !pausedAt(pause, nowMs));
  const titled = (count: number) => (count === rows.length ? undefined : `${formatCount(count)} of them`);
  const buttons = [
    { label: "Enable", icon: <Power aria-hidden />, rows: off, run: () => actions.enable(off, true) },
    { label: "Disable", icon: <PowerOff aria-hidden />, rows: on, run: () => actions.enable(on, false) },
    { label: "Pause…", icon: <CirclePause aria-hidden />, rows: running, run: () => actions.pause(running) },
    { label: "End pause", icon: <CirclePlay aria-hidden />, rows: paused, run: () => actions.resume(paused) },
    { label: "Run now", icon: <Play aria-hidden />, rows, run: () => actions.runNow(rows) },
    { label: "Remove…", icon: <Trash2 aria-hidden />, rows, run: () => actions.remove(rows) },
  ];
  return (
    <section
      aria-label="Selected schedules"
      className="flex min-h-10 shrink-0 flex-wrap items-center gap-2 border-b border-line bg-accent-soft px-3 py-1"
    >
      <IconButton label="Select none" onClick={onClear}>
        <X aria-hidden />
      </IconButton>
      <span aria-live="polite">
        <span className="font-medium">{plural(rows.length, "schedule")} selected</span>
        {hiddenCount === 0 ? null : (
          <span className="text-ink-2">, {formatCount(hiddenCount)} not shown by this search</span>
        )}
      </span>
      <span className="ml-auto flex flex-wrap gap-1.5">
        {buttons.map((button) => (
          <Button
            key={button.label}
            size="small"
            disabled={actions.busy || button.rows.length === 0}
            title={titled(button.rows.length)}
            onClick={button.run}
          >
            {button.icon}
            {button.label}
          </Button>
        ))}
      </span>
    </section>
  );
}
