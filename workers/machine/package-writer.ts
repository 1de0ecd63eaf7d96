/**
 * Writing a machine as a package of OVF (DSP0243): disks first, each into a target that a disk format's writer fills, then the
 * descriptor and the manifest that name their sizes and sums. Two kinds with one interface: an archive (ova-package.ts) and a folder
 * (ovf-folder.ts). Under its name nothing is to be seen before all of it is complete and durable.
 */
import { createHash } from "node:crypto";
import { AppError } from "../../src-core/model/error.ts";
import type { PackageDigest } from "../../src-core/model/export.ts";
import type { MachineDetail } from "../../src-core/model/inventory.ts";
import type { ByteTarget } from "../io/byte-source.ts";
import { createFileTarget, openFileTarget } from "../io/file.ts";
import { statPath } from "../io/folder.ts";
import type { OvfOptions } from "./ovf-writer.ts";

export interface PackagePlan extends OvfOptions {
  readonly machine: MachineDetail;
  /** What the files are called; made fit for all file systems (src-core/model/package-names.ts). */
  readonly name: string;
  /** Of the sums in the package's manifest. */
  readonly digest: PackageDigest;
  /** The disks that are exported, in order. */
  readonly disks: readonly {
    /** MachineDisk.key. */
    readonly key: string;
    /** Of the VMDK that will be written, in bytes. */
    readonly virtualSizeBytes: number;
  }[];
}

export interface PackagePlace {
  /** The .ova, or the folder of an OVF, absolute. */
  readonly path: string;
  /** Unfinished files are called this, or begin with it: an absolute path beside the .ova, or in the folder. */
  readonly partialPath: string;
  readonly overwrite: boolean;
  /** Milliseconds since the epoch, for headers of the archive; an attempt that goes on keeps that of the first. */
  readonly startedAtMs: number;
}

/** How unfinished files are made and gone on with. */
export interface PackageFiles {
  create(path: string): Promise<ByteTarget>;
  reopen(path: string): Promise<ByteTarget>;
}

export const REAL_FILES: PackageFiles = { create: createFileTarget, reopen: openFileTarget };

/** While a disk's sum is made. */
export interface PackageHooks {
  /** Awaited between pieces: throws when canceled. */
  gate(): Promise<void>;
  progress(doneBytes: number, totalBytes: number): void;
}

/** Sums of a file, hex. */
export interface FileSums {
  /** What resuming and the export's own manifest go by. */
  readonly sha256: string;
  /** By the digest of the package's manifest: the same where that is SHA-256. */
  readonly manifestSum: string;
}

/** A disk of the package that is complete and durable. Its sums are those of the file. */
export interface PackagedDisk extends FileSums {
  readonly key: string;
  readonly fileName: string;
  readonly fileSizeBytes: number;
  /** Guest bytes that are stored. */
  readonly writtenBytes: number;
}

export interface PackageFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface WrittenPackage {
  readonly path: string;
  /** In the order of the package: descriptor, manifest, disks. */
  readonly files: readonly PackageFile[];
  readonly disks: readonly PackagedDisk[];
  /** How the imported machine will differ from the source. */
  readonly warnings: readonly string[];
}

export interface PackageWriter {
  /** False: one disk after the other, in the plan's order (an archive has one end to write at). */
  readonly disksAtOnce: boolean;
  /** All files it makes, the unfinished names too: to be looked at before, and removed when nobody is left to go on. */
  readonly places: readonly { readonly partialPath: string; readonly path: string }[];
  /** JSON for a checkpoint, to go on with: what is complete so far. Changes with `finishDisk` only. */
  readonly state: Record<string, unknown>;
  /** Disks that are complete, also of earlier attempts. */
  readonly finished: readonly PackagedDisk[];
  /** What the disk's file is called in the package: the `name` of a CreateContext. @throws AppError internal.bug for no disk of the plan */
  fileName(key: string): string;
  /**
   * Where the disk is to be written. Its `close` does nothing; `finishDisk` or `close` end it.
   * @param goOn false: begins empty; true: holds what an earlier attempt wrote
   * @throws AppError internal.bug for a disk out of order, open or complete; with `goOn` as createOva…; target.*, io.*
   */
  openDisk(key: string, goOn: boolean): Promise<ByteTarget>;
  /** After DiskWriter.finish: makes the file's sums, by reading it back once. @throws AppError target.*, io.*, job.canceled */
  finishDisk(
    key: string,
    summary: { readonly fileSizeBytes: number; readonly writtenBytes: number },
    hooks: PackageHooks,
  ): Promise<PackagedDisk>;
  /**
   * Writes descriptor and manifest and gives the package its name.
   * @throws AppError internal.bug while a disk is missing; target.exists, target.no-space, io.*
   */
  finish(): Promise<WrittenPackage>;
  /** Ends it; again is fine. @param keep the unfinished files stay for another attempt; else nothing unfinished is left */
  close(keep: boolean): Promise<void>;
}

const CHUNK_BYTES = 1024 * 1024;

/** Sums of the first `sizeBytes`, which are read once for both. */
export async function sumsOf(
  read: (offset: number, into: Uint8Array) => Promise<void>,
  sizeBytes: number,
  digest: PackageDigest,
  { gate, progress }: PackageHooks,
): Promise<FileSums> {
  const sums = beginSums(digest);
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, sizeBytes));
  for (let at = 0; at < sizeBytes; at += CHUNK_BYTES) {
    await gate();
    const piece = buffer.subarray(0, Math.min(CHUNK_BYTES, sizeBytes - at));
    await read(at, piece);
    sums.update(piece);
    progress(at + piece.length, sizeBytes);
  }
  return sums.end();
}

/** A small file of the package. */
export function packageFile(name: string, content: Uint8Array, digest: PackageDigest): PackageFile & FileSums {
  const sums = beginSums(digest);
  sums.update(content);
  return { name, sizeBytes: content.length, ...sums.end() };
}

function beginSums(digest: PackageDigest): { update(piece: Uint8Array): void; end(): FileSums } {
  const sha256 = createHash("sha256");
  const other = digest === "sha256" ? null : createHash(digest);
  return {
    update(piece) {
      sha256.update(piece);
      other?.update(piece);
    },
    end() {
      const hex = sha256.digest("hex");
      return { sha256: hex, manifestSum: other?.digest("hex") ?? hex };
    },
  };
}

/** Each disk once. @throws AppError internal.bug */
export function assertPlan({ disks }: PackagePlan): void {
  if (new Set(disks.map(({ key }) => key)).size < disks.length)
    throw new AppError("internal.bug", "a disk is to be exported twice");
}

/** @throws AppError internal.bug for a key that the plan does not have */
export function diskIndex({ disks }: PackagePlan, key: string): number {
  const index = disks.findIndex((disk) => disk.key === key);
  if (index < 0) throw new AppError("internal.bug", `no disk ${key} is to be exported`);
  return index;
}

/** @throws AppError target.exists, path.not-file when something lies at `path` that may not be replaced */
export function assertFree(path: string, overwrite: boolean): void {
  const there = statPath(path);
  if (there === null) return;
  const details = { file: path };
  if (there.kind !== "file") {
    throw new AppError("path.not-file", `${path} exists and is not a regular file.`, { details });
  }
  if (!overwrite) throw new AppError("target.exists", `${path} exists already.`, { details });
}
