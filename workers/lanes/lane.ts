/**
 * A lane: opens its disks for itself and prepares (or compares) one window after the other, in memory that the thread which
 * started it reads without a copy. Leaves by itself when told to close. Started by lane-thread.ts through workers/lane-entry.ts.
 */
import type { MessagePort } from "node:worker_threads";
import { AppError } from "../../src-core/model/error.ts";
import type { Layer } from "../disk/chain.ts";
import { firstDifference } from "../disk/compare.ts";
import { createSlot, readPadded, WINDOW_BYTES } from "../disk/window.ts";
import { filesOf, type OpenDisk, openDisk } from "../image/open-disk.ts";
import { openIdentity } from "../image/open-identity.ts";
import type { LaneAnswer, LaneDisk, LaneRequest, LaneStart } from "./messages.ts";
import { type Permits, permitsOf } from "./permits.ts";
import { createSlots, prepareWindows } from "./preparing-lane.ts";

/** Serves until it is told to close. Never throws: what goes wrong is answered. */
export async function runLane({ lane, permits: shared }: LaneStart, port: MessagePort): Promise<void> {
  const answer = (message: LaneAnswer) => port.postMessage(message);
  const failed = (id: number, error: AppError) => answer({ type: "failed", id, error: error.toData() });
  const permits = permitsOf(shared.free, shared.control);
  const open: OpenDisk[] = [];
  const opened = async (disk: LaneDisk): Promise<Layer> => {
    const it = await openSame(disk);
    open.push(it);
    return it.guest;
  };
  try {
    if (lane.kind === "prepare") {
      const source = lane.disk === null ? null : await opened(lane.disk);
      const parent = lane.parent === null ? null : await opened(lane.parent);
      const slots = createSlots(lane);
      answer({ type: "ready", slots });
      await prepareWindows(lane, source, parent, slots, permits, failed);
    } else {
      const [a, b] = [await opened(lane.a), await opened(lane.b)];
      answer({ type: "ready", slots: [] });
      await compareWindows(a, b, port, permits, failed);
    }
  } catch (error) {
    failed(NOBODY, AppError.from(error));
  } finally {
    for (const disk of open) await disk.close();
  }
}

/** No request has this id: the lane could not begin. */
const NOBODY = -1;

/** Answers requests until it is told to close. */
function compareWindows(
  a: Layer,
  b: Layer,
  port: MessagePort,
  permits: Permits,
  failed: (id: number, error: AppError) => void,
): Promise<void> {
  const { data: inA, parent: inB } = createSlot({ data: WINDOW_BYTES, parent: WINDOW_BYTES, encoded: 0 });
  async function compare({ id, start, length }: Extract<LaneRequest, { type: "compare" }>): Promise<void> {
    permits.take();
    try {
      const [left, right] = [inA.subarray(0, length), inB.subarray(0, length)];
      await readPadded(a, start, left);
      await readPadded(b, start, right);
      const answer: LaneAnswer = { type: "compared", id, at: firstDifference(left, right) };
      port.postMessage(answer);
    } catch (error) {
      failed(id, AppError.from(error));
    } finally {
      permits.giveBack();
    }
  }

  return new Promise((leave) => {
    // Reads of one disk do not overlap: one request after the other, in the order in which they came.
    let last: Promise<void> = Promise.resolve();
    port.on("message", (request: LaneRequest) => {
      last = last.then(() => {
        if (request.type === "compare") return compare(request);
        port.close();
        return leave();
      });
    });
  });
}

/** @throws AppError disk.in-use when the files are not those the task opened; as openDisk */
async function openSame(disk: LaneDisk): Promise<OpenDisk> {
  const it = await openDisk(disk.path, {
    format: disk.format,
    roots: disk.roots,
    brokenChain: "refuse",
    snapshot: disk.snapshot,
  });
  if (openIdentity(filesOf(it)) === disk.identity) return it;
  await it.close();
  throw new AppError("disk.in-use", `${disk.path} changed while it was read`, { details: { file: disk.path } });
}
