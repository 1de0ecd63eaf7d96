/** The scheduler without its thread and timers: real rounds, real rows, a job engine with played threads, and a clock the test moves. */
import type { Reading } from "../../../src-core/model/condition.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { Schedule } from "../../../src-core/model/schedule.ts";
import { createEngine } from "../../../src-core/schedule/engine/round.ts";
import { type Db, openDatabase } from "../../db/open.ts";
import { listScheduledRuns, type ScheduledRunRecord } from "../../db/scheduled-runs.ts";
import { insertSchedule } from "../../db/schedules.ts";
import type { NewRun } from "../../jobs/engine.ts";
import { newRun, type TestEngine, testEngine } from "../../jobs/testing/test-engine.ts";
import { applyFire, applyToRun } from "../apply.ts";
import { type ByHand, createByHand } from "../by-hand.ts";
import { createPictureBook } from "../picture-book.ts";
import type { Planning } from "../plan-work.ts";
import { createRunBook } from "../run-book.ts";
import { startWork } from "../start-work.ts";

export interface Host {
  readonly db: Db;
  readonly jobs: TestEngine;
  readonly byHand: ByHand;
  now(): number;
  add(...schedules: Schedule[]): void;
  /** Rounds till nothing more is decided. @returns when to ask again */
  settle(): Promise<number | null>;
  /** The clock goes on by so much, asleep: nothing is asked. */
  sleep(ms: number): void;
  /** The clock goes on to that instant, with a round whenever one is due. @returns when to ask again */
  goTo(at: number): Promise<number | null>;
  /** Lets all threads end well, and what was told of that be written. */
  finishAll(): Promise<void>;
  /** Oldest first. */
  runs(): ScheduledRunRecord[];
  /** "schedule HH:MM state", oldest first. */
  story(): string[];
}

export interface HostOptions {
  readonly startAt: number;
  readonly db?: Db;
  readonly planning?: Partial<Planning>;
  /** What each condition reads. */
  readonly reading?: () => Reading;
}

/** The disk "/vm/<id>.vmdk" of each run is converted to a file of its own. */
const planEach: Planning = {
  prepare: async (request) => ({ ...newRun(Math.random().toString(36).slice(2)), request }),
  prepareAgain: async () => {
    throw new AppError("internal.bug", "this test tries nothing again");
  },
  prepareExports: async () => [],
};

export function testHost({
  startAt,
  db = openDatabase(":memory:"),
  planning,
  reading = () => true,
}: HostOptions): Host {
  let nowMs = startAt;
  const now = () => nowMs;
  const jobs = testEngine({ db, startMs: startAt, concurrency: 100 });
  const picture = createPictureBook(db);
  const book = createRunBook({ db, hub: jobs.hub, now, changed: (id) => picture.runChanged(id) });
  const rounds = createEngine(startAt);
  const byHand = createByHand({ db, book, engine: jobs.engine, now });
  const planned: Planning = { ...planEach, ...planning };
  const start = { db, book, engine: jobs.engine, jobs: planned, now, random: () => 0, stopped: () => false };
  jobs.hub.listen(({ event }) => {
    if (event.type === "run" && event.run.scheduledRunId !== null) picture.runChanged(event.run.scheduledRunId);
  });
  jobs.engine.recover();
  picture.startOver();

  const move = (ms: number) => {
    nowMs += ms;
    jobs.pass(ms);
  };

  const host: Host = {
    db,
    jobs,
    byHand,
    now,
    add(...schedules) {
      for (const each of schedules) insertSchedule(db, each, new Date(nowMs).toISOString());
      picture.schedulesChanged();
    },
    async settle() {
      for (let turns = 0; turns < 1_000; turns++) {
        picture.schedulesChanged();
        rounds.take(picture.changes(), nowMs);
        const { decisions, nextAt } = rounds.round(nowMs);
        if (decisions.length === 0) return nextAt;
        for (const decision of decisions) {
          if (decision.kind === "fire") applyFire({ db, book }, decision);
          else if (decision.kind === "start") await startWork(start, decision.runId, decision.version, decision.facts);
          else if (decision.kind === "measure") {
            picture.measured(decision.runId, nowMs, decision.conditions.map(reading));
            picture.runChanged(decision.runId);
          } else applyToRun({ db, book, engine: jobs.engine, now }, decision);
        }
      }
      throw new Error("the rounds come to no end");
    },
    sleep(ms) {
      move(ms);
      rounds.awake(nowMs);
    },
    async goTo(at) {
      for (;;) {
        const nextAt = await host.settle();
        if (nextAt === null || nextAt > at) break;
        // An engine that would ask again at once, with nothing decided, would never sleep.
        if (nextAt <= nowMs) throw new Error(`to be asked again at ${nextAt}, which is ${nowMs - nextAt} ms ago`);
        move(nextAt - nowMs);
      }
      move(at - nowMs);
      return host.settle();
    },
    async finishAll() {
      for (let threads = jobs.threads.running(); threads.length > 0; threads = jobs.threads.running()) {
        for (const thread of threads) thread.finish();
        await new Promise(setImmediate);
      }
    },
    runs: () => listScheduledRuns(db, {}, null, 100_000).toReversed(),
    story: () =>
      host.runs().map(({ summary }) => `${summary.scheduleId} ${summary.nominalAt.slice(11, 16)} ${summary.state}`),
  };
  return host;
}

/** A run of the job engine that makes one file. */
export function planOf(name: string): NewRun {
  return newRun(name);
}
