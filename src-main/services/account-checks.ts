/**
 * What the accounts of sources may do, as their sources say, remembered for a moment: a plan is asked for at each letter of a
 * folder's name, and a source takes a dozen calls to answer.
 */
import type { SourceAnswer } from "../../src-core/model/source-session.ts";
import type { LiveSource } from "../sources/live-source.ts";

type Checks = SourceAnswer<"test">;

/** So long an answer is good: short enough for a privilege that was just granted. */
const GOOD_MS = 30_000;

export interface AccountChecks {
  /** @throws AppError as LiveSource.call; what failed is asked anew */
  of(live: LiveSource, signal?: AbortSignal): Promise<Checks>;
}

export function createAccountChecks(now: () => number): AccountChecks {
  // A new connection may be another account's: its object is another one, and an answer belongs to the one that was asked.
  const known = new WeakMap<LiveSource["connection"], { readonly atMs: number; readonly checks: Checks }>();
  return {
    async of(live, signal) {
      const { connection } = live;
      const before = known.get(connection);
      const atMs = now();
      // Clocks are set back, too.
      if (before !== undefined && Math.abs(atMs - before.atMs) < GOOD_MS) return before.checks;
      const checks = await live.call({ kind: "test" }, signal);
      known.set(connection, { atMs, checks });
      return checks;
    },
  };
}
