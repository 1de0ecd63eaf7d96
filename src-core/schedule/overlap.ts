/** What a run does that is due while an earlier one of its schedule runs or waits. Runs started by hand do not count, and are not held. */
import type { OverlapPolicy } from "../model/schedule.ts";
import type { ScheduleFact } from "../model/schedule-fact.ts";

/** A run of the same schedule that has not ended. */
export interface ActiveRun {
  readonly id: string;
  /** It waits for its turn after an earlier run, a window, a slot. */
  readonly waits: boolean;
}

export type OverlapDecision =
  | { readonly kind: "start" }
  /** Its turn comes when the earlier ones have ended. */
  | { readonly kind: "buffer"; readonly fact: ScheduleFact }
  | { readonly kind: "skip"; readonly fact: ScheduleFact }
  /** It starts when these have been canceled. */
  | { readonly kind: "cancel"; readonly ids: readonly string[]; readonly fact: ScheduleFact };

/** @param active in the order they came */
export function overlapDecision(policy: OverlapPolicy, active: readonly ActiveRun[]): OverlapDecision {
  const first = active[0];
  if (first === undefined || policy === "allow") return { kind: "start" };
  const fact = (other: string): ScheduleFact => ({ kind: "overlap", policy, other });
  switch (policy) {
    case "skip":
      return { kind: "skip", fact: fact(first.id) };
    case "buffer-all":
      return { kind: "buffer", fact: fact(first.id) };
    case "buffer-one": {
      const waiting = active.find((run) => run.waits);
      return waiting === undefined
        ? { kind: "buffer", fact: fact(first.id) }
        : { kind: "skip", fact: fact(waiting.id) };
    }
    case "cancel-other":
      return { kind: "cancel", ids: active.map((run) => run.id), fact: fact(first.id) };
  }
}
