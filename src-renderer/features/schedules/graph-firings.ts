/** Firings of the graph: a schedule and all that came after it at one time, to be looked back at. Pure. */
import type { ScheduledRunState, ScheduledRunSummary } from "../../../src-core/model/scheduled-run.ts";

export interface Firing {
  readonly id: string;
  /** What began it. */
  readonly name: string;
  readonly at: string;
  readonly runs: number;
  /** The worst that became of it; of one that goes on, that. */
  readonly state: ScheduledRunState;
}

/** Worst first: what a firing is called by. */
const WEIGHT: readonly ScheduledRunState[] = [
  "canceling",
  "running",
  "held",
  "waiting",
  "failed",
  "clean-up-failed",
  "canceled",
  "warned",
  "skipped",
  "succeeded",
];

/** @param runs newest first; a firing of which only some are among them is told by those */
export function firingsOf(runs: readonly ScheduledRunSummary[]): Firing[] {
  const byFiring = new Map<string, ScheduledRunSummary[]>();
  for (const run of runs) {
    const list = byFiring.get(run.firingId);
    if (list === undefined) byFiring.set(run.firingId, [run]);
    else list.push(run);
  }
  return [...byFiring].map(([id, members]) => {
    // They are made together: what began it is the one that could start first.
    const first = members.toSorted((a, b) => startOf(a) - startOf(b) || a.madeAt.localeCompare(b.madeAt))[0];
    const state = WEIGHT.find((each) => members.some((run) => run.state === each)) ?? "succeeded";
    return { id, name: first?.scheduleName ?? "", at: first?.nominalAt ?? "", runs: members.length, state };
  });
}

/** What waits for parents has no beginning yet. */
function startOf({ startedAt }: ScheduledRunSummary): number {
  return startedAt === null ? Number.POSITIVE_INFINITY : Date.parse(startedAt);
}
