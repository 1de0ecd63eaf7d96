/**
 * A lane: opens its disks for itself and prepares (or compares) one window after the other, in memory that the thread which
 * started it reads without a copy. Leaves by itself when told to close. Started by lane-pool.ts through workers/lane-entry.ts.
 */
import type { MessagePort } from "node:worker_threads";
import { AppError } from "../../src-core/model/error.ts";
import { firstDifference } from "../disk/compare.ts";
import { createSlot, prepareWindow, readPadded, type Slot, slotBytesOf, WINDOW_BYTES } from "../disk/window.ts";
import { filesOf, type OpenDisk, openDisk } from "../tasks/open-disk.ts";
import { openIdentity } from "../tasks/open-identity.ts";
import type { LaneAnswer, LaneDisk, LaneRequest, LaneStart, LaneWork } from "./messages.ts";
import { permitsOf } from "./permits.ts";

/** Serves `port` until it is told to close. Never throws: what goes wrong is answered. */
export async function runLane(start: LaneStart, port: MessagePort): Promise<void> {
  const answer = (message: LaneAnswer) => port.postMessage(message);
  const permits = permitsOf(start.permits.free, start.permits.control);
  const open: OpenDisk[] = [];
  const close = async () => {
    port.close();
    for (const disk of open) await disk.close();
  };
  const work = await begin(start, open).catch((error: unknown) => AppError.from(error));
  // One that could not open its disks says so when it is asked for something.
  answer({ type: "ready", slots: work instanceof AppError ? [] : work.slots });

  async function serve(request: Exclude<LaneRequest, { type: "close" }>): Promise<void> {
    try {
      if (work instanceof AppError) throw work;
      permits.take();
      try {
        answer(await work.serve(request));
      } finally {
        permits.giveBack();
      }
    } catch (error) {
      answer({ type: "failed", id: request.id, error: AppError.from(error).toData() });
    }
  }

  // Reads of one disk do not overlap: one request after the other, in the order in which they came.
  let last: Promise<void> = Promise.resolve();
  port.on("message", (request: LaneRequest) => {
    last = last.then(() => (request.type === "close" ? close() : serve(request)));
  });
}

interface Serving {
  readonly slots: readonly Slot[];
  serve(request: Exclude<LaneRequest, { type: "close" }>): Promise<LaneAnswer>;
}

async function begin({ lane, slots }: LaneStart, open: OpenDisk[]): Promise<Serving> {
  const opened = async (disk: LaneDisk) => {
    const it = await openSame(disk);
    open.push(it);
    return it.guest;
  };
  if (lane.kind === "prepare") return preparing(lane, slots, opened);
  const [a, b] = [await opened(lane.a), await opened(lane.b)];
  const { data: inA, parent: inB } = createSlot({ data: WINDOW_BYTES, parent: WINDOW_BYTES, encoded: 0 });
  return {
    slots: [],
    async serve(request) {
      if (request.type !== "compare")
        throw new AppError("internal.bug", `a comparing lane was asked to ${request.type}`);
      const [left, right] = [inA.subarray(0, request.length), inB.subarray(0, request.length)];
      await readPadded(a, request.start, left);
      await readPadded(b, request.start, right);
      return { type: "compared", id: request.id, at: firstDifference(left, right) };
    },
  };
}

async function preparing(
  { disk, parent, profiles }: Extract<LaneWork, { kind: "prepare" }>,
  count: number,
  opened: (disk: LaneDisk) => Promise<OpenDisk["guest"]>,
): Promise<Serving> {
  const source = await opened(disk);
  const below = parent === null ? null : await opened(parent);
  const bytes = slotBytesOf(profiles);
  const slots = Array.from({ length: count }, () => createSlot(bytes));
  return {
    slots,
    async serve(request) {
      const slot = request.type === "compare" ? undefined : slots[request.slot];
      if (request.type === "compare" || slot === undefined) {
        throw new AppError("internal.bug", `a preparing lane was asked to ${request.type} what it has no slot for`);
      }
      return {
        type: "prepared",
        id: request.id,
        pieces: await prepareWindow(source, below, profiles, request.job, slot),
      };
    },
  };
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
