/** Comparing with lanes, from the side of the thread that started them. Neighbours: lane.ts (the other side), disk/compare.ts. */
import { setImmediate as turn } from "node:timers/promises";
import { AppError } from "../../src-core/model/error.ts";
import type { Asked, Comparer } from "../disk/compare.ts";
import { closeLanes, type LaneAccess, laneCount, startLane } from "./lane-thread.ts";
import type { LaneWork } from "./messages.ts";
import { permitsOf } from "./permits.ts";

/** Windows a lane is asked for at once. */
const MOST_OPEN = 3;

/**
 * Windows of two disks compared by several threads at once: lanes, and when each of them has enough to do the calling thread by
 * `own`, unless that one has other work.
 */
export function laneComparer(
  access: LaneAccess,
  work: Extract<LaneWork, { kind: "compare" }>,
  own: Comparer,
  takesPart: () => boolean,
): Comparer {
  const lanes = Array.from({ length: laneCount(access) }, () => startLane(access, work));
  const permits = permitsOf(access.permits.free, access.permits.control);
  let next = 0;
  let open = 0;
  /** Answers of this thread whose turn has not come. */
  let early = 0;

  async function beginHere(start: number, length: number): Promise<Asked | null> {
    if (!takesPart() || !permits.tryTake()) return null;
    const asked = await own.begin(start, length);
    permits.giveBack();
    if (asked === null) return null;
    early++;
    return () => {
      early--;
      return asked();
    };
  }

  return {
    async begin(start, length) {
      // What the lanes have answered meanwhile counts.
      await turn();
      const ready = lanes.filter(({ isReady }) => isReady);
      if (open >= ready.length * MOST_OPEN) {
        const asked = await beginHere(start, length);
        // With no answer to be taken first, a lane that has not begun is waited for.
        if (asked !== null || open + early > 0) return asked;
      }
      open++;
      const asking = ready.length > 0 ? ready : lanes;
      const lane = asking[next++ % asking.length];
      const asked = lane
        ?.ask((id) => ({ type: "compare", id, start, length }))
        .finally(() => {
          open--;
        });
      asked?.catch(() => {});
      return async () => {
        const answer = await asked;
        if (answer?.type !== "compared") throw new AppError("internal.bug", "a lane did not answer to compare");
        return answer.at;
      };
    },
    close: () => closeLanes(access, lanes),
  };
}
