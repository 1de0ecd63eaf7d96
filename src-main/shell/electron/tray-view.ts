/** What the tray says, as plain data: a fold of the active runs. tray.ts draws it. */
import type { RunSummary } from "../../../src-core/model/run.ts";

export interface TrayView {
  readonly toolTip: string;
  /** Lines of the runs that move, each with the page it opens. */
  readonly runs: readonly { readonly id: string; readonly label: string; readonly route: string }[];
  /** "2 running, 3 waiting" or "Nothing is running". */
  readonly summary: string;
  readonly paused: boolean;
}

/** Lines beyond this are told as a number: a tray menu cannot scroll everywhere. */
const MOST_LINES = 8;
const LONGEST_NAME = 48;

/** Done part of a run in whole per cent, rounded down: 100 is said only when all is done. Null while the total is unknown. */
export function percent(run: Pick<RunSummary, "progress">): number | null {
  const { doneBytes, totalBytes } = run.progress ?? { doneBytes: 0, totalBytes: 0 };
  return totalBytes > 0 ? Math.min(100, Math.floor((doneBytes / totalBytes) * 100)) : null;
}

function shortened(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}

/** @param active runs that have not ended, in any order */
export function trayView(active: readonly RunSummary[], paused: boolean): TrayView {
  const moving = active.filter((run) => run.state === "running" || run.state === "canceling");
  const waiting = active.length - moving.length;
  const counts = [moving.length > 0 ? `${moving.length} running` : "", waiting > 0 ? `${waiting} waiting` : ""];
  const summary = counts.filter(Boolean).join(", ") || "Nothing is running";
  const runs = moving.slice(0, MOST_LINES).map((run) => {
    const done = percent(run);
    const word = run.state === "canceling" ? "canceling" : done === null ? "starting" : `${done} %`;
    return { id: run.id, label: `${shortened(run.name)}: ${word}`, route: `/jobs/${run.id}` };
  });
  const rest = moving.length - runs.length;
  const overall = moving.length > 0 ? overallPercent(moving) : null;
  const pausedWord = paused ? " (paused)" : "";
  return {
    toolTip: `HyperSDK Desktop: ${summary}${overall === null ? "" : `, ${overall} %`}${pausedWord}`,
    runs,
    summary: `${summary}${rest > 0 ? ` (${rest} more than shown)` : ""}${pausedWord}`,
    paused,
  };
}

function overallPercent(runs: readonly RunSummary[]): number | null {
  const sum = (pick: "doneBytes" | "totalBytes") => runs.reduce((total, run) => total + (run.progress?.[pick] ?? 0), 0);
  const [doneBytes, totalBytes] = [sum("doneBytes"), sum("totalBytes")];
  return percent({ progress: { doneBytes, totalBytes, rateBytesPerSecond: 0, eta: null, phase: "" } });
}
