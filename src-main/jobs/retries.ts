/** What becomes of a task whose attempt failed, by its run's policy (src-core/job/retry.ts decides), and the words for it. */
import { againReason } from "../../src-core/job/reason.ts";
import { retryDecision } from "../../src-core/job/retry.ts";
import { AppError, ERROR_CATALOGUE, type ErrorCode } from "../../src-core/model/error.ts";
import type { ErrorClass, RetryPolicy } from "../../src-core/model/retry-policy.ts";
import type { Task } from "../../src-core/model/run.ts";
import type { ScheduleFact } from "../../src-core/model/schedule-fact.ts";
import { momentText } from "./wall-clock.ts";

export interface Verdict {
  /** Null: the task has failed for good. */
  readonly retry: { readonly at: string; readonly reason: string } | null;
  /** What was made so far is gone on with. */
  readonly keeps: boolean;
  readonly facts: readonly ScheduleFact[];
}

interface Failure {
  readonly policy: RetryPolicy | null;
  /** As it was while the attempt ran. */
  readonly task: Task;
  readonly error: AppError;
  readonly hasCheckpoint: boolean;
}

/** @param random 0 to 1 */
export function afterFailure({ policy, task, error, hasCheckpoint }: Failure, nowMs: number, random: number): Verdict {
  const made = error.code === "source.clean-up";
  if (policy === null) return { retry: null, keeps: false, facts: made ? [{ kind: "clean-up-failed" }] : [] };
  const number = failures(task) + 1;
  const cause = made ? causeOf(error) : error;
  const decision = retryDecision(policy, { number, error: cause, made, hasCheckpoint }, nowMs, random);
  if (decision.kind === "end") return { retry: null, keeps: false, facts: decision.facts };
  const { atMs, what, fact } = decision;
  const reason = againReason(momentText(atMs, nowMs), number + 1, policy.attempts, error.message);
  return {
    retry: { at: new Date(atMs).toISOString(), reason },
    keeps: what !== "from-start",
    facts: [{ ...fact, because: error.message }],
  };
}

/** What a task says that waits to be tried again. @param error of its last attempt */
export function waitReason(policy: RetryPolicy, task: Task, retryAt: string, nowMs: number): string {
  const message = task.attempts.findLast(({ state }) => state === "failed")?.error?.message ?? "it failed";
  return againReason(momentText(Date.parse(retryAt), nowMs), failures(task) + 1, policy.attempts, message);
}

/** Errors after which the attempt to come is followed by another one; null: nothing is tried again (WorkerStart.again). */
export function retriedClasses(policy: RetryPolicy | null, task: Task): readonly ErrorClass[] | null {
  if (policy === null) return null;
  return failures(task) + 1 < policy.attempts ? policy.classes : [];
}

/** Attempts that count: those that the program's end cut off do not. */
function failures({ attempts }: Task): number {
  return attempts.filter(({ state }) => state === "failed").length;
}

/** The error behind one of the clean-up, which says by its code whether it may pass. */
function causeOf(error: AppError): AppError {
  const { code } = error.details ?? {};
  return typeof code === "string" && code in ERROR_CATALOGUE ? new AppError(code as ErrorCode) : error;
}
