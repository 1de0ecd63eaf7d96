/** A disk in files as one reader that ends once somebody writes to one of them. */
import { AppError } from "../../src-core/model/error.ts";
import type { DiskReader } from "../formats/format.ts";
import { filesOf, type OpenDisk } from "./open-disk.ts";

/** Reads between two looks whether somebody wrote to the files. */
const LOOK_EVERY = 64;

/** Through the whole chain. Throws job.canceled when `signal` aborts, and disk.in-use; owns nothing: the disk is closed by its opener. */
export function guardedReader(disk: OpenDisk, signal: AbortSignal): DiskReader {
  const files = filesOf(disk);
  const { guest } = disk;
  const [top] = disk.layers;
  let reads = 0;
  const look = () => {
    if (signal.aborted) throw new AppError("job.canceled");
    for (const file of files) file.assertUnchanged();
  };
  return {
    format: top.reader.format,
    subformat: top.reader.subformat,
    virtualSizeBytes: guest.virtualSizeBytes,
    grainBytes: top.reader.grainBytes,
    backing: null,
    mark: null,
    snapshots: [],
    facts: top.reader.facts,
    warnings: disk.warnings,
    allocatedBytes: null,
    files: [],
    async *extents(start, length) {
      yield* guest.extents(start, length);
      look();
    },
    async read(offset, into) {
      await guest.read(offset, into);
      reads += 1;
      if (reads % LOOK_EVERY === 0) look();
    },
    async close() {},
  };
}
