/** What is wrong with a schedule beyond the shape of its fields, each at its field: asked before saving, and by forms as one types. */
import { AppError } from "../model/error.ts";
import type { ScheduleDefinition } from "../model/schedule.ts";
import { DAY_MS, wallOf } from "./instant.ts";
import { planOf } from "./plan.ts";
import { permissionsOf } from "./windows.ts";
import { zoneOf } from "./zone.ts";

export interface FieldProblem {
  /** Such as "when.expression" or "allowed.windows.2.zone". */
  readonly field: string;
  readonly message: string;
  /** False: it can be saved, but is hardly what was meant. */
  readonly fatal: boolean;
}

/** The parts that are looked at; a graph is looked at as a whole (schedule-graph.ts). */
type Checked = Pick<
  ScheduleDefinition,
  "when" | "zone" | "jitterMs" | "startsOn" | "endsOn" | "allowed" | "dependencies" | "missed"
>;

/** @param now what lies behind it will not come any more */
export function scheduleProblems(schedule: Checked, now: number): FieldProblem[] {
  const { when, zone, startsOn, endsOn, allowed, dependencies, jitterMs } = schedule;
  const problems: FieldProblem[] = [];
  const fatal = (field: string, message: string) => problems.push({ field, message, fatal: true });
  attempt("zone", () => zoneOf(zone), fatal);
  attempt("when", () => planOf({ when, zone: "UTC", startsOn: null, endsOn: null }), fatal);
  if (startsOn !== null && endsOn !== null && endsOn < startsOn) fatal("endsOn", "The last day is before the first.");
  allowed.windows.forEach(({ zone: own }, i) => {
    if (own !== undefined) attempt(`allowed.windows.${i}.zone`, () => zoneOf(own), fatal, true);
  });
  allowed.blackouts.forEach((blackout, i) => {
    const field = `allowed.blackouts.${i}`;
    if (blackout.kind === "mute") return;
    if (blackout.zone !== undefined) attempt(`${field}.zone`, () => zoneOf(blackout.zone ?? ""), fatal, true);
    if (blackout.kind === "range" && blackout.to <= blackout.from)
      fatal(`${field}.to`, "The blackout ends before it begins.");
    if (blackout.kind === "yearly" && blackout.day > new Date(Date.UTC(2000, blackout.month, 0)).getUTCDate()) {
      fatal(`${field}.day`, "There is no such day in that month.");
    }
  });
  if (when.kind === "after" && dependencies.length === 0) {
    fatal("dependencies", "It runs after other schedules, but names none.");
  }
  const parents = dependencies.map(({ parentId }) => parentId);
  parents.forEach((id, i) => {
    if (parents.indexOf(id) !== i) fatal(`dependencies.${i}.parentId`, "It comes after this schedule twice.");
  });
  if (problems.length > 0) return problems;
  return hardlyMeant(schedule, jitterMs, now);
}

/** Of a schedule that is right in itself: what it will never, or hardly, do. */
function hardlyMeant(schedule: Checked, jitterMs: number, now: number): FieldProblem[] {
  const { when, zone, allowed, missed } = schedule;
  if (when.kind === "after") return [];
  const problems: FieldProblem[] = [];
  const warn = (field: string, message: string) => problems.push({ field, message, fatal: false });
  const plan = planOf(schedule);
  const first = plan.next(now);
  if (first === null) {
    warn(
      schedule.endsOn !== null && wallOf(schedule.endsOn) + 2 * DAY_MS < now ? "endsOn" : "when",
      "It has no time that is still to come.",
    );
    return problems;
  }
  const second = plan.next(first.nominalAt);
  if (second !== null && jitterMs >= second.nominalAt - first.nominalAt) {
    warn("jitterMs", "Runs may start later than the next one is due.");
  }
  if (missed.settleMs > missed.deadlineMs) warn("missed.settleMs", "What was missed is too old before it may run.");
  const permission = permissionsOf(allowed, zone).at(first.nominalAt);
  if (!permission.open && permission.opensAt === null) warn("allowed", "Windows and blackouts leave no time for it.");
  return problems;
}

/** @param exact the field is the one given, whatever the error names */
function attempt(
  field: string,
  read: () => unknown,
  tell: (field: string, message: string) => void,
  exact = false,
): void {
  try {
    read();
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    const named = thrown.details?.field;
    tell(!exact && typeof named === "string" ? named : field, thrown.message);
  }
}
