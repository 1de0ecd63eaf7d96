/**
 * The scheduler as the rest of the program sees it: tells the scheduling thread what changed, applies what it decides, and does by hand
 * what people ask. Neighbours: apply.ts (decisions as rows), start-work.ts (a run begins), pictures.ts (what the thread is told).
 */
import { AppError } from "../../src-core/model/error.ts";
import { isFinal } from "../../src-core/model/run.ts";
import type { Pause } from "../../src-core/model/schedule.ts";
import type { Decision, RunDecision } from "../../src-core/schedule/engine/decision.ts";
import type { AnyQuestion, FromScheduling, SchedulingStart } from "../../src-core/schedule/engine/messages.ts";
import type { Coming } from "../../src-core/schedule/engine/round.ts";
import type { AnswerOf, QuestionKind, QuestionOf } from "../../src-core/schedule/questions.ts";
import type { Clock } from "../clock.ts";
import { readSchedulesPause, writeSchedulesPause } from "../db/engine-state.ts";
import type { Db } from "../db/open.ts";
import { hasOpenScheduledRuns } from "../db/scheduled-runs.ts";
import { hasSchedules } from "../db/schedules.ts";
import type { JobEngine } from "../jobs/engine.ts";
import type { EventHub } from "../jobs/event-hub.ts";
import type { Log } from "../log/log.ts";
import { createSlots } from "../services/slots.ts";
import { applyFire, applyToRun } from "./apply.ts";
import { type ByHand, createByHand } from "./by-hand.ts";
import { type Measuring, measureAll } from "./measure.ts";
import { createPictureBook } from "./picture-book.ts";
import type { Planning } from "./plan-work.ts";
import { createRunBook } from "./run-book.ts";
import type { SchedulingThread, SchedulingThreadOptions } from "./scheduling-thread.ts";
import { startWork } from "./start-work.ts";

export interface Scheduler extends ByHand {
  start(): void;
  stop(): Promise<void>;
  /** Rows of schedules changed: to be called after the transaction that changed them. */
  changed(): void;
  /** Answered by the scheduling thread from the schedules that are saved. @throws AppError as the question says */
  ask<K extends QuestionKind>(question: QuestionOf<K>): Promise<AnswerOf<K>>;
  /** Pauses all schedules till `untilAt` or till it is ended with null; what runs goes on. Outlives restarts. */
  pauseAll(pause: Pause | null): void;
  /** The schedules that are due next, soonest first; as the thread told it last. */
  soonest(count: number): { scheduleId: string; at: string }[];
  /** When a schedule is due next and may start; as the thread told it last. */
  next(scheduleId: string): { nominalAt: string; startAt: string } | null;
  status(): {
    now: string;
    awakeSinceAt: string;
    pause: Pause | null;
    next: { scheduleId: string; at: string } | null;
  };
  /** The machine goes to sleep, or woke up. */
  suspended(): void;
  resumed(): void;
}

export interface SchedulerDeps {
  readonly db: Db;
  readonly hub: EventHub;
  readonly log: Log;
  readonly clock: Clock;
  readonly engine: JobEngine;
  readonly jobs: Planning;
  readonly measuring: Measuring;
  startThread(options: SchedulingThreadOptions): SchedulingThread;
  /** 0 to 1. */
  random(): number;
}

/** Decisions written in one transaction, each of them whole by itself; then others have their turn. */
const AT_ONCE = 100;
/** Runs that are planned at the same time. */
const PLANNED_AT_ONCE = 4;
/** Changes within this time are told to the thread together. */
const GATHER_MS = 20;
/** When nothing can be written (the disk is full) the next try is made after this time. */
const AGAIN_MS = 5_000;

export function createScheduler(deps: SchedulerDeps): Scheduler {
  const { db, hub, log, clock, engine } = deps;
  const now = () => clock.now();
  const startedAt = now();
  let awakeSinceAt = startedAt;
  let thread: SchedulingThread | null = null;
  let sending: NodeJS.Timeout | undefined;
  /** While decisions are applied the thread waits for the picture after all of them. */
  let applying = false;
  let stopped = false;

  const picture = createPictureBook(db);
  const coming = new Map<string, Coming>();
  const questions = new Map<number, PromiseWithResolvers<unknown>>();
  let lastQuestion = 0;
  let applied = Promise.resolve();
  const slots = createSlots(PLANNED_AT_ONCE);

  const book = createRunBook({ db, hub, now, changed: runChanged });
  const byHand = createByHand({ db, book, engine, now });
  const refuseAll = (why: string) => {
    for (const question of questions.values()) question.reject(new AppError("job.crashed", why));
    questions.clear();
  };

  function runChanged(runId: string): void {
    picture.runChanged(runId);
    sendSoon();
  }

  function sendSoon(): void {
    if (stopped || thread === null || applying || sending !== undefined) return;
    sending = setTimeout(send, GATHER_MS).unref();
  }

  function send(): void {
    clearTimeout(sending);
    sending = undefined;
    if (stopped || thread === null) return;
    try {
      thread.post({ type: "picture", change: picture.changes() });
    } catch (error) {
      log.error("The scheduler cannot read its rows; trying again", { error });
      sending = setTimeout(tellAll, AGAIN_MS).unref();
    }
  }

  /** Everything anew: the thread knows nothing, or nobody knows what it knows. */
  function tellAll(): void {
    coming.clear();
    picture.startOver();
    send();
  }

  async function apply(decisions: readonly Decision[]): Promise<void> {
    applying = true;
    let failed = false;
    for (let at = 0; at < decisions.length && !stopped; at += AT_ONCE) {
      const some = decisions.slice(at, at + AT_ONCE);
      if (!written(some)) for (const decision of some) failed = !written([decision]) || failed;
      await new Promise(setImmediate);
    }
    applying = false;
    // What could not be written is decided again; what keeps the disk from taking it does not pass at once.
    if (failed) sending = setTimeout(send, AGAIN_MS).unref();
    else send();
  }

  /** @returns whether all of it is on the disk; else none of it is */
  function written(decisions: readonly Decision[]): boolean {
    if (stopped) return true;
    try {
      db.transaction(() => {
        for (const decision of decisions) applyOne(decision);
      });
      return true;
    } catch (error) {
      if (decisions.length === 1) {
        log.error("What the scheduler decided could not be written; it is decided anew", {
          error,
          kind: decisions[0]?.kind,
        });
      }
      return false;
    }
  }

  function applyOne(decision: Decision): void {
    switch (decision.kind) {
      case "fire":
        picture.schedulesChanged();
        applyFire({ db, book }, decision);
        return;
      case "measure":
        db.afterCommit(() => measure(decision));
        return;
      case "start":
        db.afterCommit(() => begin(decision));
        return;
      default:
        applyToRun({ db, book, engine, now }, decision);
    }
  }

  function begin({ runId, version, facts }: Extract<RunDecision, { kind: "start" }>): void {
    const startDeps = { db, book, engine, jobs: deps.jobs, now, random: deps.random, stopped: () => stopped };
    busyWhile(runId, () => slots.run(() => startWork(startDeps, runId, version, facts)));
  }

  function measure({ runId, conditions }: Extract<RunDecision, { kind: "measure" }>): void {
    busyWhile(runId, async () => {
      const values = await measureAll(conditions, deps.measuring);
      picture.measured(runId, now(), values);
    });
  }

  /** Nothing is asked about a run while it is planned or measured. */
  function busyWhile(runId: string, work: () => Promise<unknown>): void {
    if (!picture.setBusy(runId, true)) return;
    const done = () => {
      picture.setBusy(runId, false);
      sendSoon();
    };
    work().then(done, (error) => {
      log.error("A scheduled run could not be begun; trying again", { runId, error });
      setTimeout(done, AGAIN_MS).unref();
    });
  }

  const take = (message: FromScheduling) => {
    switch (message.type) {
      case "decisions":
        applied = applied.then(() => apply(message.decisions));
        return;
      case "coming":
        for (const [id, next] of message.changes) {
          if (next === null) coming.delete(id);
          else coming.set(id, next);
        }
        return;
      case "awake":
        awakeSinceAt = message.sinceAt;
        log.info("The scheduler looks at everything anew", { why: message.why });
        return;
      case "answer":
        questions.get(message.id)?.resolve(message.answer);
        questions.delete(message.id);
        return;
      case "refused":
        questions.get(message.id)?.reject(AppError.fromData(message.error));
        questions.delete(message.id);
        return;
    }
  };

  /** Of ten thousand the few that are wanted: they are looked through once, not sorted. */
  const soonest = (count: number): { scheduleId: string; at: string }[] => {
    const found: { scheduleId: string; nominalAt: number }[] = [];
    for (const [scheduleId, { nominalAt }] of coming) {
      if (found.length === count && nominalAt >= (found.at(-1)?.nominalAt ?? 0)) continue;
      const place = found.findIndex((other) => nominalAt < other.nominalAt);
      found.splice(place < 0 ? found.length : place, 0, { scheduleId, nominalAt });
      if (found.length > count) found.pop();
    }
    return found.map(({ scheduleId, nominalAt }) => ({ scheduleId, at: iso(nominalAt) }));
  };

  const starts = (): SchedulingStart => ({ startedAt: awakeSinceAt, testClock: clock.test });
  let endListening = () => {};

  /** Only who has schedules, or asks about one, pays for the thread. */
  const withThread = (): SchedulingThread => {
    if (thread !== null) return thread;
    if (stopped) throw new AppError("job.crashed", "The program is ending.");
    thread = deps.startThread({
      start: starts,
      take,
      reborn(why) {
        log.error("The scheduling thread ended unexpectedly and was started again", { why });
        refuseAll("The scheduling thread ended while it was asked.");
        tellAll();
      },
    });
    tellAll();
    return thread;
  };

  return {
    ...byHand,
    start() {
      endListening = hub.listen(({ event }) => {
        if (event.type !== "run" || event.run.scheduledRunId === null || !isFinal(event.run.state)) return;
        runChanged(event.run.scheduledRunId);
      });
      if (hasSchedules(db) || hasOpenScheduledRuns(db)) withThread();
    },
    async stop() {
      stopped = true;
      endListening();
      clearTimeout(sending);
      await thread?.stop();
      refuseAll("The program is ending.");
      await applied;
    },
    changed() {
      picture.schedulesChanged();
      if (!stopped) withThread();
      sendSoon();
    },
    async ask<K extends QuestionKind>(question: QuestionOf<K>) {
      const asked = withThread();
      // What was saved a moment ago is part of the answer.
      if (picture.isStale) send();
      lastQuestion += 1;
      const answer = Promise.withResolvers<unknown>();
      questions.set(lastQuestion, answer);
      asked.post({ type: "ask", id: lastQuestion, question: question as AnyQuestion });
      return (await answer.promise) as AnswerOf<K>;
    },
    pauseAll(pause) {
      db.transaction(() => {
        writeSchedulesPause(db, pause);
        hub.publish({ type: "schedules" });
      });
      picture.pauseChanged();
      sendSoon();
    },
    next(scheduleId) {
      const next = coming.get(scheduleId);
      return next === undefined ? null : { nominalAt: iso(next.nominalAt), startAt: iso(next.startAt) };
    },
    soonest,
    status: () => ({
      now: iso(now()),
      awakeSinceAt: iso(awakeSinceAt),
      pause: readSchedulesPause(db),
      next: soonest(1)[0] ?? null,
    }),
    suspended: () => thread?.post({ type: "suspended" }),
    resumed() {
      if (thread === null) take({ type: "awake", sinceAt: now(), why: "the machine woke up" });
      else thread.post({ type: "resumed" });
    },
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
