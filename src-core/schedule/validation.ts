/** What is wrong with a schedule somebody is filling in, all at once and each at its field; and what it would do. */
import type { z } from "zod";
import { AppError } from "../model/error.ts";
import { type Schedule, ScheduleDefinition } from "../model/schedule.ts";
import type { ComingRun, FieldProblem } from "../model/schedule-view.ts";
import { ScheduledWork } from "../model/scheduled-work.ts";
import { nameKey, neighbourProblems } from "./apply-changes.ts";
import { comingRun } from "./coming-run.ts";
import { describeSchedule } from "./describe.ts";
import { compileSchedule, preview } from "./forecast.ts";
import { scheduleGraphProblem } from "./schedule-graph.ts";
import { scheduleProblems } from "./validate.ts";
import { workProblems } from "./work-problems.ts";
import { workText } from "./work-text.ts";

export interface Validation {
  readonly problems: FieldProblem[];
  readonly words: string | null;
  readonly workWords: string | null;
  readonly cycle: string[] | null;
  readonly next: ComingRun[];
}

const NEXT_RUNS = 10;
/** More than anybody mends in one go. */
const MOST_PROBLEMS = 100;

/** All but what a form leaves empty at first: enough to say when. */
const Timing = ScheduleDefinition.omit({ name: true, work: true });

/**
 * @param given anything
 * @param id of the one it would replace; null: it is a new one
 * @param sourceName what a source is called; its id where nobody knows
 */
export function validation(
  given: unknown,
  id: string | null,
  schedules: readonly Schedule[],
  sourceName: (id: string) => string,
  now: number,
): Validation {
  const whole = ScheduleDefinition.safeParse(given);
  const timing = Timing.safeParse(given);
  const work = ScheduledWork.safeParse(
    typeof given === "object" && given !== null && "work" in given ? given.work : null,
  );
  const workIs = work.success ? workProblems(work.data) : [];
  const workWords = work.success ? workText(work.data, sourceName) : null;
  const shape = [...(whole.success ? [] : shapeProblems(whole.error)), ...workIs];
  if (!timing.success) return { problems: shape, words: null, workWords, cycle: null, next: [] };

  const self = id ?? "";
  const others = schedules.filter((schedule) => schedule.id !== self);
  const byId = new Map(others.map((schedule) => [schedule.id, schedule]));
  const names = new Set(others.map(({ name }) => nameKey(name)));
  const own = scheduleProblems(timing.data, now);
  const { dependencies } = timing.data;
  const name = whole.success ? whole.data.name : "";
  const neighbours = neighbourProblems(
    { name, dependencies },
    (key) => names.has(key),
    (parent) => parent === self || byId.has(parent),
  );
  const words = describeSchedule(timing.data, (parent) => byId.get(parent)?.name ?? parent);
  const problems = [...shape, ...own, ...neighbours];
  const next = own.some(({ fatal }) => fatal) ? [] : nextRuns({ ...timing.data, id: self }, now);
  let cycle: string[] | null = null;
  if (!problems.some(({ fatal }) => fatal)) {
    const graph = scheduleGraphProblem([...others, { ...timing.data, id: self, name }]);
    if (graph !== null) problems.push({ field: "dependencies", message: graph.message, fatal: true });
    if (graph?.code === "schedule.cycle") cycle = [...graph.ids];
  }
  return { problems, words, workWords, cycle, next };
}

/** Each issue of a schema at its path. */
export function shapeProblems(error: z.ZodError): FieldProblem[] {
  return error.issues.slice(0, MOST_PROBLEMS).flatMap((issue) => {
    const field = issue.path.map(String).join(".");
    if (issue.code !== "unrecognized_keys") return [{ field, message: issue.message, fatal: true }];
    return issue.keys.map((key) => ({
      field: field === "" ? key : `${field}.${key}`,
      message: "There is no such field.",
      fatal: true,
    }));
  });
}

function nextRuns(schedule: Parameters<typeof compileSchedule>[0], now: number): ComingRun[] {
  try {
    return preview(compileSchedule(schedule), now, NEXT_RUNS).map((run) => comingRun(run, schedule.zone));
  } catch (thrown) {
    if (thrown instanceof AppError) return [];
    throw thrown;
  }
}
