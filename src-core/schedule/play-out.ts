/** The runs of one schedule, one after the other as they are made: what each does to the next by the overlap policy. */
import type { ScheduleFact } from "../model/schedule-fact.ts";
import { type CompiledSchedule, type ForecastRun, type Start, startOf } from "./forecast.ts";
import { LAST_INSTANT, toIso } from "./instant.ts";
import { overlapDecision } from "./overlap.ts";
import { fitFact, type Predicted } from "./window-end.ts";

/** Runs that nobody will look through: a schedule of every minute has so many in 90 days. */
const MOST_RUNS = 200_000;

/** What waits for something that does not come in any time that can be told. */
export const NEVER = Number.POSITIVE_INFINITY;

/** A run as it is made, with when it could start if no other run of its schedule were there. */
export interface Due {
  readonly rootId: string;
  readonly nominalAt: number;
  readonly madeAt: number;
  /** Its share of chance where that is counted from when its turn comes; 0 where `start` is all. */
  readonly jitterMs: number;
  /** `dueAt`: when overlap is decided, NEVER where that does not come. */
  readonly start: Start;
}

export interface PlayedOut {
  /** One for each that was due, in their order; of one that waits for ever `startAt` is NEVER. */
  readonly runs: ForecastRun[];
  /** By their index: when a later run took their place. */
  readonly canceledAt: ReadonlyMap<number, number>;
}

interface Active {
  readonly index: number;
  readonly nominalAt: number;
  readonly startAt: number;
  readonly endAt: number;
}

const NO_FACTS: readonly ScheduleFact[] = [];

/**
 * All runs of one schedule whose nominal time is in [fromAt, toAt), each taking what it is predicted to, by its overlap policy.
 * What other schedules do to it is told by `collisions`, and by `runsOf` where it comes after them.
 */
export function simulate(
  compiled: CompiledSchedule,
  fromAt: number,
  toAt: number,
  predicted: Predicted | null,
): ForecastRun[] {
  return playOut(compiled, clockDues(compiled, fromAt, toAt), predicted).runs;
}

/** The runs that a schedule's own times make, by their nominal times in [fromAt, toAt). */
export function* clockDues(compiled: CompiledSchedule, fromAt: number, toAt: number): Generator<Due> {
  const { plan, schedule } = compiled;
  for (let next = plan.next(fromAt - 1); next !== null && next.nominalAt < toAt; next = plan.next(next.nominalAt)) {
    const start = startOf(compiled, next);
    yield { rootId: schedule.id, nominalAt: next.nominalAt, madeAt: start.dueAt, jitterMs: 0, start };
  }
}

/** @param dues in the order in which they are made; at most MOST_RUNS are looked at */
export function playOut(
  { schedule, permissions }: CompiledSchedule,
  dues: Iterable<Due>,
  predicted: Predicted | null,
): PlayedOut {
  const takesMs = predicted?.highMs ?? 0;
  const runs: ForecastRun[] = [];
  const canceledAt = new Map<number, number>();
  /** Runs that have not ended, oldest first. */
  let active: Active[] = [];
  for (const { rootId, nominalAt, madeAt, jitterMs, start } of dues) {
    if (runs.length >= MOST_RUNS) break;
    const index = runs.length;
    const push = (startAt: number, endAt: number | null, facts: readonly ScheduleFact[]) =>
      runs.push({ scheduleId: schedule.id, rootId, nominalAt, startAt, endAt, skipped: endAt === null, facts });
    // Overlap is decided when a run is due, not when a window lets it start: one that waits counts as not ended.
    const { dueAt } = start;
    if (start.skipped) {
      push(start.at, null, start.facts);
      if (start.at > madeAt) active.push({ index, nominalAt, startAt: start.at, endAt: start.at });
      continue;
    }
    if (active.length > 0) active = active.filter((run) => run.endAt > madeAt);
    const others = dueAt > madeAt ? active.filter((run) => run.endAt > dueAt) : active;
    const decision =
      others.length === 0 || dueAt === NEVER
        ? ({ kind: "start" } as const)
        : overlapDecision(
            schedule.overlap,
            others.map((run) => ({ id: toIso(run.nominalAt), waits: run.startAt > dueAt })),
          );
    if (decision.kind === "skip") {
      push(dueAt, null, [decision.fact]);
      if (dueAt > madeAt) active.push({ index, nominalAt, startAt: dueAt, endAt: dueAt });
      continue;
    }
    let startAt = start.at;
    let facts = start.facts;
    if (decision.kind === "buffer") {
      const freeAt = Math.max(...others.map((run) => run.endAt)) + jitterMs;
      startAt = Math.max(freeAt, startAt);
      if (startAt < LAST_INSTANT) {
        // Its turn may come when the window has closed again.
        const permission = permissions.at(startAt);
        startAt = permission.open ? startAt : (permission.opensAt ?? startAt);
      } else startAt = NEVER;
    }
    if (startAt === NEVER) {
      push(NEVER, NEVER, NO_FACTS);
      active.push({ index, nominalAt, startAt: NEVER, endAt: NEVER });
      continue;
    }
    if (decision.kind !== "start") facts = [...facts, decision.fact];
    if (decision.kind === "cancel") {
      for (const run of others) cancel(runs, canceledAt, run.index, dueAt);
      const gone = new Set(others);
      active = active.filter((run) => !gone.has(run));
    }
    const fit = takesMs === 0 ? null : fitFact(permissions, predicted, startAt);
    if (fit !== null) facts = [...facts, fit];
    push(startAt, startAt + takesMs, facts);
    active.push({ index, nominalAt, startAt, endAt: startAt + takesMs });
  }
  return { runs, canceledAt };
}

/** One that has not ended ends now, and one that has not begun never does. */
function cancel(runs: ForecastRun[], canceledAt: Map<number, number>, index: number, at: number): void {
  const run = runs[index];
  if (run === undefined) return;
  const begun = run.startAt < at;
  runs[index] = {
    ...run,
    startAt: run.startAt === NEVER ? at : run.startAt,
    endAt: begun ? at : null,
    skipped: !begun,
  };
  canceledAt.set(index, at);
}
