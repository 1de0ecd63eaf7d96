/**
 * When a copy makes a resume point. A resume point costs a flush of the target to stable storage, so they come early and often
 * enough to be worth something, but never take more than about a tenth of the time.
 */

export interface CheckpointRule {
  /** A point is due after this many new bytes … */
  readonly everyBytes: number;
  /** … or this long after the last one, whichever is first. */
  readonly everyMs: number;
}

export const DEFAULT_CHECKPOINT_RULE: CheckpointRule = { everyBytes: 16 * 1024 * 1024, everyMs: 5_000 };

/** A point that took t ms is not followed by another within `COST_FACTOR` × t. */
const COST_FACTOR = 10;
/** … but on slow storage still at least this often. */
const LONGEST_WAIT_MS = 60_000;

export interface CheckpointPolicy {
  /** Is a point due after `newBytes` since the last one? */
  due(newBytes: number): boolean;
  /** Says how long the point that was just made took. */
  made(costMs: number): void;
}

export function createCheckpointPolicy(rule: CheckpointRule, now: () => number): CheckpointPolicy {
  let lastAt = now();
  let restMs = 0;
  return {
    due(newBytes) {
      if (newBytes <= 0) return false;
      const elapsedMs = now() - lastAt;
      return elapsedMs >= restMs && (newBytes >= rule.everyBytes || elapsedMs >= rule.everyMs);
    },
    made(costMs) {
      lastAt = now();
      restMs = Math.min(costMs * COST_FACTOR, LONGEST_WAIT_MS);
    },
  };
}
