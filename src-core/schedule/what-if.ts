/** What changes would do to the runs to come, before they are saved. */
import type { Schedule } from "../model/schedule.ts";
import type { ForecastChange, ScheduleChange } from "../model/schedule-view.ts";
import { applyChanges } from "./apply-changes.ts";
import { comingRun } from "./coming-run.ts";
import type { ForecastRun } from "./forecast.ts";
import { forecastDiff, type ForecastChange as RunChange } from "./forecast-diff.ts";
import { type ForecastGround, runsOf, withAncestors, withDescendants } from "./forecast-graph.ts";
import { DAY_MS } from "./instant.ts";

export interface WhatIfQuestion extends ForecastGround {
  readonly changes: readonly ScheduleChange[];
  readonly days: number;
}

export interface WhatIf {
  /** By nominal time; the first few thousand. */
  readonly changes: ForecastChange[];
  readonly total: number;
  readonly words: string;
}

const MOST_TOLD = 5_000;

/** @throws AppError as applyChanges and runsOf */
export function whatIf(question: WhatIfQuestion, saved: readonly Schedule[], now: number): WhatIf {
  const { schedules, touched, removedIds } = applyChanges(saved, question.changes, now);
  // What comes after a changed one may move with it; what it comes after is looked at, and stays as it is.
  const ids = [...removedIds, ...touched.map(({ id }) => id)];
  const moved = new Set([...withDescendants(saved, ids), ...withDescendants(schedules, ids)]);
  const range = [now, now + question.days * DAY_MS] as const;
  const runsIn = (all: readonly Schedule[]) =>
    runsOf(withAncestors(all, moved), question, range, now).filter(({ scheduleId }) => moved.has(scheduleId));
  const diff = forecastDiff(runsIn(saved), runsIn(schedules));
  const zones = new Map([...saved, ...schedules].map(({ id, zone }) => [id, zone]));
  const shown = (run: ForecastRun) => comingRun(run, zones.get(run.scheduleId) ?? "UTC");
  const changes = diff
    .slice(0, MOST_TOLD)
    .map(
      (change): ForecastChange =>
        "run" in change
          ? { kind: change.kind, run: shown(change.run) }
          : { kind: change.kind, before: shown(change.before), after: shown(change.after) },
    );
  return { changes, total: diff.length, words: wordsFor(diff, question.days) };
}

/** "This change moves 4 runs, adds 2 and removes none." */
function wordsFor(diff: readonly RunChange[], days: number): string {
  if (diff.length === 0)
    return `This change leaves the runs of the next ${days === 1 ? "day" : `${days} days`} as they are.`;
  const count = (kind: RunChange["kind"]) => diff.filter((change) => change.kind === kind).length;
  const moved = count("moved");
  const parts = [
    moved === 0 ? "moves no runs" : `moves ${number(moved)} ${moved === 1 ? "run" : "runs"}`,
    `adds ${number(count("added"))}`,
  ];
  const [skipped, again] = [count("skipped"), count("no-longer-skipped")];
  if (skipped > 0) parts.push(`skips ${number(skipped)}`);
  if (again > 0) parts.push(`no longer skips ${number(again)}`);
  return `This change ${parts.join(", ")} and removes ${number(count("removed"))}.`;
}

function number(count: number): string {
  return count === 0 ? "none" : count.toLocaleString("en");
}
