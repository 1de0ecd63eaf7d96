/** A library is a folder the user allowed; a scan of it finds machines and disks. */
import { z } from "zod";
import { Bytes, DiskSummary } from "./disk.ts";
import { AppErrorData } from "./error-data.ts";

export const Library = z
  .object({
    id: z.string(),
    /** Absolute real path of the folder. */
    path: z.string(),
    addedAt: z.iso.datetime(),
    scan: z.object({
      state: z.enum(["never", "scanning", "done", "failed"]),
      finishedAt: z.iso.datetime().nullable(),
      /** Files looked at so far or in the last scan. */
      filesSeen: z.number().int().min(0),
      error: AppErrorData.nullable(),
      /** Entries that could not be read, e.g. "/vm/locked: permission denied" (the first 100). */
      warnings: z.array(z.string()),
    }),
    machineCount: z.number().int().min(0),
    diskCount: z.number().int().min(0),
  })
  .meta({ id: "Library" });
export type Library = z.infer<typeof Library>;

/** How a row came to be known: described by an OVF or VMX file, or a disk nobody describes. */
export const MachineKind = z.enum(["ovf", "vmx", "disk"]);
export type MachineKind = z.infer<typeof MachineKind>;

/** A disk as the library lists it: readable with a summary, or present with the error that reading it gave. */
export const LibraryDisk = z
  .object({
    path: z.string(),
    name: z.string(),
    summary: DiskSummary.nullable(),
    error: AppErrorData.nullable(),
  })
  .meta({ id: "LibraryDisk" });
export type LibraryDisk = z.infer<typeof LibraryDisk>;

/** One machine (or one bare disk) found in a library. */
export const LibraryItem = z
  .object({
    id: z.string(),
    libraryId: z.string(),
    kind: MachineKind,
    name: z.string(),
    /** The describing file; for a bare disk the disk itself. */
    path: z.string(),
    folder: z.string(),
    guestOs: z.string().nullable(),
    cpuCount: z.number().int().nullable(),
    memoryBytes: Bytes.nullable(),
    firmware: z.enum(["bios", "efi"]).nullable(),
    disks: z.array(LibraryDisk),
    /** Snapshots the description names (VMX: .vmsd). */
    snapshotCount: z.number().int().min(0),
    warnings: z.array(z.string()),
    error: AppErrorData.nullable(),
  })
  .meta({ id: "LibraryItem" });
export type LibraryItem = z.infer<typeof LibraryItem>;
