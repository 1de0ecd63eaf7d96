/**
 * What an export writes into, whatever it is: a package (export-package.ts) or disks alone (export-files.ts). Each disk has a writer of
 * its own; under their names the files are seen only once all of them are complete and durable.
 */
import type { ExportedDisk, ExportedFile } from "../../src-core/model/export-manifest.ts";
import type { MachineDetail } from "../../src-core/model/inventory.ts";
import type { DiskWriter, WriterCheckpoint } from "../formats/format.ts";
import type { PackageHooks } from "../machine/package-writer.ts";

/** A disk that is exported, and how large its guest sees it. */
export interface WantedDisk {
  /** MachineDisk.key. */
  readonly key: string;
  readonly capacityBytes: number;
}

export interface ExportPlan {
  readonly machine: MachineDetail;
  /** In the machine's order. */
  readonly disks: readonly WantedDisk[];
  /** Milliseconds since the epoch: when the first attempt began. */
  readonly startedAtMs: number;
}

/** A disk that is complete: its files lie there under their unfinished names. */
export interface FinishedDisk extends Pick<ExportedDisk, "key" | "format" | "subformat" | "writtenBytes"> {
  /** By their final names; the main file first. */
  readonly files: readonly ExportedFile[];
}

/** A disk that is being written. */
export interface DiskSink {
  readonly writer: DiskWriter;
  /** Virtual size of what is written: the source's, or more. */
  readonly endBytes: number;
  /** Completes the image, makes it durable, and sums its files up by reading them back once. */
  finish(hooks: PackageHooks): Promise<FinishedDisk>;
}

export interface WrittenExport {
  /** What to look at: the .ova, the .ovf, or the folder. */
  readonly path: string;
  /** Folder that the disks' files lie in; of an archive the archive. */
  readonly place: string;
  readonly disks: readonly FinishedDisk[];
  /** Descriptor and manifest of a package. */
  readonly files: readonly ExportedFile[];
  readonly warnings: readonly string[];
}

export interface ExportTarget {
  /** False: one disk after the other, in the plan's order. */
  readonly disksAtOnce: boolean;
  /** JSON for a checkpoint; changes when a disk is finished. */
  readonly state: Record<string, unknown>;
  /** Also of earlier attempts. */
  readonly finished: readonly FinishedDisk[];
  /**
   * @param resume null: begins empty
   * @throws AppError target.*, io.*; with `resume` also state.conflict, disk.truncated, path.* where the file is not what it was made for
   */
  open(key: string, resume: WriterCheckpoint | null): Promise<DiskSink>;
  /** Gives everything its name. @throws AppError target.exists, io.* */
  finish(): Promise<WrittenExport>;
  /** Ends it; again is fine. @param keep what is unfinished stays for another attempt */
  close(keep: boolean): Promise<void>;
}
