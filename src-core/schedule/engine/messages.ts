/** What main and the scheduling thread say to each other. Both are ours: what comes is taken as it is. */
import type { AppErrorData } from "../../model/error.ts";
import type { QuestionKind, QuestionOf } from "../questions.ts";
import type { Decision } from "./decision.ts";
import type { PictureChange } from "./picture.ts";
import type { Coming } from "./round.ts";

/** A question about schedules, of any kind. */
export type AnyQuestion = QuestionOf<QuestionKind>;

export type ToScheduling =
  | { readonly type: "picture"; readonly change: PictureChange }
  | { readonly type: "ask"; readonly id: number; readonly question: AnyQuestion }
  /** The machine is about to sleep, or woke up. */
  | { readonly type: "suspended" }
  | { readonly type: "resumed" }
  | { readonly type: "stop" };

export type FromScheduling =
  /** Nothing more is decided till a picture comes in answer. */
  | { readonly type: "decisions"; readonly decisions: readonly Decision[] }
  | { readonly type: "coming"; readonly changes: readonly (readonly [string, Coming | null])[] }
  | { readonly type: "awake"; readonly sinceAt: number; readonly why: string }
  | { readonly type: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly type: "refused"; readonly id: number; readonly error: AppErrorData };

/** Handed to the thread as it starts. */
export interface SchedulingStart {
  readonly startedAt: number;
  /** Of HYPERSDK_TEST_CLOCK, as main read it. */
  readonly testClock: TestClock | null;
}

/** A clock for tests: at `realAt` of the real one it shows `startAt`, and runs `speed` times as fast. */
export interface TestClock {
  readonly realAt: number;
  readonly startAt: number;
  readonly speed: number;
}

export function testClockNow({ realAt, startAt, speed }: TestClock, realNow: number): number {
  return Math.round(startAt + (realNow - realAt) * speed);
}
