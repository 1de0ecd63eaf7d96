/**
 * How long do the rules of schedules take? A mixed lot, as a large site might have: cron, calendars and intervals in a dozen zones, with
 * windows and blackouts on half of them. Three questions, each with a limit: the next run of 10,000 schedules, 90 days of 1,000, and 90 days
 * of 1,000 in chains of five. Schedules are read (compiled) once and asked often, so that reading is told apart.
 *
 *   npm run bench -- schedules [--rounds N]
 */
import { parseArgs } from "node:util";
import { Schedule } from "../src-core/model/schedule.ts";
import { When } from "../src-core/model/when.ts";
import { Allowed } from "../src-core/model/window.ts";
import { collisions } from "../src-core/schedule/collisions.ts";
import {
  type CompiledSchedule,
  compileSchedule,
  type Forecasted,
  type ForecastRun,
  startOf,
} from "../src-core/schedule/forecast.ts";
import { runsOf } from "../src-core/schedule/forecast-graph.ts";
import { simulate } from "../src-core/schedule/play-out.ts";
import { startSchedulingThread } from "../src-main/scheduler/scheduling-thread.ts";
import { spread } from "./statistics.ts";

const NEXT_RUNS = { schedules: 10_000, limitMs: 50 };
const SIMULATION = { schedules: 1_000, days: 90, limitMs: 1_000 };
const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 2, 20, 9, 41);

const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Africa/Casablanca",
  "Asia/Kathmandu",
  "Pacific/Apia",
  "UTC",
  "Europe/London",
  "America/Sao_Paulo",
  "Asia/Tokyo",
  "America/Los_Angeles",
  "Australia/Sydney",
];
const EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** The schedule of a number: always the same one. */
function scheduleOf(index: number): Forecasted {
  const at = `${index % 60} ${(index * 7) % 24}`;
  const kinds: object[] = [
    { kind: "cron", expression: `${at} * * *` },
    { kind: "cron", expression: `${at} * * 1-5` },
    { kind: "cron", expression: `${index % 60} */6 * * *` },
    { kind: "cron", expression: `${at} * * FRI#${1 + (index % 4)}` },
    { kind: "cron", expression: `${at} L * *` },
    { kind: "calendar", days: { kind: "nth-weekday", weekday: "tue", nth: "last" }, times: ["02:30"] },
    { kind: "interval", everyMs: (1 + (index % 12)) * 3_600_000, fromAt: "2026-01-01T00:00:00Z" },
    { kind: "cron", expression: `${index % 60} * * * *` },
  ];
  const windows = [{ name: "nights", days: EVERY_DAY, from: "20:00", to: "06:00" }];
  const blackouts = [
    { kind: "yearly", name: "Christmas", month: 12, day: 24, days: 3 },
    { kind: "range", name: "freeze", from: "2026-04-01T00:00", to: "2026-04-03T12:00" },
  ];
  return {
    id: `schedule-${index}`,
    when: When.parse(kinds[index % kinds.length]),
    zone: ZONES[index % ZONES.length] ?? "UTC",
    startsOn: null,
    endsOn: null,
    jitterMs: index % 3 === 0 ? 300_000 : 0,
    allowed: Allowed.parse(index % 2 === 0 ? { windows, blackouts } : {}),
    overlap: "skip",
    groups: [`datastore:${index % 20}`],
  };
}

/** Asks each for its next run, with its windows. @returns how many have one */
function nextRuns(compiled: readonly CompiledSchedule[]): number {
  let found = 0;
  for (const schedule of compiled) {
    const next = schedule.plan.next(NOW);
    if (next !== null && startOf(schedule, next).at > NOW) found += 1;
  }
  return found;
}

/** Ninety days of all, with jitter, windows, blackouts and overlap. */
function simulation(compiled: readonly CompiledSchedule[]): ForecastRun[] {
  const predicted = { lowMs: 600_000, highMs: 1_800_000 };
  return compiled.flatMap((schedule) => simulate(schedule, NOW, NOW + SIMULATION.days * DAY_MS, predicted));
}

/** So many come one after the other, the first by the clock. */
const CHAIN = 5;

/** The same number of schedules in chains: their runs fall as often, but four of five wait for the one before. */
function chained(definitions: readonly Forecasted[]): Schedule[] {
  return definitions.map((each, index) => {
    if (index % CHAIN === 0) return whole({ ...scheduleOf(index / CHAIN), id: each.id });
    const dependencies = [{ parentId: definitions[index - 1]?.id }];
    return whole({ ...each, when: { kind: "after" } }, { dependencies });
  });
}

/** Ninety days of a graph. */
function simulatedGraph(schedules: readonly Schedule[]): ForecastRun[] {
  const predicted = Object.fromEntries(schedules.map(({ id }) => [id, { lowMs: 600_000, highMs: 1_800_000 }]));
  return runsOf(schedules, { predicted, pause: null }, [NOW, NOW + SIMULATION.days * DAY_MS], NOW);
}

/** Where they ask for more at once than may run. @returns how often */
function collided(compiled: readonly CompiledSchedule[], runs: readonly ForecastRun[]): number {
  const groups = new Map(compiled.map(({ schedule }) => [schedule.id, schedule.groups]));
  const groupsOf = (id: string) => groups.get(id) ?? [];
  return collisions(runs, groupsOf, (group) => (group === null ? 8 : 2)).length;
}

/** Seconds that the thread's cost is looked at with nothing due. */
const IDLE_S = 10;
const SETTLE_S = 5;

/** @returns share of one core that the process takes, in percent */
async function cpuShare(seconds: number): Promise<number> {
  const before = process.cpuUsage();
  await pause(seconds);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (seconds * 10_000);
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

/** The scheduling thread with all of them, none of them due, and the same process without it. */
async function idleCost(definitions: readonly Forecasted[]): Promise<{ percent: number; without: number }> {
  const now = Date.now();
  const told = Promise.withResolvers<void>();
  const thread = startSchedulingThread({
    start: () => ({ startedAt: now, testClock: null }),
    take: (message) => message.type === "coming" && told.resolve(),
    reborn: (why) => told.reject(new Error(why)),
  });
  // Some are due every minute: these begin tomorrow.
  const startsOn = new Date(now + 2 * 86_400_000).toISOString().slice(0, 10);
  const schedules = definitions.map((each) => ({
    schedule: whole(each, { startsOn }),
    handledAt: now,
    predicted: null,
  }));
  thread.post({ type: "picture", change: { whole: true, schedules, runs: [], pause: null } });
  // The thread keeps no program alive.
  const alive = setInterval(() => {}, 1_000);
  await told.promise;
  // What reading them left behind is collected first, and is no cost of waiting.
  await pause(SETTLE_S);
  const with10000 = await cpuShare(IDLE_S);
  await thread.stop();
  const without = await cpuShare(IDLE_S);
  clearInterval(alive);
  return { percent: with10000, without };
}

/** As it is saved. */
function whole(each: Forecasted, more: object = {}): Schedule {
  const at = new Date(NOW).toISOString();
  const work = { kind: "job", request: { kind: "check", path: "/a.qcow2" } };
  const saved = { name: each.id, work, enabled: true, pause: null, createdAt: at, changedAt: at };
  return Schedule.parse({ ...each, ...saved, ...more });
}

function timed<T>(work: () => T): { ms: number; result: T } {
  const beganAt = performance.now();
  const result = work();
  return { ms: performance.now() - beganAt, result };
}

export async function schedulesBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { rounds: { type: "string", default: "5" } } });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds is a whole number from 1 on");
  console.log(`Node ${process.version}, ${process.arch}; ${rounds} rounds: median (fastest to slowest) in ms`);
  const definitions = Array.from({ length: NEXT_RUNS.schedules }, (_, index) => scheduleOf(index));
  const read = timed(() => definitions.map(compileSchedule));
  const compiled = read.result;
  console.log(`reading ${compiled.length} schedules, once: ${read.ms.toFixed(0)}`);
  // The first time zones are looked up: that is what a start of the program costs.
  const cold = timed(() => nextRuns(compiled));
  if (cold.result !== compiled.length) throw new Error(`${compiled.length - cold.result} schedules have no next run`);
  console.log(`next run of all, the first time: ${cold.ms.toFixed(0)}`);
  const some = compiled.slice(0, SIMULATION.schedules);
  const runs = simulation(some);
  const found = collided(some, runs);
  const repeated = (work: () => unknown) => Array.from({ length: rounds }, () => timed(work).ms);
  report(
    `next run of ${compiled.length}`,
    repeated(() => nextRuns(compiled)),
    NEXT_RUNS.limitMs,
  );
  const simulated = repeated(() => simulation(some));
  report(`${SIMULATION.days} days of ${some.length}, ${runs.length} runs`, simulated, SIMULATION.limitMs);
  report(
    `the ${found} collisions among these`,
    repeated(() => collided(some, runs)),
    null,
  );
  const graph = chained(definitions.slice(0, SIMULATION.schedules));
  const inGraph = simulatedGraph(graph).length;
  report(
    `${SIMULATION.days} days of ${graph.length} in chains of ${CHAIN}, ${inGraph} runs`,
    repeated(() => simulatedGraph(graph)),
    SIMULATION.limitMs,
  );
  const { percent, without } = await idleCost(definitions);
  const shares = `${percent.toFixed(2)} % of a core, without it ${without.toFixed(2)} %`;
  console.log(`the thread with ${definitions.length} schedules, nothing due: ${shares}`);
}

/** @param limitMs null: nobody set one */
function report(what: string, ms: readonly number[], limitMs: number | null): void {
  const { min, median, max } = spread(ms);
  const kept = limitMs === null || median < limitMs;
  if (!kept) process.exitCode = 1;
  const figures = `${median.toFixed(1)} (${min.toFixed(1)} to ${max.toFixed(1)})`;
  console.log(`${what}: ${figures}${limitMs === null ? "" : `; ${kept ? "kept" : "MISSED"}, the limit is ${limitMs}`}`);
}
