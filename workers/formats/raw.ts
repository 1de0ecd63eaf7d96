/**
 * Raw disk images: the guest's bytes and nothing else.
 *
 *   0                                                    size
 *   ├──────────── byte n of the disk = byte n of the file ──┤
 *
 * There is no specification and no magic: a file is raw when somebody says so or when nothing else claims it (registry.ts).
 * Any length can be read. What the file system knows of the file's holes is `hole` (io/hole-map.ts), everything else `data`, in
 * which the copy engine finds the zeros.
 */
import { AppError } from "../../src-core/model/error.ts";
import type { ByteSource, ByteTarget } from "../io/byte-source.ts";
import {
  assertInside,
  type DiskReader,
  type DiskWriter,
  type Extent,
  type Format,
  PLAIN_VARIANT,
  parseResumeState,
  storedExtents,
  type WriterCheckpoint,
} from "./format.ts";

const SECTOR_BYTES = 512;

/** Granularity in which the writer is fed: a page, so that runs of zeros of that size stay holes. */
const WRITE_GRAIN_BYTES = 4096;

/** What a writer needs to go on: `endBytes` is where the last write before the checkpoint ended, so the file is no shorter. */
const resumeState = async () => (await import("./block-map/resume-states.ts")).RawState;

export const raw: Format = {
  info: {
    id: "raw",
    label: "Raw image",
    extensions: ["raw", "img"],
    can: { read: true, write: true, differencing: false, compressed: false },
    variants: [{ ...PLAIN_VARIANT, id: "sparse", label: "Sparse file", sizeUnitBytes: 1 }],
  },
  probeBytes: { head: 0, tail: 0 },
  // Raw has nothing to recognize; the registry falls back to it.
  probe: () => "no",
  open: async (source) => rawReader(source),
  create: (target, plan, { resume }) => rawWriter(target, plan.virtualSizeBytes, resume),
};

function rawReader(source: ByteSource): DiskReader {
  if (source.sizeBytes === 0) {
    throw new AppError("disk.truncated", `${source.name} is empty: a raw disk has at least one byte`, {
      details: { file: source.name, offset: 0 },
    });
  }
  const { sizeBytes, allocatedBytes } = source;
  return {
    format: "raw",
    subformat: "raw",
    virtualSizeBytes: sizeBytes,
    grainBytes: SECTOR_BYTES,
    backing: null,
    mark: null,
    snapshots: [],
    facts: [],
    warnings:
      sizeBytes % SECTOR_BYTES === 0
        ? []
        : [`The size, ${sizeBytes} bytes, is not a multiple of 512: no machine wrote this disk as it is.`],
    allocatedBytes: allocatedBytes === null ? null : Math.min(allocatedBytes, sizeBytes),
    files: [],
    async *extents(start, length): AsyncIterable<Extent> {
      assertInside(source.name, sizeBytes, start, length);
      yield* storedExtents(source, start, start, length, "hole");
    },
    async read(offset, into) {
      assertInside(source.name, sizeBytes, offset, into.length);
      await source.read(offset, into);
    },
    async close() {},
  };
}

/** The file gets its full length in `finish` only, so that half a disk is never taken for a whole one. */
async function rawWriter(
  target: ByteTarget,
  virtualSizeBytes: number,
  resume: WriterCheckpoint | null,
): Promise<DiskWriter> {
  let { writtenBytes, endBytes } = resume
    ? await parseResumeState(resumeState, resume, target.name)
    : { writtenBytes: 0, endBytes: 0 };
  if (resume) {
    if (endBytes > 0) await target.read(endBytes - 1, new Uint8Array(1));
    // What an earlier attempt wrote beyond its checkpoint may be torn.
    await target.resize(endBytes);
  }
  return {
    grainBytes: WRITE_GRAIN_BYTES,
    encoding: null,
    async write(offset, bytes) {
      await target.write(offset, bytes);
      writtenBytes += bytes.length;
      endBytes = offset + bytes.length;
    },
    async checkpoint(doneBytes) {
      await target.sync();
      return { doneBytes, state: { writtenBytes, endBytes } };
    },
    async finish() {
      await target.resize(virtualSizeBytes);
      await target.sync();
      return { writtenBytes, fileSizeBytes: virtualSizeBytes };
    },
  };
}
