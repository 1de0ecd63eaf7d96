/** What a change of schedules does to what is to come, told before it is saved: "this change moves these 4 runs". */
import type { ForecastRun } from "./forecast.ts";

export type ForecastChange =
  | { readonly kind: "added" | "removed"; readonly run: ForecastRun }
  | {
      readonly kind: "moved" | "skipped" | "no-longer-skipped";
      readonly before: ForecastRun;
      readonly after: ForecastRun;
    };

/** By nominal time; what stays as it is is not in it. */
export function forecastDiff(before: readonly ForecastRun[], after: readonly ForecastRun[]): ForecastChange[] {
  // Of two firings at the same time each has a run of what comes after both.
  const key = (run: ForecastRun) => `${run.scheduleId} ${run.rootId} ${run.nominalAt}`;
  const old = new Map(before.map((run) => [key(run), run]));
  const changes: ForecastChange[] = [];
  for (const run of after) {
    const was = old.get(key(run));
    old.delete(key(run));
    if (was === undefined) changes.push({ kind: "added", run });
    else if (was.skipped !== run.skipped) {
      changes.push({ kind: run.skipped ? "skipped" : "no-longer-skipped", before: was, after: run });
    } else if (was.startAt !== run.startAt && !run.skipped) changes.push({ kind: "moved", before: was, after: run });
  }
  for (const run of old.values()) changes.push({ kind: "removed", run });
  return changes.sort((a, b) => nominalOf(a) - nominalOf(b));
}

function nominalOf(change: ForecastChange): number {
  return "run" in change ? change.run.nominalAt : change.after.nominalAt;
}
