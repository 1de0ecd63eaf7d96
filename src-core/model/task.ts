/**
 * What a worker is asked to do (TaskSpec), what it tells back (TaskEvent) and what it answers in the end (TaskResult).
 * Shared by main (which plans and records) and workers/entry.ts (which runs).
 */
import { z } from "zod";
import { AllocationMap, Bytes, DiskInfo, ExtentTotals, FormatId, FormatInfo } from "./disk.ts";
import { AppErrorData } from "./error.ts";
import { LibraryItem } from "./library.ts";

/** How the target is compared with the source after a conversion. */
export const VerifyMode = z
  .discriminatedUnion("mode", [
    z.object({ mode: z.literal("full") }),
    z.object({
      mode: z.literal("sample"),
      /** Share of the virtual disk's chunks that is compared, chosen by `seed`. */
      fraction: z.number().gt(0).lte(1),
      seed: z.number().int().min(0).max(0xffff_ffff),
    }),
    z.object({ mode: z.literal("none") }),
  ])
  .meta({ id: "VerifyMode" });
export type VerifyMode = z.infer<typeof VerifyMode>;

/** Folders (real paths) inside which a disk's extent and backing files may be opened. */
const Roots = z.array(z.string()).min(1);

export const ConvertSpec = z.object({
  kind: z.literal("convert"),
  sourcePath: z.string(),
  /** Given only to force it (raw); else the content decides. */
  sourceFormat: FormatId.optional(),
  targetPath: z.string(),
  targetFormat: FormatId,
  overwrite: z.boolean(),
  /** Unfinished output: lies beside the target, is renamed onto it at the end, survives a crash for resuming. */
  partialPath: z.string(),
  roots: Roots,
});
export type ConvertSpec = z.infer<typeof ConvertSpec>;

export const VerifySpec = z.object({
  kind: z.literal("verify"),
  sourcePath: z.string(),
  sourceFormat: FormatId.optional(),
  targetPath: z.string(),
  targetFormat: FormatId,
  verify: VerifyMode,
  roots: Roots,
});
export type VerifySpec = z.infer<typeof VerifySpec>;

/** Headers, facts and chain of one disk. */
export const InspectSpec = z.object({
  kind: z.literal("inspect"),
  path: z.string(),
  format: FormatId.optional(),
  roots: Roots,
});
/** The allocation picture of one disk in `slices` equal slices. */
export const MapSpec = z.object({
  kind: z.literal("map"),
  path: z.string(),
  format: FormatId.optional(),
  slices: z.number().int().min(1).max(4096),
  roots: Roots,
});
/** Checks the files of an OVA or OVF package against its manifest. */
export const ManifestSpec = z.object({
  kind: z.literal("manifest"),
  /** The .ova, or the .ovf whose folder holds the package. */
  path: z.string(),
});
/** Walks a library folder and reports what is found in `found` events. */
export const ScanSpec = z.object({ kind: z.literal("scan"), folder: z.string(), libraryId: z.string() });
/** What this engine can do. */
export const DescribeSpec = z.object({ kind: z.literal("describe") });

export const TaskSpec = z.discriminatedUnion("kind", [
  ConvertSpec,
  VerifySpec,
  InspectSpec,
  MapSpec,
  ManifestSpec,
  ScanSpec,
  DescribeSpec,
]);
export type TaskSpec = z.infer<typeof TaskSpec>;
export type TaskKind = TaskSpec["kind"];

/** A resume point: everything before `doneBytes` is durable in the partial file; `state` is the writer's own. */
export const Checkpoint = z.object({
  doneBytes: Bytes,
  /** Opaque to all but the task that wrote it. */
  state: z.record(z.string(), z.unknown()),
});
export type Checkpoint = z.infer<typeof Checkpoint>;

export const ConvertResult = z
  .object({
    kind: z.literal("convert"),
    targetPath: z.string(),
    targetFormat: FormatId,
    virtualSizeBytes: Bytes,
    /** What the source's extents were. */
    source: ExtentTotals,
    /** Guest bytes stored in the target (zero runs found in data are left out). */
    writtenBytes: Bytes,
    fileSizeBytes: Bytes,
    durationMs: z.number(),
    /** Where this attempt took up an earlier one, or null when it began at the start. */
    resumedFromBytes: Bytes.nullable(),
  })
  .meta({ id: "ConvertResult" });
export type ConvertResult = z.infer<typeof ConvertResult>;

export const VerifyResult = z
  .object({
    kind: z.literal("verify"),
    mode: VerifyMode,
    virtualSizeBytes: Bytes,
    /** Guest bytes of the virtual disk whose equality was established (ranges that are zero in both count). */
    comparedBytes: Bytes,
    /** In words, e.g. "every byte" or "2 % sample: a damaged 1 % of the disk is found with 98.2 % probability". */
    statement: z.string(),
    /** SHA-256 of the target file, hex; null when no manifest was asked for. */
    sha256: z.string().nullable(),
    manifestPath: z.string().nullable(),
    durationMs: z.number(),
  })
  .meta({ id: "VerifyResult" });
export type VerifyResult = z.infer<typeof VerifyResult>;

export const InspectResult = z.object({ kind: z.literal("inspect"), disk: DiskInfo });
export const MapResult = z.object({ kind: z.literal("map"), map: AllocationMap });
/** Every file of the manifest was read and fits. */
export const ManifestResult = z
  .object({
    kind: z.literal("manifest"),
    path: z.string(),
    /** The manifest's own name; null when the package has none, and nothing was checked. */
    manifest: z.string().nullable(),
    files: z.array(
      z.object({
        name: z.string(),
        sizeBytes: Bytes,
        algorithm: z.enum(["sha1", "sha256", "sha512"]),
        /** Hex. */
        digest: z.string(),
      }),
    ),
    /** Files of the package that the manifest says nothing about. */
    unlisted: z.array(z.string()),
    durationMs: z.number(),
  })
  .meta({ id: "ManifestResult" });
export type ManifestResult = z.infer<typeof ManifestResult>;
export const ScanResult = z.object({
  kind: z.literal("scan"),
  filesSeen: z.number().int(),
  warnings: z.array(z.string()),
});
export const DescribeResult = z.object({ kind: z.literal("describe"), formats: z.array(FormatInfo) });

export const TaskResult = z.discriminatedUnion("kind", [
  ConvertResult,
  VerifyResult,
  InspectResult,
  MapResult,
  ManifestResult,
  ScanResult,
  DescribeResult,
]);
export type TaskResult = z.infer<typeof TaskResult>;
export type ResultOf<K extends TaskKind> = Extract<TaskResult, { kind: K }>;

export const LogLevel = z.enum(["info", "warning", "error"]);
export type LogLevel = z.infer<typeof LogLevel>;

/** A fact about an attempt; state is the fold of these (src-core/job/fold.ts). */
export const TaskEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("started"), at: z.iso.datetime(), resumedFromBytes: Bytes.nullable() }),
  z.object({
    type: z.literal("progress"),
    at: z.iso.datetime(),
    doneBytes: Bytes,
    totalBytes: Bytes,
    phase: z.string(),
  }),
  z.object({ type: z.literal("checkpoint"), at: z.iso.datetime(), checkpoint: Checkpoint }),
  /** The target's file is complete, still under its partial name. */
  z.object({ type: z.literal("written"), at: z.iso.datetime() }),
  z.object({ type: z.literal("warning"), at: z.iso.datetime(), message: z.string() }),
  z.object({ type: z.literal("log"), at: z.iso.datetime(), level: LogLevel, message: z.string() }),
  z.object({
    type: z.literal("found"),
    at: z.iso.datetime(),
    items: z.array(LibraryItem),
    filesSeen: z.number().int(),
  }),
  z.object({ type: z.literal("finished"), at: z.iso.datetime(), result: TaskResult }),
  z.object({ type: z.literal("failed"), at: z.iso.datetime(), error: AppErrorData }),
  z.object({ type: z.literal("canceled"), at: z.iso.datetime() }),
  /** Said by main on boot of an attempt whose process died. */
  z.object({ type: z.literal("lost"), at: z.iso.datetime() }),
]);
export type TaskEvent = z.infer<typeof TaskEvent>;
