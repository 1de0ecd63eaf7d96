/**
 * THE loop from a reader to a writer; there is no other. It walks the reader's extents, reads data window by window, leaves out
 * what turns out to be zero, writes runs in ascending order and makes resume points. Memory: one window, whatever the disk's size.
 * Neighbours: chain.ts (what a reader may be), checkpoint-policy.ts (when a resume point is made), tasks/convert.ts (who calls).
 *
 *   extents   |--data--|....hole....|d|..|--data----------|
 *   windows   |           |           |           |           |     windowBytes each, on multiples of it
 *   units     |##|##|##|..|..|..|..|..|#.|..|##|##|##|##|##|..|     zero-tested one by one; runs of # are one write
 */
import type { DiskReader, DiskWriter, WriterCheckpoint } from "../formats/format.ts";
import { type CheckpointRule, createCheckpointPolicy } from "./checkpoint-policy.ts";
import type { LoopHooks } from "./hooks.ts";
import { isZero } from "./zero.ts";

/** One read is at most this, unless a grain of the target is larger. */
const WINDOW_BYTES = 1024 * 1024;
/** Zero runs shorter than this are not worth a hole in the target. */
const MIN_UNIT_BYTES = 4096;

export interface CopyOptions {
  /** Where to begin: 0, or `doneBytes` of a checkpoint (a multiple of the writer's grain). */
  readonly startBytes: number;
  /** Data bytes before `startBytes`, so that progress goes on where it was. */
  readonly doneDataBytes: number;
  readonly hooks: LoopHooks;
  /** Milliseconds, for the pace of checkpoints. */
  now(): number;
  readonly checkpointRule: CheckpointRule;
  /** Told a resume point once everything before it is durable. */
  checkpoint(point: WriterCheckpoint): void;
}

/** What the copy needs of a reader. */
export type CopySource = Pick<DiskReader, "virtualSizeBytes" | "extents" | "read">;

/**
 * Copies [startBytes, end of disk) from `reader` to `writer`; does not finish the writer.
 * @throws AppError whatever the reader, the writer or the gate throws
 */
export async function copyDisk(reader: CopySource, writer: DiskWriter, options: CopyOptions): Promise<void> {
  const { hooks } = options;
  const sizeBytes = reader.virtualSizeBytes;
  const unitBytes = Math.max(writer.grainBytes, MIN_UNIT_BYTES);
  const windowBytes = Math.max(WINDOW_BYTES, unitBytes);
  const buffer = Buffer.allocUnsafeSlow(windowBytes);
  const policy = createCheckpointPolicy(options.checkpointRule, options.now);

  let windowStart = -1; // guest offset of the window in `buffer`, -1 = none
  let firstTouched = 0; // offsets within the window: data lies in [firstTouched, filledTo), zeros fill its gaps
  let filledTo = 0;
  let doneDataBytes = options.doneDataBytes;
  let checkpointedDataBytes = doneDataBytes;

  /** Writes the units of the window that are not zero, one write per run. */
  async function flush(): Promise<void> {
    const limit = Math.min(windowBytes, sizeBytes - windowStart);
    const first = Math.floor(firstTouched / unitBytes) * unitBytes;
    const end = Math.min(Math.ceil(filledTo / unitBytes) * unitBytes, limit);
    buffer.fill(0, filledTo, end);
    let runStart = -1;
    for (let at = first; at < end; at += unitBytes) {
      const zero = isZero(buffer.subarray(at, Math.min(at + unitBytes, end)));
      if (!zero && runStart < 0) runStart = at;
      if (zero && runStart >= 0) {
        await writer.write(windowStart + runStart, buffer.subarray(runStart, at));
        runStart = -1;
      }
    }
    if (runStart >= 0) await writer.write(windowStart + runStart, buffer.subarray(runStart, end));
  }

  /** Flushes the window and makes a resume point behind it when one is due. */
  async function leaveWindow(): Promise<void> {
    if (windowStart < 0) return;
    await flush();
    const behind = Math.min(windowStart + windowBytes, sizeBytes);
    windowStart = -1;
    if (behind < sizeBytes && policy.due(doneDataBytes - checkpointedDataBytes)) {
      const beganAt = options.now();
      options.checkpoint(await writer.checkpoint(behind));
      policy.made(options.now() - beganAt);
      checkpointedDataBytes = doneDataBytes;
    }
  }

  if (options.startBytes < sizeBytes) {
    for await (const extent of reader.extents(options.startBytes, sizeBytes - options.startBytes)) {
      await hooks.gate();
      if (extent.state !== "data") continue;
      const end = extent.start + extent.length;
      for (let at = extent.start; at < end; ) {
        const start = Math.floor(at / windowBytes) * windowBytes;
        if (start !== windowStart) {
          await leaveWindow();
          await hooks.gate();
          windowStart = start;
          firstTouched = at - start;
          // The unit that holds the first data byte is written whole: what precedes the data in it is zero.
          filledTo = Math.floor(firstTouched / unitBytes) * unitBytes;
        }
        const stop = Math.min(end, start + windowBytes);
        buffer.fill(0, filledTo, at - start);
        await reader.read(at, buffer.subarray(at - start, stop - start));
        filledTo = stop - start;
        doneDataBytes += stop - at;
        hooks.progress(doneDataBytes);
        at = stop;
      }
    }
  }
  await leaveWindow();
}
