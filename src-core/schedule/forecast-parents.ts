/**
 * When what comes after others may go on, in a forecast: the rule of `job/dependencies.ts`, with ends that are predicted instead of
 * ends that are looked for. Nobody is expected to fail or to warn.
 */
import { agrees } from "../job/dependencies.ts";
import type { Dependency, Join, ParentOutcome } from "../model/dependency.ts";
import type { ScheduleFact } from "../model/schedule-fact.ts";
import { NEVER } from "./play-out.ts";
import { type LocalDay, localDay } from "./schedule-graph.ts";

/** How a run is expected to end. */
export interface ExpectedEnd {
  /** NEVER: it waits for ever. */
  readonly at: number;
  readonly outcome: ParentOutcome;
}

/** A run that an edge of today may look at. */
export interface ExpectedRun {
  readonly nominalAt: number;
  readonly madeAt: number;
  readonly startAt: number;
  readonly end: ExpectedEnd;
}

/** An edge with its parent's name. */
export interface NamedEdge {
  readonly dependency: Dependency;
  readonly name: string;
  /** What is mostly said of it, made once. */
  readonly agreed: ScheduleFact;
}

export interface ParentsExpected {
  /** `at` NEVER: it waits for ever. */
  readonly kind: "ready" | "skip";
  readonly at: number;
  /** Of the edges that decide when. */
  readonly facts: readonly ScheduleFact[];
}

export function namedEdge(dependency: Dependency, name: string): NamedEdge {
  return { dependency, name, agreed: { kind: "parent-agreed", parent: name, outcome: "succeeded" } };
}

/** When an edge is decided, and how. */
interface Settled {
  readonly at: number;
  readonly agrees: boolean;
  readonly fact: ScheduleFact;
}

/**
 * @param edges those that count
 * @param zone of the child, whose days are meant
 * @param firingEnd of a parent's run in the same firing
 * @param runsOf a parent's runs by nominal time, those earlier on the first day included
 */
export function parentsExpected(
  edges: readonly NamedEdge[],
  join: Join,
  run: { readonly nominalAt: number; readonly madeAt: number; readonly zone: string },
  firingEnd: (parentId: string) => ExpectedEnd,
  runsOf: (parentId: string) => readonly ExpectedRun[],
): ParentsExpected {
  let day: LocalDay | null = null;
  const settled = edges.map((edge): Settled => {
    const { parentId, run: which } = edge.dependency;
    if (which === "firing") return settledBy(edge, firingEnd(parentId), run.madeAt);
    day ??= localDay(run.nominalAt, run.zone);
    return settledBy(edge, endOfToday(runsOf(parentId), day, run.madeAt), run.madeAt, day);
  });
  const agreed = settled.filter((edge) => edge.agrees);
  const refused = settled.filter((edge) => !edge.agrees);
  const ready = join === "all" ? refused.length === 0 : agreed.length > 0;
  const deciding = ready ? agreed : refused;
  const times = deciding.map(({ at }) => at);
  // Of "all" the last to agree lets it go on, and the first to refuse does not; of "any" the other way round.
  const at = ready === (join === "all") ? Math.max(...times) : Math.min(...times);
  const facts = deciding.filter((edge) => edge.at === at).map(({ fact }) => fact);
  return { kind: ready ? "ready" : "skip", at, facts };
}

/** @param end null: the parent did not run on `day` */
function settledBy(
  { dependency, name, agreed }: NamedEdge,
  end: ExpectedEnd | null,
  madeAt: number,
  day: LocalDay | null = null,
): Settled {
  const { on, timeoutMs } = dependency;
  const at = Math.max(madeAt, end?.at ?? day?.endsAt ?? NEVER);
  if (timeoutMs !== null && at > madeAt + timeoutMs) {
    return { at: madeAt + timeoutMs, agrees: false, fact: { kind: "parent-timed-out", parent: name, timeoutMs } };
  }
  if (end === null)
    return { at, agrees: false, fact: { kind: "parent-not-today", parent: name, day: day?.text ?? "" } };
  const { outcome } = end;
  // One that never ends never refuses either.
  if (at === NEVER || agrees(on, outcome)) {
    const fact: ScheduleFact = outcome === "succeeded" ? agreed : { kind: "parent-agreed", parent: name, outcome };
    return { at, agrees: true, fact };
  }
  return { at, agrees: false, fact: { kind: "parent-refused", parent: name, outcome, on } };
}

/**
 * The end of the run that is the latest of a day when it ends: each that is made before that takes the place of the one before. Null:
 * none of that day has begun by its end.
 */
function endOfToday(runs: readonly ExpectedRun[], day: LocalDay, madeAt: number): ExpectedEnd | null {
  let latest: ExpectedRun | null = null;
  for (let index = firstFrom(runs, day.beginsAt); ; index++) {
    const next = runs[index];
    const isLast = next === undefined || next.nominalAt >= day.endsAt;
    if (latest !== null) {
      const endAt = Math.max(madeAt, latest.end.at);
      if (isLast || next.madeAt > endAt) return latest.startAt >= day.endsAt ? null : latest.end;
    }
    if (isLast) return null;
    latest = next;
  }
}

/** Index of the first run whose nominal time is `at` or later. */
function firstFrom(runs: readonly ExpectedRun[], at: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((runs[middle]?.nominalAt ?? at) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
