/**
 * The runs to come of many schedules: those of the clock, and those that come after them in their firings or on their days. Schedules
 * are played out one after the other, parents first, so that each finds the ends of what it comes after.
 */
import { parentsFirst } from "../job/topology.ts";
import { AppError } from "../model/error.ts";
import type { Pause, Schedule } from "../model/schedule.ts";
import { type CompiledSchedule, clockOf, compileSchedule, type ForecastRun, startFrom } from "./forecast.ts";
import {
  type ExpectedEnd,
  type ExpectedRun,
  type NamedEdge,
  namedEdge,
  type ParentsExpected,
  parentsExpected,
} from "./forecast-parents.ts";
import { DAY_MS, fromIso, LAST_INSTANT } from "./instant.ts";
import { jitterBy } from "./jitter.ts";
import { type PauseNow, pauseNow } from "./pause.ts";
import { clockDues, type Due, NEVER, type PlayedOut, playOut } from "./play-out.ts";
import { edgesThatCount } from "./schedule-graph.ts";
import type { Predicted } from "./window-end.ts";

/** What a forecast is made from beside the schedules. */
export interface ForecastGround {
  /** How long runs take, by the schedule; one that is not in it takes no time. */
  readonly predicted: Readonly<Record<string, Predicted>>;
  /** That of all schedules. */
  readonly pause: Pause | null;
}

type Range = readonly [fromAt: number, toAt: number];

/** Runs that are looked at. */
const MOST_RUNS = 500_000;
/** The day that began before the forecast, wherever its zone is, and the one before, on which runs of that day may hang. */
const LOOK_BACK_MS = 3 * DAY_MS;

/**
 * The runs of these schedules by the nominal times of their firings in [fromAt, toAt): none while they are switched off or paused. Every
 * run is taken to succeed, and those earlier on the first day, which edges of today look at, to have done so.
 * @param schedules with all that they come after
 * @throws AppError request.invalid where they are more than anybody could look at
 */
export function runsOf(
  schedules: readonly Schedule[],
  ground: ForecastGround,
  range: Range,
  now: number,
): ForecastRun[] {
  const ordered = inOrder(schedules);
  const days = new Map<string, ExpectedRun[]>(parentsOfDays(schedules).map((id) => [id, []]));
  if (days.size > 0) {
    const [fromAt] = range;
    const before = withAncestors(schedules, days.keys());
    const earlier = new Map<string, ExpectedRun[]>([...days.keys()].map((id) => [id, []]));
    const walk = new Walk(schedules, ground, now, earlier, true);
    for (const schedule of inOrder(before)) walk.play(schedule, [fromAt - LOOK_BACK_MS, fromAt]);
    for (const [id, runs] of earlier) days.set(id, runs);
  }
  const walk = new Walk(schedules, ground, now, days, false);
  for (const schedule of ordered) walk.play(schedule, range);
  return walk.runs;
}

/** Ids of these schedules, and of all that those come after which have a run in their firings or are looked at by the day. */
export function withAncestors(schedules: readonly Schedule[], ids: Iterable<string>): Schedule[] {
  const byId = new Map(schedules.map((schedule) => [schedule.id, schedule]));
  const taken = new Set(ids);
  for (const id of taken) {
    const schedule = byId.get(id);
    if (schedule !== undefined) for (const { parentId } of edgesThatCount(schedule)) taken.add(parentId);
  }
  return schedules.filter(({ id }) => taken.has(id));
}

/** Ids of these schedules, and of all that come after them. */
export function withDescendants(schedules: readonly Schedule[], ids: Iterable<string>): Set<string> {
  const children = new Map<string, string[]>();
  for (const schedule of schedules) {
    for (const { parentId } of edgesThatCount(schedule)) {
      const list = children.get(parentId);
      if (list === undefined) children.set(parentId, [schedule.id]);
      else list.push(schedule.id);
    }
  }
  const taken = new Set(ids);
  for (const id of taken) for (const child of children.get(id) ?? []) taken.add(child);
  return taken;
}

function inOrder(schedules: readonly Schedule[]): Schedule[] {
  const nodes = schedules.map((schedule) => ({
    id: schedule.id,
    dependsOn: edgesThatCount(schedule).map(({ parentId }) => parentId),
    schedule,
  }));
  return parentsFirst(nodes).map(({ schedule }) => schedule);
}

function parentsOfDays(schedules: readonly Schedule[]): string[] {
  const ids = schedules.flatMap(({ enabled, dependencies }) =>
    enabled ? dependencies.filter(({ run }) => run === "today").map(({ parentId }) => parentId) : [],
  );
  return [...new Set(ids)];
}

/** One time of a schedule of the clock, with what it takes with it. */
interface Firing {
  readonly rootId: string;
  readonly nominalAt: number;
  readonly madeAt: number;
  /** By the schedule. */
  readonly ends: Map<string, ExpectedEnd>;
}

class Walk {
  readonly runs: ForecastRun[] = [];
  readonly #ground: ForecastGround;
  readonly #now: number;
  readonly #names: ReadonlyMap<string, string>;
  /** Those that others come after in a firing. */
  readonly #parents: ReadonlySet<string>;
  /** The firings that a schedule has a run in. */
  readonly #firings = new Map<string, Firing[]>();
  /** Runs of those that edges of today look at, by nominal time; the walk adds its own. */
  readonly #days: ReadonlyMap<string, ExpectedRun[]>;
  /** What is walked through is over: pauses and schedules that were not there yet kept runs away. */
  readonly #past: boolean;

  constructor(
    schedules: readonly Schedule[],
    ground: ForecastGround,
    now: number,
    days: ReadonlyMap<string, ExpectedRun[]>,
    past: boolean,
  ) {
    this.#ground = ground;
    this.#now = now;
    this.#days = days;
    this.#past = past;
    this.#names = new Map(schedules.map(({ id, name }) => [id, name]));
    this.#parents = new Set(
      schedules.flatMap(({ enabled, when, dependencies }) =>
        enabled && when.kind === "after"
          ? dependencies.filter(({ run }) => run === "firing").map(({ parentId }) => parentId)
          : [],
      ),
    );
  }

  /** What it comes after has been played before. */
  play(schedule: Schedule, range: Range): void {
    if (!schedule.enabled) return;
    const compiled = compileSchedule(schedule);
    const edges = edgesThatCount(schedule).map((edge) =>
      namedEdge(edge, this.#names.get(edge.parentId) ?? edge.parentId),
    );
    const predicted = this.#ground.predicted[schedule.id] ?? null;
    if (schedule.when.kind === "after") {
      const firings = this.#firingsOf(schedule, edges);
      this.#limit(firings.length);
      const dues = firings.map((firing) => this.#childDue(compiled, schedule, edges, firing));
      this.#keep(schedule, dues, firings, playOut(compiled, dues, predicted));
      return;
    }
    const dues = this.#clockDues(compiled, schedule, edges, range);
    if (dues === null) return;
    if (!this.#isLookedAt(schedule.id) && !this.#past) {
      const { runs } = playOut(compiled, dues, predicted);
      for (const run of runs) this.#tell(run);
      this.#limit(0);
      return;
    }
    const listed = [...dues];
    const firings = listed.map(({ nominalAt, madeAt }): Firing => {
      return { rootId: schedule.id, nominalAt, madeAt, ends: new Map() };
    });
    this.#keep(schedule, listed, firings, playOut(compiled, listed, predicted));
    this.#limit(0);
  }

  #isLookedAt(id: string): boolean {
    return this.#parents.has(id) || this.#days.has(id);
  }

  /** Null: none, since it is paused. */
  #clockDues(
    compiled: CompiledSchedule,
    schedule: Schedule,
    edges: readonly NamedEdge[],
    [fromAt, toAt]: Range,
  ): Iterable<Due> | null {
    const from = (at: number) =>
      edges.length === 0 ? clockDues(compiled, at, toAt) : this.#heldDues(compiled, schedule, edges, [at, toAt]);
    if (this.#past) {
      const both = [schedule.pause, this.#ground.pause];
      const made = [...from(Math.max(fromAt, fromIso(schedule.createdAt)))];
      return made.filter(({ nominalAt }) => !both.some((pause) => isIn(pause, nominalAt)));
    }
    const pauses = this.#pausesOf(schedule, this.#ground.pause);
    if (pauses.some(({ untilAt }) => untilAt === null)) return null;
    const begin = Math.max(fromAt, ...pauses.map(({ untilAt }) => untilAt ?? fromAt));
    return begin >= toAt ? null : from(begin);
  }

  /** Those of the clock that wait for others' runs of the same day. */
  *#heldDues(
    compiled: CompiledSchedule,
    schedule: Schedule,
    edges: readonly NamedEdge[],
    [fromAt, toAt]: Range,
  ): Generator<Due> {
    const { plan } = compiled;
    for (let next = plan.next(fromAt - 1); next !== null && next.nominalAt < toAt; next = plan.next(next.nominalAt)) {
      const { dueAt: madeAt, facts } = clockOf(compiled, next);
      const firing = { rootId: schedule.id, nominalAt: next.nominalAt, madeAt, ends: new Map() };
      const expected = this.#expected(schedule, edges, firing);
      yield held(compiled, firing, expected, facts, 0, null);
    }
  }

  #childDue(compiled: CompiledSchedule, schedule: Schedule, edges: readonly NamedEdge[], firing: Firing): Due {
    const counting = edges.filter(({ dependency: { run, parentId } }) => run === "today" || firing.ends.has(parentId));
    const expected = this.#expected(schedule, counting, firing);
    // What comes after others has its share of chance from when they have ended.
    const jitterMs = jitterBy(schedule.id, schedule.jitterMs)(firing.nominalAt);
    const [pause = null] = this.#past ? [] : this.#pausesOf(schedule);
    return held(compiled, firing, expected, [], jitterMs, pause);
  }

  #expected(schedule: Schedule, edges: readonly NamedEdge[], firing: Firing): ParentsExpected {
    const run = { nominalAt: firing.nominalAt, madeAt: firing.madeAt, zone: schedule.zone };
    const endOf = (parentId: string) => firing.ends.get(parentId) ?? WAITS_FOR_EVER;
    return parentsExpected(edges, schedule.join, run, endOf, (parentId) => this.#days.get(parentId) ?? []);
  }

  #pausesOf(schedule: Schedule, ofAll: Pause | null = null): PauseNow[] {
    return [pauseNow(schedule.pause, this.#now), pauseNow(ofAll, this.#now)].filter((paused) => paused !== null);
  }

  /** Those in which something that it comes after has a run, in the order in which they are made. */
  #firingsOf(schedule: Schedule, edges: readonly NamedEdge[]): Firing[] {
    const ids = edges.flatMap(({ dependency: { run, parentId } }) => (run === "firing" ? [parentId] : []));
    const [only] = ids;
    const some = ids.length === 1 && only !== undefined ? (this.#firings.get(only) ?? []) : this.#together(ids);
    if (!this.#past) return some;
    const createdAt = fromIso(schedule.createdAt);
    return some.filter(({ nominalAt }) => nominalAt >= createdAt);
  }

  #together(ids: readonly string[]): Firing[] {
    const all = new Set<Firing>();
    for (const id of ids) for (const firing of this.#firings.get(id) ?? []) all.add(firing);
    return [...all].sort((a, b) => a.madeAt - b.madeAt);
  }

  /** Tells the runs, and how they end to those that come after. */
  #keep(schedule: Schedule, dues: readonly Due[], firings: readonly Firing[], { runs, canceledAt }: PlayedOut): void {
    const { id } = schedule;
    const day = this.#days.get(id);
    const isParent = this.#parents.has(id);
    if (isParent) this.#firings.set(id, firings.slice(0, runs.length));
    for (const [index, run] of runs.entries()) {
      const end = endOf(run, canceledAt.get(index) ?? null);
      if (isParent) firings[index]?.ends.set(id, end);
      const { nominalAt, startAt } = run;
      day?.push({ nominalAt, madeAt: dues[index]?.madeAt ?? startAt, startAt, end });
      if (startAt !== NEVER) this.#tell(run);
    }
    day?.sort((a, b) => a.nominalAt - b.nominalAt);
  }

  #tell(run: ForecastRun): void {
    this.runs.push(run);
  }

  /** @param more that are about to be looked at */
  #limit(more: number): void {
    if (this.runs.length + more <= MOST_RUNS) return;
    throw new AppError(
      "request.invalid",
      `days: more than ${MOST_RUNS.toLocaleString("en")} runs fall into that time.`,
      {
        hint: "Ask for fewer days or fewer schedules.",
        details: { field: "days" },
      },
    );
  }
}

const WAITS_FOR_EVER: ExpectedEnd = { at: NEVER, outcome: "succeeded" };

/** A run whose parents are expected to let it go on then, with its share of chance, its hours and its pause. */
function held(
  compiled: CompiledSchedule,
  { rootId, nominalAt, madeAt }: Firing,
  { kind, at, facts: found }: ParentsExpected,
  before: Due["start"]["facts"],
  jitterMs: number,
  pause: PauseNow | null,
): Due {
  const due = { rootId, nominalAt, madeAt, jitterMs };
  const facts = before.length === 0 ? found : [...before, ...found];
  if (kind === "skip") return { ...due, start: { dueAt: at, at, skipped: true, facts } };
  const never: Due = { ...due, start: { dueAt: NEVER, at: NEVER, skipped: false, facts } };
  if (at + jitterMs >= LAST_INSTANT) return never;
  const chance = jitterMs === 0 ? facts : [...facts, { kind: "jitter" as const, ms: jitterMs }];
  const start = { ...startFrom(compiled, at + jitterMs, chance), dueAt: at };
  if (pause === null || start.skipped) return { ...due, start };
  const { untilAt, fact } = pause;
  if (untilAt === null) return never;
  if (untilAt <= start.at) return { ...due, start };
  const permission = compiled.permissions.at(untilAt);
  const resumedAt = permission.open ? untilAt : permission.opensAt;
  if (resumedAt === null) return never;
  return { ...due, start: { ...start, at: resumedAt, facts: [...start.facts, fact] } };
}

function endOf(run: ForecastRun, canceledAt: number | null): ExpectedEnd {
  if (canceledAt !== null) return { at: canceledAt, outcome: "canceled" };
  if (run.skipped) return { at: run.startAt, outcome: "skipped" };
  return { at: run.endAt ?? run.startAt, outcome: "succeeded" };
}

function isIn(pause: Pause | null, at: number): boolean {
  if (pause === null || at < fromIso(pause.sinceAt)) return false;
  return pause.untilAt === null || at < fromIso(pause.untilAt);
}
