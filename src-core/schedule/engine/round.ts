/**
 * The engine's round (docs/schedules.md): keeps the picture of schedules and runs, and says what is to be done now and when to ask
 * again. Reads no clock and does nothing itself: it is told what became of what it decided by the next change of the picture.
 */
import type { Pause, Schedule } from "../../model/schedule.ts";
import { scheduledRunEnded } from "../../model/scheduled-state.ts";
import { type CompiledSchedule, compileSchedule, startOf } from "../forecast.ts";
import { DAY_MS } from "../instant.ts";
import { awakeSince, pauseNow } from "../pause.ts";
import { firingSet } from "../schedule-graph.ts";
import { type Permissions, permissionsOf } from "../windows.ts";
import type { Decision } from "./decision.ts";
import { fire } from "./fire.ts";
import type { Around } from "./look.ts";
import type { PictureChange, PlannedSchedule, RunPicture } from "./picture.ts";
import { lookAtWaiting } from "./waiting.ts";
import { lookAtWorking } from "./working.ts";

/** When a schedule is due next, and when that run may start. */
export interface Coming {
  readonly nominalAt: number;
  readonly startAt: number;
}

export interface RoundAnswer {
  readonly decisions: readonly Decision[];
  /** When to ask again where nothing changes before; null: then only. */
  readonly nextAt: number | null;
  /** Schedules whose next time is another one than it was. */
  readonly coming: readonly (readonly [scheduleId: string, next: Coming | null])[];
}

export interface Engine {
  take(change: PictureChange, now: number): void;
  /** Firing has been possible without a break only since then: the program started, the machine woke up, its clock was set. */
  awake(sinceAt: number): void;
  round(now: number): RoundAnswer;
  /** All, by no order. */
  schedules(): Schedule[];
}

interface Entry {
  planned: PlannedSchedule;
  readonly compiled: CompiledSchedule;
  /** Not asked before. */
  lookAt: number;
  /** When its pause was ended by hand. */
  resumedAt: number;
  coming: Coming | null;
  /** The mark at which it was told that the clock was set back, lest it be told with each question. */
  toldSetBack: number | null;
}

const NOW = Number.NEGATIVE_INFINITY;
const NEVER = Number.POSITIVE_INFINITY;

export function createEngine(startedAt: number): Engine {
  const entries = new Map<string, Entry>();
  const runs = new Map<string, RunPicture>();
  const permissions = new Map<string, Permissions>();
  let children: ReadonlyMap<string, readonly Schedule[]> | null = null;
  let pauseOfAll: Pause | null = null;
  let awakeSinceAt = startedAt;
  let removed: string[] = [];

  const askAll = () => {
    for (const entry of entries.values()) entry.lookAt = NOW;
  };

  const put = (planned: PlannedSchedule, now: number) => {
    const { id } = planned.schedule;
    const before = entries.get(id);
    const wasPaused = before !== undefined && pauseNow(before.planned.schedule.pause, now) !== null;
    const isPaused = pauseNow(planned.schedule.pause, now) !== null;
    entries.set(id, {
      planned,
      compiled: compileSchedule(planned.schedule),
      lookAt: NOW,
      resumedAt: wasPaused && !isPaused ? now : (before?.resumedAt ?? NOW),
      coming: before?.coming ?? null,
      toldSetBack: before?.toldSetBack ?? null,
    });
    children = null;
  };

  const childrenOf = (rootId: string): string[] => {
    children ??= childrenByParent([...entries.values()].map(({ planned }) => planned.schedule));
    const reached = reachable(rootId, children);
    const root = entries.get(rootId)?.planned.schedule;
    return reached.length === 0 || root === undefined ? [] : firingSet(rootId, [root, ...reached]);
  };

  const fireAll = (now: number, decisions: Decision[]): number => {
    let nextAt = NEVER;
    const paused = pauseNow(pauseOfAll, now);
    for (const entry of entries.values()) {
      const { schedule } = entry.planned;
      if (!schedule.enabled || schedule.when.kind === "after") continue;
      if (entry.lookAt <= now) {
        const own = paused ?? pauseNow(schedule.pause, now);
        if (own !== null) entry.lookAt = own.untilAt ?? NEVER;
        else {
          const sinceAt = Math.max(
            awakeSince(awakeSinceAt, pauseOfAll, now),
            awakeSince(entry.resumedAt, schedule.pause, now),
          );
          const { decision, nextAt: askAt } = fire(entry.planned, entry.compiled, childrenOf, sinceAt, now);
          const told = decision !== null && decision.from === decision.to && entry.toldSetBack === decision.from;
          if (decision === null || told) entry.lookAt = askAt ?? NEVER;
          else {
            if (decision.from === decision.to) entry.toldSetBack = decision.from;
            decisions.push(decision);
            // Asked again with the mark that the picture has after it.
            entry.lookAt = NOW;
          }
        }
      }
      nextAt = Math.min(nextAt, entry.lookAt);
    }
    return nextAt;
  };

  const lookAtRuns = (now: number, decisions: Decision[]): number => {
    let nextAt = NEVER;
    const starting = new Set<string>();
    const around = aroundNow(now, starting);
    for (const run of [...runs.values()].sort((a, b) => a.seq - b.seq)) {
      if (scheduledRunEnded(run.state)) continue;
      const look = run.state === "waiting" ? lookAtWaiting(run, around) : lookAtWorking(run, around);
      decisions.push(...look.decisions);
      if (look.decisions.some(({ kind }) => kind === "start")) starting.add(run.id);
      if (look.nextAt !== null) nextAt = Math.min(nextAt, look.nextAt);
    }
    return nextAt;
  };

  const aroundNow = (now: number, starting: ReadonlySet<string>): Around => {
    const byFiring = Map.groupBy(runs.values(), (run) => run.firingId);
    const bySchedule = Map.groupBy(runs.values(), (run) => run.scheduleId);
    return {
      now,
      pause: pauseOfAll,
      scheduleOf: (id) => entries.get(id)?.planned.schedule,
      predictedOf: (id) => entries.get(id)?.planned.predicted ?? null,
      runsOfFiring: (id) => byFiring.get(id) ?? [],
      runsOfSchedule: (id) => bySchedule.get(id) ?? [],
      starts: (run) => run.busy || starting.has(run.id),
      permissionsOf(run) {
        let found = permissions.get(run.id);
        if (found === undefined) {
          found = permissionsOf(run.definition.allowed, run.definition.zone);
          permissions.set(run.id, found);
        }
        return found;
      },
    };
  };

  /** Ended runs that nobody who waits looks at any more. */
  const forget = () => {
    const open = [...runs.values()].filter(({ state }) => !scheduledRunEnded(state));
    const firings = new Set(open.map(({ firingId }) => firingId));
    const today = new Set(
      open.flatMap(({ definition }) =>
        definition.dependencies.flatMap(({ run, parentId }) => (run === "today" ? [parentId] : [])),
      ),
    );
    for (const run of runs.values()) {
      if (!scheduledRunEnded(run.state)) continue;
      permissions.delete(run.id);
      if (!firings.has(run.firingId) && !today.has(run.scheduleId)) runs.delete(run.id);
    }
  };

  const comingChanges = (now: number): [string, Coming | null][] => {
    const changes: [string, Coming | null][] = removed.map((id) => [id, null]);
    removed = [];
    for (const [id, entry] of entries) {
      // Its next time is another one only once that has been asked for.
      const next = entry.coming !== null && entry.coming.nominalAt > now && entry.lookAt > now ? entry.coming : null;
      const coming = next ?? comingOf(entry, pauseOfAll, now);
      if (coming?.nominalAt === entry.coming?.nominalAt && coming?.startAt === entry.coming?.startAt) continue;
      entry.coming = coming;
      changes.push([id, coming]);
    }
    return changes;
  };

  return {
    take(change, now) {
      if (change.whole === true) {
        removed.push(...entries.keys());
        entries.clear();
        runs.clear();
        permissions.clear();
      }
      if (change.pause !== undefined) {
        const wasPaused = pauseNow(pauseOfAll, now) !== null;
        pauseOfAll = change.pause;
        if (wasPaused && pauseNow(pauseOfAll, now) === null) awakeSinceAt = Math.max(awakeSinceAt, now);
        askAll();
        for (const entry of entries.values()) entry.coming = null;
      }
      for (const id of change.removedSchedules ?? []) {
        if (!entries.delete(id)) continue;
        removed.push(id);
        children = null;
      }
      for (const planned of change.schedules ?? []) put(planned, now);
      for (const [id, handledAt] of change.handled ?? []) {
        const entry = entries.get(id);
        if (entry === undefined) continue;
        entry.planned = { ...entry.planned, handledAt };
        entry.lookAt = NOW;
      }
      for (const [id, predicted] of change.predicted ?? []) {
        const entry = entries.get(id);
        if (entry !== undefined) entry.planned = { ...entry.planned, predicted };
      }
      for (const run of change.runs ?? []) runs.set(run.id, run);
      if (change.runs !== undefined) forget();
    },
    awake(sinceAt) {
      awakeSinceAt = sinceAt;
      askAll();
    },
    round(now) {
      const decisions: Decision[] = [];
      const nextAt = Math.min(fireAll(now, decisions), lookAtRuns(now, decisions));
      return { decisions, nextAt: nextAt === NEVER ? null : nextAt, coming: comingChanges(now) };
    },
    schedules: () => [...entries.values()].map(({ planned }) => planned.schedule),
  };
}

/** Null where it never is by the clock, is disabled, or paused for good. */
function comingOf({ planned, compiled }: Entry, pauseOfAll: Pause | null, now: number): Coming | null {
  const { schedule, handledAt } = planned;
  if (!schedule.enabled) return null;
  let from = handledAt > now + 2 * DAY_MS ? now : handledAt;
  for (const pause of [pauseOfAll, schedule.pause]) {
    const paused = pauseNow(pause, now);
    if (paused !== null && paused.untilAt === null) return null;
    if (paused?.untilAt != null) from = Math.max(from, paused.untilAt);
  }
  const { jitterOf, plan } = compiled;
  // What is behind is not to come, however it is made up for; jitter may still hold back what is.
  let next = plan.next(Math.max(from, now - schedule.jitterMs - 1));
  while (next !== null && next.nominalAt + jitterOf(next.nominalAt) <= now) next = plan.next(next.nominalAt);
  return next && { nominalAt: next.nominalAt, startAt: startOf(compiled, next).at };
}

/** Schedules without a time of their own, by what they come after in a firing. What is disabled is not part of the graph. */
function childrenByParent(schedules: readonly Schedule[]): Map<string, Schedule[]> {
  const children = new Map<string, Schedule[]>();
  for (const schedule of schedules) {
    if (!schedule.enabled || schedule.when.kind !== "after") continue;
    for (const { parentId, run } of schedule.dependencies) {
      if (run !== "firing") continue;
      const list = children.get(parentId);
      if (list === undefined) children.set(parentId, [schedule]);
      else list.push(schedule);
    }
  }
  return children;
}

function reachable(rootId: string, children: ReadonlyMap<string, readonly Schedule[]>): Schedule[] {
  const reached = new Map<string, Schedule>();
  const open = [rootId];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const child of children.get(id) ?? []) {
      if (reached.has(child.id)) continue;
      reached.set(child.id, child);
      open.push(child.id);
    }
  }
  return [...reached.values()];
}
