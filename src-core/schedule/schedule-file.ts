/**
 * Schedules as text that people keep and edit: YAML, or JSON. What is written has every field, so that reading it gives exactly what was
 * there. What is read is not trusted: what it does not know is told at its place, and nothing of a file with a mistake is taken.
 */
import { stringify } from "yaml";
import { AppError } from "../model/error.ts";
import type { Schedule } from "../model/schedule.ts";
import { type FieldProblem, type ScheduleChange, ScheduleFile } from "../model/schedule-view.ts";
import { applyChanges, definitionOf } from "./apply-changes.ts";
import { byName } from "./by-name.ts";
import { MAX_YAML, readDataText } from "./data-text.ts";
import { shapeProblems } from "./validation.ts";
import { definitionProblems } from "./work-problems.ts";

export type FileFormat = "yaml" | "json";

/** Ids as calls and addresses take them. */
const ID = /^[\w-]{1,64}$/;
/** More than anybody mends in one go. */
const MOST_PROBLEMS = 100;

/**
 * By name, so that what did not change is written the same way again.
 * @throws AppError request.too-large for YAML that would not be read again
 */
export function scheduleFileText(schedules: readonly Schedule[], format: FileFormat): string {
  const file = ScheduleFile.parse({
    version: 1,
    schedules: schedules.toSorted(byName).map((schedule) => ({
      id: schedule.id,
      enabled: schedule.enabled,
      ...definitionOf(schedule),
    })),
  });
  if (format === "json") return `${JSON.stringify(file, null, 2)}\n`;
  // Nothing is folded and nothing is named to be repeated: a line is one thing, and a comparison shows which changed.
  const text = stringify(file, { lineWidth: 0, aliasDuplicateObjects: false });
  if (text.length > MAX_YAML) {
    const message = `As YAML these ${schedules.length} schedules are too long to be read again.`;
    throw new AppError("request.too-large", message, { hint: "Export them as JSON, or fewer of them." });
  }
  return text;
}

/** What a file would do. */
export interface ReadScheduleFile {
  /** Empty where there are problems. */
  readonly changes: ScheduleChange[];
  readonly created: string[];
  readonly changed: string[];
  readonly unchanged: string[];
  readonly problems: FieldProblem[];
}

/** @param saved what is there; what is not in the file stays as it is */
export function readScheduleFile(text: string, saved: readonly Schedule[], now: number): ReadScheduleFile {
  const read = parsedFile(text);
  if ("problems" in read) return refused(read.problems);
  const problems = problemsIn(read.file, now);
  if (problems.some(({ fatal }) => fatal)) return refused(problems);
  const before = new Map(saved.map((schedule) => [schedule.id, schedule]));
  const result: ReadScheduleFile = { changes: [], created: [], changed: [], unchanged: [], problems };
  /** The schedule of the file that a change comes from. */
  const from: number[] = [];
  read.file.schedules.forEach(({ id, enabled, ...definition }, index) => {
    const known = before.get(id);
    const add = (change: ScheduleChange) => {
      result.changes.push(change);
      from.push(index);
    };
    if (known === undefined) {
      add({ kind: "create", id, definition, enabled });
      result.created.push(id);
      return;
    }
    const sameDefinition = JSON.stringify(definition) === JSON.stringify(definitionOf(known));
    if (!sameDefinition) add({ kind: "update", id, definition, changedAt: known.changedAt });
    if (enabled !== known.enabled) add({ kind: "enable", id, enabled });
    (sameDefinition && enabled === known.enabled ? result.unchanged : result.changed).push(id);
  });
  const problem = refusal(saved, result.changes, from, now);
  return problem === null ? result : refused([...problems, problem]);
}

function refused(problems: readonly FieldProblem[]): ReadScheduleFile {
  return { changes: [], created: [], changed: [], unchanged: [], problems: problems.slice(0, MOST_PROBLEMS) };
}

function wrong(field: string, message: string): FieldProblem {
  return { field, message, fatal: true };
}

function parsedFile(text: string): { file: ScheduleFile } | { problems: FieldProblem[] } {
  const read = readDataText(text);
  if ("problems" in read) return { problems: read.problems.map((message) => wrong("", message)) };
  const parsed = ScheduleFile.safeParse(read.data);
  if (!parsed.success) return { problems: shapeProblems(parsed.error) };
  const unknown = unknownKeys(read.data, parsed.data, []);
  return unknown.length > 0 ? { problems: unknown } : { file: parsed.data };
}

/** Keys that were read but mean nothing, such as a misspelt one: a setting that silently does not hold would be found out too late. */
function unknownKeys(given: unknown, understood: unknown, path: readonly string[]): FieldProblem[] {
  if (typeof given !== "object" || given === null || typeof understood !== "object" || understood === null) return [];
  const known = new Map(Object.entries(understood));
  return Object.entries(given).flatMap(([key, value]) => {
    const field = [...path, key];
    if (!known.has(key)) return [wrong(field.join("."), "There is no such field.")];
    return unknownKeys(value, known.get(key), field);
  });
}

function problemsIn({ schedules }: ScheduleFile, now: number): FieldProblem[] {
  const ids = new Set<string>();
  return schedules.flatMap((schedule, index) => {
    const at = `schedules.${index}`;
    const problems: FieldProblem[] = [];
    if (!ID.test(schedule.id)) problems.push(wrong(`${at}.id`, "Letters, digits, - and _, at most 64."));
    if (ids.has(schedule.id)) problems.push(wrong(`${at}.id`, `${schedule.id} is in the file twice.`));
    ids.add(schedule.id);
    for (const problem of definitionProblems(schedule, now))
      problems.push({ ...problem, field: `${at}.${problem.field}` });
    return problems;
  });
}

/** What is wrong between the schedules as they would be: the first thing. */
function refusal(
  saved: readonly Schedule[],
  changes: readonly ScheduleChange[],
  from: readonly number[],
  now: number,
): FieldProblem | null {
  try {
    applyChanges(saved, changes, now);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code === "internal.bug") throw thrown;
    const { change, field } = thrown.details ?? {};
    const index = typeof change === "number" ? from[change] : undefined;
    const place = index === undefined ? "" : `schedules.${index}${typeof field === "string" ? `.${field}` : ""}`;
    return wrong(place, thrown.message);
  }
}
