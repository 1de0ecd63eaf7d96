/**
 * The scheduler as the rest of the program sees it: tells the scheduling thread what changed, applies what it decides, and does by hand
 * what people ask. Neighbours: apply.ts (decisions as rows), start-work.ts (a run begins), pictures.ts (what the thread is told).
 */
import { AppError } from "../../src-core/model/error.ts";
import { isFinal } from "../../src-core/model/run.ts";
import type { Pause } from "../../src-core/model/schedule.ts";
import { scheduledRunEnded } from "../../src-core/model/scheduled-run.ts";
import type { Decision, RunDecision } from "../../src-core/schedule/engine/decision.ts";
import type {
  AnyQuestion,
  FromScheduling,
  SchedulingStart,
  ToScheduling,
} from "../../src-core/schedule/engine/messages.ts";
import type { PictureChange, RunPicture } from "../../src-core/schedule/engine/picture.ts";
import type { Coming } from "../../src-core/schedule/engine/round.ts";
import type { AnswerOf, QuestionKind, QuestionOf } from "../../src-core/schedule/questions.ts";
import type { Clock } from "../clock.ts";
import { readSchedulesPause, writeSchedulesPause } from "../db/engine-state.ts";
import type { Db } from "../db/open.ts";
import { openScheduledRuns, type ScheduledRunRecord, scheduledRunById } from "../db/scheduled-runs.ts";
import { type ScheduleRecord, scheduleById, scheduleMarks } from "../db/schedules.ts";
import type { JobEngine } from "../jobs/engine.ts";
import type { EventHub } from "../jobs/event-hub.ts";
import type { Log } from "../log/log.ts";
import { createSlots } from "../services/slots.ts";
import { applyFire, applyToRun } from "./apply.ts";
import { type ByHand, createByHand } from "./by-hand.ts";
import { type Measuring, measureAll } from "./measure.ts";
import { type Passing, predictions, runPicture, runsBeside, schedulePicture } from "./pictures.ts";
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
/** Changes of this long are told to the thread together. */
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

  /* What the thread knows, and what of it is no longer so. */
  const known = new Map<string, { mark: string; handledAt: string }>();
  const changedRuns = new Set<string>();
  const changedDurations = new Set<string>();
  let schedulesChanged = true;
  let pauseChanged = true;
  /** Open runs that it knows, with their firings: it forgets ended ones that none of these looks at. */
  const openRuns = new Map<string, string>();
  const coming = new Map<string, Coming>();
  const questions = new Map<number, PromiseWithResolvers<unknown>>();
  let lastQuestion = 0;
  let applied = Promise.resolve();
  const passing = new Map<string, Passing>();
  const slots = createSlots(PLANNED_AT_ONCE);

  const book = createRunBook({ db, hub, now, changed: runChanged });
  const byHand = createByHand({ db, book, engine, now });
  const refuseAll = (why: string) => {
    for (const question of questions.values()) question.reject(new AppError("job.crashed", why));
    questions.clear();
  };

  function runChanged(runId: string): void {
    changedRuns.add(runId);
    sendSoon();
  }

  function sendSoon(ms = GATHER_MS): void {
    if (stopped || thread === null || applying || sending !== undefined) return;
    sending = setTimeout(send, ms);
    sending.unref();
  }

  function send(): void {
    clearTimeout(sending);
    sending = undefined;
    if (stopped || thread === null) return;
    try {
      thread.post({ type: "picture", change: changes() });
    } catch (error) {
      log.error("The scheduler cannot read its rows; trying again", { error });
      sendSoon(AGAIN_MS);
    }
  }

  function changes(): PictureChange {
    const changed: ScheduleRecord[] = [];
    const handled: [string, number][] = [];
    const removedSchedules: string[] = [];
    if (schedulesChanged) {
      const gone = new Set(known.keys());
      for (const { id, mark, handledAt } of scheduleMarks(db)) {
        gone.delete(id);
        const before = known.get(id);
        if (before?.mark !== mark) {
          const record = scheduleById(db, id);
          if (record !== null) changed.push(record);
        } else if (before.handledAt !== handledAt) handled.push([id, Date.parse(handledAt)]);
        known.set(id, { mark, handledAt });
      }
      for (const id of gone) {
        known.delete(id);
        removedSchedules.push(id);
      }
    }
    const runs = new Map<string, RunPicture>();
    const add = (record: ScheduledRunRecord) => {
      const { id } = record.summary;
      if (!runs.has(id)) runs.set(id, runPicture(db, record, passingOf(id)));
    };
    for (const id of changedRuns) {
      const record = scheduledRunById(db, id);
      if (record === null) continue;
      add(record);
      const { firingId, scheduleId, state } = record.summary;
      if (scheduledRunEnded(state)) {
        openRuns.delete(id);
        passing.delete(id);
        changedDurations.add(scheduleId);
      } else if (!openRuns.has(id)) {
        const isFirst = ![...openRuns.values()].includes(firingId);
        openRuns.set(id, firingId);
        for (const each of runsBeside(db, record, isFirst)) add(each);
      }
    }
    for (const { schedule } of changed) changedDurations.add(schedule.id);
    const predicted = predictions(db, [...changedDurations]);
    const schedules = changed.map((record) => schedulePicture(record, predicted.get(record.schedule.id) ?? null));
    const change: PictureChange = {
      ...(schedulesChanged ? { schedules, removedSchedules, handled } : {}),
      ...(pauseChanged ? { pause: readSchedulesPause(db) } : {}),
      predicted: [...predicted],
      runs: [...runs.values()],
    };
    schedulesChanged = pauseChanged = false;
    changedRuns.clear();
    changedDurations.clear();
    return change;
  }

  const passingOf = (runId: string): Passing => passing.get(runId) ?? { busy: false, readings: null };

  /** Everything anew: the thread knows nothing. */
  function tellAll(): void {
    known.clear();
    coming.clear();
    openRuns.clear();
    schedulesChanged = pauseChanged = true;
    for (const { summary } of openScheduledRuns(db)) changedRuns.add(summary.id);
    send();
  }

  async function apply(decisions: readonly Decision[]): Promise<void> {
    applying = true;
    let failed = false;
    for (let at = 0; at < decisions.length && !stopped; at += AT_ONCE) {
      try {
        db.transaction(() => {
          for (const decision of decisions.slice(at, at + AT_ONCE)) applyOne(decision);
        });
      } catch (error) {
        failed = true;
        log.error("What the scheduler decided could not be written; it is decided anew", { error });
      }
      await new Promise(setImmediate);
    }
    applying = false;
    if (failed) {
      schedulesChanged = true;
      sendSoon(AGAIN_MS);
    } else send();
  }

  function applyOne(decision: Decision): void {
    switch (decision.kind) {
      case "fire":
        schedulesChanged = true;
        applyFire({ db, book }, decision);
        return;
      case "measure":
        measure(decision);
        return;
      case "start":
        begin(decision);
        return;
      default:
        applyToRun({ db, book, engine, now }, decision);
    }
  }

  function begin({ runId, version, facts }: Extract<RunDecision, { kind: "start" }>): void {
    busyWhile(runId, () =>
      slots.run(() =>
        startWork({ db, book, engine, jobs: deps.jobs, now, random: deps.random }, runId, version, facts),
      ),
    );
  }

  function measure({ runId, conditions }: Extract<RunDecision, { kind: "measure" }>): void {
    busyWhile(runId, async () => {
      const values = await measureAll(conditions, deps.measuring);
      passing.set(runId, { busy: true, readings: { at: now(), values } });
    });
  }

  /** Nothing is asked about a run while it is planned or measured. */
  function busyWhile(runId: string, work: () => Promise<unknown>): void {
    const done = () => {
      passing.set(runId, { ...passingOf(runId), busy: false });
      runChanged(runId);
    };
    if (passingOf(runId).busy) return;
    passing.set(runId, { ...passingOf(runId), busy: true });
    changedRuns.add(runId);
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

  const post = (message: ToScheduling) => thread?.post(message);
  const starts = (): SchedulingStart => ({ startedAt: awakeSinceAt, testClock: clock.test });
  let endListening = () => {};

  return {
    ...byHand,
    start() {
      endListening = hub.listen(({ event }) => {
        if (event.type !== "run" || event.run.scheduledRunId === null || !isFinal(event.run.state)) return;
        runChanged(event.run.scheduledRunId);
      });
      thread = deps.startThread({
        start: starts,
        take,
        reborn(why) {
          log.error("The scheduling thread ended unexpectedly and was started again", { why });
          refuseAll("The scheduling thread ended while it was asked.");
          applying = false;
          tellAll();
        },
      });
      tellAll();
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
      schedulesChanged = true;
      sendSoon();
    },
    async ask<K extends QuestionKind>(question: QuestionOf<K>) {
      // What was saved a moment ago is part of the answer.
      if (schedulesChanged) send();
      lastQuestion += 1;
      const answer = Promise.withResolvers<unknown>();
      questions.set(lastQuestion, answer);
      post({ type: "ask", id: lastQuestion, question: question as AnyQuestion });
      return (await answer.promise) as AnswerOf<K>;
    },
    pauseAll(pause) {
      db.transaction(() => {
        writeSchedulesPause(db, pause);
        hub.publish({ type: "schedules" });
      });
      pauseChanged = true;
      sendSoon();
    },
    next(scheduleId) {
      const next = coming.get(scheduleId);
      return next === undefined ? null : { nominalAt: iso(next.nominalAt), startAt: iso(next.startAt) };
    },
    status() {
      let first: { scheduleId: string; at: string } | null = null;
      let firstAt = Number.POSITIVE_INFINITY;
      for (const [scheduleId, { nominalAt }] of coming) {
        if (nominalAt >= firstAt) continue;
        firstAt = nominalAt;
        first = { scheduleId, at: iso(nominalAt) };
      }
      return { now: iso(now()), awakeSinceAt: iso(awakeSinceAt), pause: readSchedulesPause(db), next: first };
    },
    suspended: () => post({ type: "suspended" }),
    resumed: () => post({ type: "resumed" }),
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
