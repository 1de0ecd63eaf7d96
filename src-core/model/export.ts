/**
 * Exports: what somebody asks for (ExportRequest), what a worker is told to do (ExportSpec), and what came of it (ExportResult).
 * One export is one machine; a selection is several. How the secret of the source comes to the worker: task.ts of workers.
 */
import { z } from "zod";
import { Bytes, FormatId } from "./disk.ts";
import { TargetOptions } from "./target.ts";

const Id = z.string().min(1).max(1024);

/** Levels of zlib, for the disks of a package. */
const CompressionLevel = z.number().int().min(1).max(9);

/** How the files of a package are summed up in its manifest (.mf). Some importers know older ones only: ESXi up to 6.0 takes SHA-1. */
export const PackageDigest = z.enum(["sha256", "sha1", "sha512"]);
export type PackageDigest = z.infer<typeof PackageDigest>;

/** What can be chosen of a package, be it an archive or a folder. */
const packageChoices = {
  compressionLevel: CompressionLevel.optional(),
  digest: PackageDigest.optional().describe("Digest of the package's manifest (.mf); left out: sha256."),
};

/** What is made of a machine. */
export const ExportOutput = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("ova"), ...packageChoices }),
    z.object({ kind: z.literal("ovf"), ...packageChoices }),
    z.object({
      kind: z.literal("disks"),
      format: FormatId,
      options: TargetOptions.omit({ backingPath: true, virtualSizeBytes: true })
        .default({})
        .describe("What is left out is as usual for the format."),
    }),
  ])
  .meta({ id: "ExportOutput" });
export type ExportOutput = z.infer<typeof ExportOutput>;

/** no: as after a power cut; try: by the guest's help where it can, else with a warning; require: fails where the guest cannot help. */
export const Quiesce = z.enum(["no", "try", "require"]);

/** What becomes of a running machine: it is read as it runs, or shut down first (and started again afterwards). */
export const ExportPower = z.enum(["leave", "shutdown", "shutdown-and-start"]);

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/** A limit on speed within hours of the day, local time of this computer; over midnight where `to` is not after `from`. */
export const TimedLimit = z.object({
  from: clock,
  to: clock,
  maxBytesPerSecond: z
    .number()
    .int()
    .min(1024)
    .max(2 ** 40),
});
export type TimedLimit = z.infer<typeof TimedLimit>;

/** How an export is done, whatever the machine. */
export const ExportOptions = z.object({
  output: ExportOutput,
  folder: z.string().min(1).max(4096).describe("Absolute path of the folder on this computer that it is made in."),
  overwrite: z.boolean().default(false).describe("Replace existing files, once the new ones are complete."),
  quiesce: Quiesce.default("try"),
  power: ExportPower.default("leave"),
  disksAtOnce: z.number().int().min(1).max(8).default(2).describe("An archive takes one disk at a time."),
  connectionsPerHost: z.number().int().min(1).max(8).default(4),
  priority: z.number().int().min(0).max(100).default(50).describe("0 (last) to 100 (first)."),
  maxBytesPerSecond: z
    .number()
    .int()
    .min(1024)
    .max(2 ** 40)
    .nullable()
    .default(null)
    .describe("How fast may be read; null: as fast as it goes."),
  limitsByTime: z.array(TimedLimit).max(24).default([]).describe("The lowest limit in force at a moment holds."),
});
export type ExportOptions = z.infer<typeof ExportOptions>;

/** One machine and what is particular to it. */
export const ExportedMachine = z.object({
  sourceId: Id,
  machineId: Id,
  name: z.string().trim().min(1).max(100).optional().describe("What its files are called; left out: as the machine."),
  diskKeys: z.array(Id).min(1).max(64).optional().describe("Left out: all disks that can be read."),
});
export type ExportedMachine = z.infer<typeof ExportedMachine>;

export const ExportRequest = ExportOptions.extend(ExportedMachine.shape).extend({ kind: z.literal("export") });
export type ExportRequest = z.infer<typeof ExportRequest>;

/** A disk file of an export that makes disks alone: as ConvertTarget, of this disk of the machine. */
const DiskTarget = z.object({
  key: Id,
  path: z.string(),
  format: FormatId,
  options: TargetOptions,
  overwrite: z.boolean(),
  partialPath: z.string(),
});

export const ExportSpec = z.object({
  kind: z.literal("export"),
  sourceId: Id,
  /** For the manifest. */
  sourceName: z.string(),
  machineId: Id,
  machineName: z.string(),
  /** On what is made at the source: "hypersdk-<runId>". */
  mark: z.string(),
  /** What the files are called. */
  name: z.string(),
  /** Who makes it: for the manifest. */
  program: z.object({ name: z.string(), version: z.string() }),
  output: z.discriminatedUnion("kind", [
    z.object({
      kind: z.enum(["ova", "ovf"]),
      /** The .ova, or the folder of an OVF. */
      path: z.string(),
      partialPath: z.string(),
      ...packageChoices,
    }),
    z.object({ kind: z.literal("disks"), targets: z.array(DiskTarget).min(1) }),
  ]),
  /** Of the export's manifest (export-manifest.ts). */
  manifest: z.object({ path: z.string(), partialPath: z.string() }),
  overwrite: z.boolean(),
  /** In the machine's order. */
  diskKeys: z.array(Id).min(1),
  /** All disks were wanted: one that cannot be read is a warning. Left out where somebody chose them. */
  allDisks: z.boolean().optional(),
  quiesce: Quiesce,
  power: ExportPower,
  disksAtOnce: z.number().int().min(1).max(8),
  connectionsPerHost: z.number().int().min(1).max(8),
});
export type ExportSpec = z.infer<typeof ExportSpec>;

export const ExportResult = z
  .object({
    kind: z.literal("export"),
    output: z.enum(["ova", "ovf", "disks"]),
    /** The .ova, the descriptor of an OVF, or the folder of disks. */
    path: z.string(),
    manifestPath: z.string(),
    disks: z.array(
      z.object({
        key: z.string(),
        label: z.string(),
        /** Its main file. */
        path: z.string(),
        capacityBytes: Bytes,
        writtenBytes: Bytes,
        fileSizeBytes: Bytes,
        /** How it was read, for people. */
        transport: z.string(),
        sha256: z.string(),
      }),
    ),
    leftOut: z.array(z.object({ key: z.string(), label: z.string(), reason: z.string() })),
    durationMs: z.number(),
    resumedFromBytes: Bytes.nullable(),
  })
  .meta({ id: "ExportResult" });
export type ExportResult = z.infer<typeof ExportResult>;
