/** Whether work may start as far as what it comes after is concerned, and why not. */
import type { Dependency, EdgeCondition, Join, ParentOutcome } from "../model/dependency.ts";
import type { ScheduleFact } from "../model/schedule-fact.ts";

/** What is known of a parent's run; `outcome` null: not begun or not ended. */
export interface ParentRun {
  /** The parent schedule's name. */
  readonly name: string;
  readonly outcome: ParentOutcome | null;
  /** For `run: "today"`: the end of that day, and the day in words; a parent that has not begun by then did not run that day. */
  readonly day?: { readonly endsAt: number; readonly text: string; readonly begun: boolean } | undefined;
}

export interface DependencyVerdict {
  readonly kind: "ready" | "wait" | "skip";
  /** When a timeout or the end of a day may change it; null: only a parent's end does. */
  readonly lookAgainAt: number | null;
  readonly facts: readonly ScheduleFact[];
}

/** An edge alone. */
type EdgeVerdict =
  | { readonly kind: "agreed" | "refused"; readonly fact: ScheduleFact }
  | { readonly kind: "open"; readonly untilAt: number | null; readonly fact: ScheduleFact };

/**
 * @param parentOf the run that an edge looks at
 * @param sinceAt since when the work has waited for its parents: timeouts run from then
 */
export function dependencyVerdict(
  dependencies: readonly Dependency[],
  join: Join,
  parentOf: (dependency: Dependency) => ParentRun,
  sinceAt: number,
  now: number,
): DependencyVerdict {
  const edges = dependencies.map((dependency) => edgeVerdict(dependency, parentOf(dependency), sinceAt, now));
  const agreed = edges.filter((edge) => edge.kind === "agreed");
  const refused = edges.filter((edge) => edge.kind === "refused");
  const open = edges.filter((edge) => edge.kind === "open");
  const facts = (of: readonly EdgeVerdict[]) => of.map((edge) => edge.fact);
  const ready = join === "all" ? agreed.length === edges.length : agreed.length > 0 || edges.length === 0;
  if (ready) return { kind: "ready", lookAgainAt: null, facts: facts(agreed) };
  const lost = join === "all" ? refused.length > 0 : open.length === 0;
  if (lost) return { kind: "skip", lookAgainAt: null, facts: facts(refused) };
  const ends = open.flatMap(({ untilAt }) => untilAt ?? []);
  return { kind: "wait", lookAgainAt: ends.length === 0 ? null : Math.min(...ends), facts: facts(open) };
}

function edgeVerdict({ on, timeoutMs }: Dependency, parent: ParentRun, sinceAt: number, now: number): EdgeVerdict {
  const { name, outcome, day } = parent;
  if (outcome !== null) {
    return agrees(on, outcome)
      ? { kind: "agreed", fact: { kind: "parent-agreed", parent: name, outcome } }
      : { kind: "refused", fact: { kind: "parent-refused", parent: name, outcome, on } };
  }
  if (timeoutMs !== null && now >= sinceAt + timeoutMs) {
    return { kind: "refused", fact: { kind: "parent-timed-out", parent: name, timeoutMs } };
  }
  const dayEndsAt = day !== undefined && !day.begun ? day.endsAt : null;
  if (day !== undefined && dayEndsAt !== null && now >= dayEndsAt) {
    return { kind: "refused", fact: { kind: "parent-not-today", parent: name, day: day.text } };
  }
  const ends = [timeoutMs === null ? null : sinceAt + timeoutMs, dayEndsAt].filter((end) => end !== null);
  const untilAt = ends.length === 0 ? null : Math.min(...ends);
  const until = untilAt === null ? null : new Date(untilAt).toISOString();
  return { kind: "open", untilAt, fact: { kind: "waits-for-parent", parent: name, untilAt: until } };
}

/** A parent that was skipped did nothing to come after, whatever the edge asks: skipping goes on down the graph. */
export function agrees(on: EdgeCondition, outcome: ParentOutcome): boolean {
  switch (on) {
    case "success":
      return outcome === "succeeded" || outcome === "warned";
    case "warning":
      return outcome === "warned";
    case "failure":
      return outcome === "failed";
    case "either":
      return outcome !== "skipped";
  }
}
