/**
 * THE loop from a reader to its writers; there is no other. It walks the reader's extents, has the data prepared window by window
 * (window.ts), hands each writer its pieces in ascending order and makes resume points. Memory: a few windows, whatever the
 * disk's size. Neighbours: chain.ts (what a reader may be), preparer.ts and lane-preparer.ts (who prepares), checkpoint-policy.ts
 * (when a resume point is made), tasks/convert.ts (who calls).
 *
 *   extents   |--data--|....hole....|d|..|--data----------|
 *   windows   |           |           |           |           |     on multiples of their size; those without data are left out
 *   in turn   walk → prepare (several at once) → write in order → resume point
 */
import { AppError } from "../../src-core/model/error.ts";
import type { DiskReader, DiskWriter, WriterCheckpoint } from "../formats/format.ts";
import { type CheckpointRule, createCheckpointPolicy } from "./checkpoint-policy.ts";
import type { LoopHooks } from "./hooks.ts";
import type { Begun, Preparer } from "./preparer.ts";
import { MAX_SEGMENTS, PIECE, PIECE_FIELDS, type Pieces, type Slot, type WindowJob } from "./window.ts";

/** A writer and which of the preparer's profiles is made for it. */
export interface Output {
  readonly writer: DiskWriter;
  readonly profile: number;
  /** Virtual size of the target: the source's, or more. */
  readonly endBytes: number;
}

export interface CopyOptions {
  /** Where to begin: 0, or `doneBytes` of a checkpoint (a multiple of every writer's grain). */
  readonly startBytes: number;
  /** Data bytes before `startBytes`, so that progress goes on where it was. */
  readonly doneDataBytes: number;
  /** Of every window; all units divide it. */
  readonly windowBytes: number;
  readonly hooks: LoopHooks;
  /** Milliseconds, for the pace of checkpoints. */
  now(): number;
  /** Null = no resume points. */
  readonly checkpointRule: CheckpointRule | null;
  /** Told a resume point of each output, in their order, once everything before it is durable. */
  checkpoint(points: readonly WriterCheckpoint[]): void;
}

/** What the walk needs of a reader. */
export type CopySource = Pick<DiskReader, "virtualSizeBytes" | "extents">;

/**
 * Copies [startBytes, end of disk) from `source` to all outputs; does not finish the writers nor close the preparer.
 * @throws AppError whatever the reader, a writer or the gate throws; of several, that of the lowest offset
 */
export async function copyDisk(
  source: CopySource,
  outputs: readonly Output[],
  preparer: Preparer,
  options: CopyOptions,
): Promise<void> {
  const { hooks } = options;
  const sizeBytes = source.virtualSizeBytes;
  const rule = options.checkpointRule;
  const policy = rule === null ? null : createCheckpointPolicy(rule, options.now);
  const underWay: (Walked & { begun: Begun })[] = [];
  let doneDataBytes = options.doneDataBytes;
  let checkpointedDataBytes = doneDataBytes;

  /** Writes the oldest window that is under way and makes a resume point behind it when one is due. */
  async function finishOldest(): Promise<void> {
    const oldest = underWay.shift();
    if (oldest === undefined) return;
    const { job, dataBytes } = oldest;
    const prepared = await oldest.begun.take();
    try {
      for (const output of outputs) {
        await writePieces(output, job, prepared.pieces[output.profile] ?? [], prepared.slot);
      }
    } finally {
      prepared.release();
    }
    doneDataBytes += dataBytes;
    hooks.progress(doneDataBytes);
    const behind = job.start + job.length;
    if (policy !== null && behind < sizeBytes && policy.due(doneDataBytes - checkpointedDataBytes)) {
      const beganAt = options.now();
      const points: WriterCheckpoint[] = [];
      for (const { writer } of outputs) points.push(await writer.checkpoint(behind));
      options.checkpoint(points);
      policy.made(options.now() - beganAt);
      checkpointedDataBytes = doneDataBytes;
    }
  }

  try {
    for await (const { job, dataBytes } of windowsOf(source, options.startBytes, options.windowBytes, hooks.gate)) {
      await hooks.gate();
      await hooks.spend(dataBytes);
      // What is done is written first: its memory is what the next windows are prepared in.
      await preparer.listen();
      while (underWay[0]?.begun.ready) await finishOldest();
      let begun = await preparer.begin(job);
      for (; begun === null; begun = await preparer.begin(job)) await finishOldest();
      underWay.push({ job, dataBytes, begun });
    }
    while (underWay.length > 0) {
      await finishOldest();
      await hooks.gate();
    }
    await preparer.settle();
  } catch (error) {
    await Promise.allSettled(underWay.map(({ begun }) => begun.take()));
    throw error;
  }
}

/** A window and how much of it was told as data: its segments may cover more, where there are too many to tell apart. */
interface Walked {
  readonly job: WindowJob;
  readonly dataBytes: number;
}

/** The windows of [start, end of disk) that hold data. */
async function* windowsOf(
  source: CopySource,
  startBytes: number,
  windowBytes: number,
  gate: () => Promise<void>,
): AsyncIterable<Walked> {
  const sizeBytes = source.virtualSizeBytes;
  if (startBytes >= sizeBytes) return;
  let windowStart = -1;
  let segments: number[] = [];
  let dataBytes = 0;
  const walked = (): Walked => ({
    job: { start: windowStart, length: Math.min(windowBytes, sizeBytes - windowStart), segments },
    dataBytes,
  });
  for await (const extent of source.extents(startBytes, sizeBytes - startBytes)) {
    await gate();
    if (extent.state !== "data") continue;
    const end = extent.start + extent.length;
    for (let at = extent.start; at < end; ) {
      const start = at - (at % windowBytes);
      if (start !== windowStart) {
        if (windowStart >= 0) yield walked();
        windowStart = start;
        segments = [];
        dataBytes = 0;
      }
      const stop = Math.min(end, start + windowBytes);
      addSegment(segments, at, stop - at);
      dataBytes += stop - at;
      at = stop;
    }
  }
  if (windowStart >= 0) yield walked();
}

/** Adds a segment, joined to the one before where they touch (or where there are too many to tell apart). */
function addSegment(segments: number[], at: number, length: number): void {
  const last = segments.length - 2;
  const lastEnd = (segments[last] ?? 0) + (segments[last + 1] ?? 0);
  if (last >= 0 && (lastEnd === at || segments.length >= 2 * MAX_SEGMENTS)) {
    segments[last + 1] = at + length - (segments[last] ?? 0);
  } else segments.push(at, length);
}

async function writePieces({ writer, endBytes }: Output, job: WindowJob, pieces: Pieces, slot: Slot): Promise<void> {
  for (let i = 0; i < pieces.length; i += PIECE_FIELDS) {
    const kind = pieces[i];
    const [at, length] = [pieces[i + 1] ?? 0, pieces[i + 2] ?? 0];
    const [storedAt, storedBytes] = [pieces[i + 3] ?? 0, pieces[i + 4] ?? 0];
    const offset = job.start + at;
    if (kind === PIECE.encoded && writer.writeEncoded) {
      await writer.writeEncoded(offset, slot.encoded.subarray(storedAt, storedAt + storedBytes));
      continue;
    }
    // Where the target goes on behind the source's end, its last unit is whole: the slot holds zeros there.
    const whole = Math.min(Math.ceil(length / writer.grainBytes) * writer.grainBytes, endBytes - offset);
    if (kind === PIECE.plain) await writer.write(offset, slot.data.subarray(at, at + whole));
    else if (kind === PIECE.zero && writer.writeZero) await writer.writeZero(offset, whole);
    else throw new AppError("internal.bug", `a piece of kind ${kind} at ${offset} for a writer that takes none`);
  }
}
