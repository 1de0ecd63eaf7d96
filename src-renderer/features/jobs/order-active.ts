import type { RunSummary, WorkState } from "../../../src-core/model/run.ts";

const RANK: Partial<Record<WorkState, number>> = { running: 0, canceling: 1, waiting: 2, queued: 3 };

/** What moves first, then what comes next: by state, by priority (highest first), by age (oldest first). */
export function orderActive(runs: readonly RunSummary[]): RunSummary[] {
  return runs.toSorted(
    (a, b) =>
      (RANK[a.state] ?? 4) - (RANK[b.state] ?? 4) ||
      b.priority - a.priority ||
      a.createdAt.localeCompare(b.createdAt) ||
      a.id.localeCompare(b.id),
  );
}
