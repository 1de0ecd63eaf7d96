/**
 * The scheduling thread's loop: asks the engine's round whenever the picture changes or the next instant has come, and sleeps in
 * between, in steps short enough to see that the clock was set or the machine slept.
 */
import { AppError } from "../../src-core/model/error.ts";
import type { Schedule } from "../../src-core/model/schedule.ts";
import type { AnyQuestion, FromScheduling, ToScheduling } from "../../src-core/schedule/engine/messages.ts";
import { createEngine } from "../../src-core/schedule/engine/round.ts";
import type { ClockWatch } from "./clock-watch.ts";

export interface LoopDeps {
  readonly startedAt: number;
  /** Of the program's clock. */
  now(): number;
  /** How much real time passes while the program's clock goes on by so much. */
  realMs(ms: number): number;
  readonly watch: ClockWatch;
  post(message: FromScheduling): void;
  /** Answers a question about schedules. @throws AppError */
  answer(question: AnyQuestion, schedules: readonly Schedule[], now: number): unknown;
  /** Calls back after so many real milliseconds. @returns the end of it */
  timer(ms: number, then: () => void): () => void;
}

/** Longest sleep in one go, in real milliseconds. */
const STEP_MS = 30_000;

export interface Loop {
  take(message: Exclude<ToScheduling, { type: "stop" }>): void;
  stop(): void;
}

export function createLoop(deps: LoopDeps): Loop {
  const engine = createEngine(deps.startedAt);
  const questions: Extract<ToScheduling, { type: "ask" }>[] = [];
  /** What was decided has not been answered: nothing is asked till it is. */
  let waits = false;
  let nextAt: number | null = null;
  let begun = false;
  let suspended = false;
  let endSleep = () => {};
  let endPause = () => {};

  const awake = (why: string) => {
    const sinceAt = deps.now();
    engine.awake(sinceAt);
    deps.post({ type: "awake", sinceAt, why });
  };

  const round = () => {
    if (waits || suspended || !begun) return;
    const answer = engine.round(deps.now());
    nextAt = answer.nextAt;
    if (answer.coming.length > 0) deps.post({ type: "coming", changes: answer.coming });
    if (answer.decisions.length > 0) {
      waits = true;
      deps.post({ type: "decisions", decisions: answer.decisions });
    }
    sleep();
  };

  const sleep = () => {
    endSleep();
    const ms = nextAt === null ? STEP_MS : Math.min(STEP_MS, Math.max(0, Math.ceil(deps.realMs(nextAt - deps.now()))));
    endSleep = deps.timer(ms, () => {
      const what = deps.watch.look(ms);
      if (what !== null) awake(what);
      if (what !== null || (nextAt !== null && deps.now() >= nextAt)) round();
      if (waits || suspended) sleepOn();
      else sleep();
    });
  };
  /** While nothing may be asked only the clock is looked at. */
  const sleepOn = () => {
    nextAt = null;
    sleep();
  };

  const answerNext = () => {
    const next = questions.shift();
    if (next === undefined) return;
    const { id, question } = next;
    try {
      deps.post({ type: "answer", id, answer: deps.answer(question, engine.schedules(), deps.now()) });
    } catch (thrown) {
      deps.post({ type: "refused", id, error: AppError.from(thrown).toData() });
    }
    // Between two questions whatever is due has its turn.
    if (questions.length > 0) endPause = deps.timer(0, answerNext);
  };

  return {
    take(message) {
      switch (message.type) {
        case "picture": {
          const what = deps.watch.look();
          if (what !== null) awake(what);
          engine.take(message.change, deps.now());
          begun = true;
          waits = false;
          return round();
        }
        case "suspended":
          suspended = true;
          return;
        case "resumed":
          suspended = false;
          deps.watch.look();
          awake("the machine woke up");
          return round();
        case "ask":
          questions.push(message);
          if (questions.length === 1) endPause = deps.timer(0, answerNext);
          return;
      }
    },
    stop() {
      endSleep();
      endPause();
    },
  };
}
