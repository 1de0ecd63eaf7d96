/** Whether work that failed is tried again, when, and from where. */
import type { AppErrorData } from "../model/error.ts";
import type { RetryPolicy } from "../model/retry-policy.ts";
import type { ScheduleFact } from "../model/schedule-fact.ts";
import { errorClass } from "./error-class.ts";

/** How an attempt failed. */
export interface FailedAttempt {
  /** 1 for the first. */
  readonly number: number;
  readonly error: Pick<AppErrorData, "code" | "retryable">;
  /** What was asked for exists (the restore point, the export): only the clean-up after it failed. */
  readonly made: boolean;
  /** There is a checkpoint to go on from. */
  readonly hasCheckpoint: boolean;
}

export type RetryDecision =
  | {
      readonly kind: "retry";
      readonly atMs: number;
      /** Clean-up alone is never a reason to make the same thing again: that is how endless snapshots come about. */
      readonly what: "from-checkpoint" | "from-start" | "clean-up";
      readonly fact: Extract<ScheduleFact, { kind: "retries" }>;
    }
  /** `clean-up-failed`: a different end than `failed`, since what was asked for is there. */
  | { readonly kind: "end"; readonly end: "failed" | "clean-up-failed"; readonly facts: readonly ScheduleFact[] };

/** @param random 0 to 1, handed in so that the same chance gives the same answer */
export function retryDecision(policy: RetryPolicy, attempt: FailedAttempt, now: number, random: number): RetryDecision {
  const kind = errorClass(attempt.error);
  const mayRetry = (kind === "transient" || kind === "capacity") && policy.classes.includes(kind);
  if (!mayRetry || attempt.number >= policy.attempts) {
    const why: ScheduleFact = mayRetry
      ? { kind: "attempts-used", attempts: attempt.number }
      : { kind: "not-retried", errorClass: kind };
    return attempt.made
      ? { kind: "end", end: "clean-up-failed", facts: [why, { kind: "clean-up-failed" }] }
      : { kind: "end", end: "failed", facts: [why] };
  }
  const what = attempt.made ? "clean-up" : attempt.hasCheckpoint ? "from-checkpoint" : "from-start";
  const atMs = now + delayMs(policy, attempt.number, random);
  const fact: Extract<ScheduleFact, { kind: "retries" }> = {
    kind: "retries",
    attempt: attempt.number + 1,
    attempts: policy.attempts,
    at: new Date(atMs).toISOString(),
    errorClass: kind,
    what,
  };
  return { kind: "retry", atMs, what, fact };
}

/** How long to wait after so many attempts have failed. Jitter only ever shortens it, so that the cap holds. */
export function delayMs(policy: Omit<RetryPolicy, "attempts" | "classes">, failed: number, random: number): number {
  const { backoff, initialMs, capMs, jitter } = policy;
  const factor = backoff === "linear" ? failed : backoff === "exponential" ? 2 ** (failed - 1) : fibonacci(failed);
  return Math.round(Math.min(initialMs * factor, capMs) * (1 - jitter * random));
}

/** 1, 1, 2, 3, 5, 8 … */
function fibonacci(n: number): number {
  let [a, b] = [1, 1];
  for (let i = 1; i < n; i++) [a, b] = [b, a + b];
  return a;
}
