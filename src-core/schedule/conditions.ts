/** Whether the conditions of a schedule hold, each with what was found: looked at when it fires, never before. */
import { mebibytes, wholeMebibytes } from "../job/reason.ts";
import type { Condition, Reading } from "../model/condition.ts";
import type { ScheduleFact } from "../model/schedule-fact.ts";

export interface ConditionsVerdict {
  /** `skip` where one that does not hold says so, whatever the others say. */
  readonly kind: "met" | "wait" | "skip";
  /** One for each condition, in their order, whether it holds or not: the log shows what was found. */
  readonly facts: readonly Extract<ScheduleFact, { kind: "condition" }>[];
}

/** @param readings one for each condition */
export function conditionsVerdict(conditions: readonly Condition[], readings: readonly Reading[]): ConditionsVerdict {
  const facts = conditions.map((condition, index) => conditionFact(condition, readings[index] ?? null));
  const unmet = conditions.filter((_, index) => facts[index]?.met === false);
  const kind = unmet.length === 0 ? "met" : unmet.some(({ otherwise }) => otherwise === "skip") ? "skip" : "wait";
  return { kind, facts };
}

/**
 * What this machine cannot tell: one without a battery is on mains, and a link that nobody calls metered is not. Free space, a target
 * that may answer and the load can be measured anywhere: unknown, they do not hold.
 */
function conditionFact(condition: Condition, reading: Reading): Extract<ScheduleFact, { kind: "condition" }> {
  const fact = (name: string, met: boolean, found: string, needed: string) =>
    ({ kind: "condition", name, met, found: reading === null ? "unknown" : found, needed }) as const;
  const amount = typeof reading === "number" && Number.isFinite(reading) ? reading : null;
  switch (condition.kind) {
    case "free-space": {
      const needed = `${wholeMebibytes(condition.minBytes)} free in ${condition.path}`;
      return fact("free space", amount !== null && amount >= condition.minBytes, mebibytes(amount ?? 0), needed);
    }
    case "mains":
      return fact("power", reading !== false, reading === false ? "on battery" : "on mains", "on mains");
    case "battery":
      return fact(
        "battery",
        amount === null || amount >= condition.minPercent,
        `${amount} %`,
        `${condition.minPercent} %`,
      );
    case "unmetered":
      return fact("link", reading !== false, reading === false ? "metered" : "not metered", "not metered");
    case "reachable":
      return fact(condition.target, reading === true, reading === true ? "answers" : "does not answer", "answers");
    case "host-load": {
      const needed = `at most ${condition.maxPerCore} per core`;
      return fact("load", amount !== null && amount <= condition.maxPerCore, `${amount?.toFixed(2)} per core`, needed);
    }
  }
}
