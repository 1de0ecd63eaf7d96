/** The first bytes of an image that is being written: header, extensions, name of the backing file. */
import { AppError } from "../../../src-core/model/error.ts";
import type { WritePlan } from "../format.ts";
import { REFCOUNT_ORDER } from "./host-space.ts";
import {
  COMPRESSION_TYPE,
  EXTENSION,
  headerAdditional,
  headerExtension,
  headerV3,
  INCOMPATIBLE,
  MAGIC,
  MAX_BACKING_NAME_BYTES,
} from "./structures.ts";

/** What the header says about where things are. */
export interface Layout {
  readonly virtualSizeBytes: number;
  readonly clusterBytes: number;
  readonly l1Entries: number;
  readonly l1AtBytes: number;
  readonly refcountTableAtBytes: number;
  readonly refcountTableClusters: number;
}

/** QEMU's name of a format, where it has another one. */
const QEMU_NAMES: Readonly<Record<string, string>> = { vhd: "vpc" };

/**
 * "Header", "Additional fields", "Header extensions", "Backing file name". Always shorter than the smallest cluster that is
 * written, 4 KiB.
 * @throws AppError target.unsupported when the backing file's name is too long for the format
 */
export function encodeHead(layout: Layout, plan: Pick<WritePlan, "compression" | "backing">): Uint8Array {
  const zstd = plan.compression.method === "zstd";
  const headerLength = headerV3.sizeBytes + (zstd ? headerAdditional.sizeBytes : 0);
  const additional = zstd ? headerAdditional.encode({ compressionType: COMPRESSION_TYPE.zstd }) : new Uint8Array(0);
  const extensions = [...backingFormat(plan.backing?.format ?? null), headerExtension.encode(END)];
  const name = Buffer.from(plan.backing?.name ?? "", "utf8");
  if (name.length > MAX_BACKING_NAME_BYTES) {
    throw new AppError(
      "target.unsupported",
      `The parent's name has ${name.length} bytes; a qcow2 image can hold ${MAX_BACKING_NAME_BYTES}.`,
    );
  }
  const nameAt = headerLength + extensions.reduce((sum, { length }) => sum + length, 0);
  const header = headerV3.encode({
    magic: MAGIC,
    version: 3,
    backingFileOffset: name.length > 0 ? nameAt : 0,
    backingFileSize: name.length,
    clusterBits: Math.log2(layout.clusterBytes),
    size: layout.virtualSizeBytes,
    cryptMethod: 0,
    l1Size: layout.l1Entries,
    l1TableOffset: layout.l1AtBytes,
    refcountTableOffset: layout.refcountTableAtBytes,
    refcountTableClusters: layout.refcountTableClusters,
    nbSnapshots: 0,
    snapshotsOffset: 0,
    incompatibleFeatures: zstd ? INCOMPATIBLE.compressionType : 0n,
    compatibleFeatures: 0n,
    autoclearFeatures: 0n,
    refcountOrder: REFCOUNT_ORDER,
    headerLength,
  });
  return new Uint8Array(Buffer.concat([header, additional, ...extensions, name]));
}

const END = { type: EXTENSION.end, length: 0 };

function backingFormat(format: string | null): Uint8Array[] {
  if (format === null) return [];
  const name = Buffer.from(QEMU_NAMES[format] ?? format, "latin1");
  const padded = new Uint8Array(Math.ceil(name.length / 8) * 8);
  padded.set(name);
  return [headerExtension.encode({ type: EXTENSION.backingFormat, length: name.length }), padded];
}
