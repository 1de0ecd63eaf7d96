/**
 * What a worker is asked to do (TaskSpec), what it tells back (TaskEvent) and what it answers in the end (TaskResult).
 * Shared by main (which plans and records) and workers/entry.ts (which runs).
 */
import { z } from "zod";
import {
  AllocationMap,
  Bytes,
  CheckReport,
  DiskInfo,
  ExtentState,
  ExtentTotals,
  FormatId,
  FormatInfo,
} from "./disk.ts";
import { ExportResult, ExportSpec, PackageDigest } from "./export.ts";
import { ExportSize } from "./export-size.ts";
import { LISTED_PROVIDERS, PriceReading } from "./price-reading.ts";
import { SourceKind } from "./source.ts";
import { TargetOptions } from "./target.ts";
import { DISK_VIEWS } from "./words.ts";

const Full = z.object({ mode: z.literal("full") });
const Sample = z.object({
  mode: z.literal("sample"),
  /** Share of the virtual disk's chunks that is compared, chosen by `seed`. */
  fraction: z.number().gt(0).lte(1),
  seed: z.number().int().min(0).max(0xffff_ffff),
});

/** How much of two disks is compared. */
export const CompareMode = z.discriminatedUnion("mode", [Full, Sample]);
export type CompareMode = z.infer<typeof CompareMode>;

/** How the target is compared with the source after a conversion. */
export const VerifyMode = z
  .discriminatedUnion("mode", [Full, Sample, z.object({ mode: z.literal("none") })])
  .meta({ id: "VerifyMode" });
export type VerifyMode = z.infer<typeof VerifyMode>;

/** Folders (real paths) inside which a disk's extent and backing files may be opened. */
const Roots = z.array(z.string()).min(1);

/** One file (with its companions) that a conversion makes. */
export const ConvertTarget = z.object({
  path: z.string(),
  format: FormatId,
  options: TargetOptions,
  overwrite: z.boolean(),
  /** Unfinished output: lies beside the target, is renamed onto it at the end, survives a crash for resuming. */
  partialPath: z.string(),
});
export type ConvertTarget = z.infer<typeof ConvertTarget>;

/** Most targets of one conversion: read once, written many times. */
export const MAX_TARGETS = 8;

export const ConvertSpec = z.object({
  kind: z.literal("convert"),
  /** A real path, or STANDARD_INPUT. */
  sourcePath: z.string(),
  /** Given only to force it (raw); else the content decides. */
  sourceFormat: FormatId.optional(),
  /** Id or name of an internal snapshot whose state is wanted; left out: the active layer. */
  sourceSnapshot: z.string().optional(),
  targets: z.array(ConvertTarget).min(1).max(MAX_TARGETS),
  /** False: the result is left to the system's cache, for those who know; no resume points are made then. */
  sync: z.boolean(),
  roots: Roots,
});
export type ConvertSpec = z.infer<typeof ConvertSpec>;

export const VerifySpec = z.object({
  kind: z.literal("verify"),
  sourcePath: z.string(),
  sourceFormat: FormatId.optional(),
  sourceSnapshot: z.string().optional(),
  targetPath: z.string(),
  targetFormat: FormatId,
  /** What was asked of the target: a size larger than the source's is right only if it follows from that. */
  targetOptions: TargetOptions.default({}),
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
/** A disk that is looked at, as it is or as one of its internal snapshots holds it. */
const LookedAt = z.object({ path: z.string(), format: FormatId.optional(), snapshot: z.string().optional() });

export const DiskView = z.enum(DISK_VIEWS);
export type DiskView = z.infer<typeof DiskView>;

/** The allocation picture of one disk in `slices` equal slices. */
export const MapSpec = z.object({
  kind: z.literal("map"),
  ...LookedAt.shape,
  /** Left out: layer. */
  view: DiskView.optional(),
  slices: z.number().int().min(1).max(4096),
  roots: Roots,
});
/** What the plan of a conversion needs to know: the disk, its guest's picture in one slice, the formats, the targets' further files. */
export const SurveySpec = z.object({
  kind: z.literal("survey"),
  ...LookedAt.shape,
  targets: z.array(z.object({ format: FormatId, name: z.string() })),
  roots: Roots,
});
/** Compares the contents of two disks, each seen through its chain. */
export const CompareSpec = z.object({
  kind: z.literal("compare"),
  a: LookedAt,
  b: LookedAt,
  mode: CompareMode,
  roots: Roots,
});
export type CompareSpec = z.infer<typeof CompareSpec>;

/** Structural check of one image (its own layer). */
export const CheckSpec = z.object({
  kind: z.literal("check"),
  path: z.string(),
  format: FormatId.optional(),
  roots: Roots,
});
export type CheckSpec = z.infer<typeof CheckSpec>;

/** The extents of one disk from `start` on, at most `limit` of them. */
export const ExtentsSpec = z.object({
  kind: z.literal("extents"),
  ...LookedAt.shape,
  view: DiskView,
  start: Bytes,
  limit: z.number().int().min(1).max(100_000),
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
/** How large the disk would be as another file, by a sample of its data that is really compressed. */
export const SizeSpec = z.object({
  kind: z.literal("size"),
  ...LookedAt.shape,
  target: z.object({ format: FormatId, options: TargetOptions }),
  seed: Sample.shape.seed,
  maxSampleBytes: Bytes,
  /** Ends once the range is within that share of the estimate to either side. */
  precision: z.number().gt(0).max(1),
  roots: Roots,
});
export type SizeSpec = z.infer<typeof SizeSpec>;
/** Reads price lists that need no key. */
export const PricesSpec = z.object({
  kind: z.literal("prices"),
  currency: z.string(),
  lists: z.array(
    z.object({
      provider: z.enum(LISTED_PROVIDERS),
      /** Of the server. */
      url: z.url(),
      /** Ids of the book's regions; none where the list is the same everywhere. */
      regions: z.array(z.string()),
    }),
  ),
});
export type PricesSpec = z.infer<typeof PricesSpec>;
/** A question to the cost rules that takes longer than a call may; with its price book. Both were parsed where they came in. */
export const CostSpec = z.object({
  kind: z.literal("cost"),
  asks: z.string(),
  question: z.unknown(),
  book: z.unknown(),
});
/** What this engine computes with. */
export const DescribeSpec = z.object({ kind: z.literal("describe") });
/** What this engine can read and write; of targets named by their main file also which further files they consist of. */
export const FormatsSpec = z.object({
  kind: z.literal("formats"),
  targets: z.array(z.object({ format: FormatId, subformat: z.string(), name: z.string() })).optional(),
});

export const TaskSpec = z.discriminatedUnion("kind", [
  ConvertSpec,
  ExportSpec,
  VerifySpec,
  InspectSpec,
  MapSpec,
  SurveySpec,
  ExtentsSpec,
  CheckSpec,
  CompareSpec,
  ManifestSpec,
  ScanSpec,
  SizeSpec,
  PricesSpec,
  CostSpec,
  DescribeSpec,
  FormatsSpec,
]);
export type TaskSpec = z.infer<typeof TaskSpec>;
export type TaskKind = TaskSpec["kind"];

/** What became of one target. */
export const ConvertOutput = z
  .object({
    path: z.string(),
    format: FormatId,
    subformat: z.string(),
    /** Further files of it, as paths. */
    companions: z.array(z.string()),
    virtualSizeBytes: Bytes,
    /** Guest bytes stored (zero runs found in data are left out). */
    writtenBytes: Bytes,
    /** All its files. */
    fileSizeBytes: Bytes,
  })
  .meta({ id: "ConvertOutput" });
export type ConvertOutput = z.infer<typeof ConvertOutput>;

export const ConvertResult = z
  .object({
    kind: z.literal("convert"),
    /** Of the source. */
    virtualSizeBytes: Bytes,
    /** What the source's extents were. */
    source: ExtentTotals,
    outputs: z.array(ConvertOutput).min(1),
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
export const SurveyResult = z.object({
  kind: z.literal("survey"),
  disk: DiskInfo,
  map: AllocationMap,
  formats: z.array(FormatInfo),
  /** For every variant of each target's format. */
  companions: z.array(
    z.object({ format: FormatId, subformat: z.string(), name: z.string(), files: z.array(z.string()) }),
  ),
});
export const ExtentsResult = z.object({
  kind: z.literal("extents"),
  virtualSizeBytes: Bytes,
  extents: z.array(z.object({ start: Bytes, length: Bytes, state: ExtentState })),
  /** Where the next page begins; null at the disk's end. */
  nextStart: Bytes.nullable(),
});
export const CheckResult = z
  .object({ kind: z.literal("check"), report: CheckReport, durationMs: z.number() })
  .meta({ id: "CheckResult" });
export type CheckResult = z.infer<typeof CheckResult>;

export const CompareResult = z
  .object({
    kind: z.literal("compare"),
    equal: z.boolean(),
    aVirtualSizeBytes: Bytes,
    bVirtualSizeBytes: Bytes,
    /** Guest offset of the first byte that differs (a shorter disk counts as continued by zeros); null = none found. */
    firstDifferenceBytes: Bytes.nullable(),
    comparedBytes: Bytes,
    statement: z.string(),
    durationMs: z.number(),
  })
  .meta({ id: "CompareResult" });
export type CompareResult = z.infer<typeof CompareResult>;

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
        algorithm: PackageDigest,
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
export const SizeResult = z.object({ kind: z.literal("size"), size: ExportSize });
export const PricesResult = z.object({
  kind: z.literal("prices"),
  read: z.array(
    z.object({
      provider: z.string(),
      url: z.string(),
      publishedAt: z.string().nullable(),
      readings: z.array(PriceReading),
    }),
  ),
});
/** Its shape is the rule's: src-core/cost/questions.ts. */
export const CostAnswerResult = z.object({ kind: z.literal("cost"), answer: z.unknown() });
/** What does the computing, for those who wonder why it is fast or slow. */
export const EngineInfo = z
  .object({
    /** Which implementation inflates, checks sums and looks for zeros. */
    kernels: z.string(),
    /** Why not the fastest one; null where it is. */
    reason: z.string().nullable(),
    /** Versions of the libraries that come with Node. */
    zlib: z.string(),
    zstd: z.string(),
    /** Threads that may compute at once. */
    threads: z.number().int().min(1),
    /** Kinds of sources that can be connected to, in the order of menus. */
    providers: z.array(z.object({ kind: SourceKind, label: z.string() })),
  })
  .meta({ id: "EngineInfo" });
export type EngineInfo = z.infer<typeof EngineInfo>;

export const DescribeResult = z.object({ kind: z.literal("describe"), engine: EngineInfo });
export const FormatsResult = z.object({
  kind: z.literal("formats"),
  formats: z.array(FormatInfo),
  /** Names of the further files of each target asked for, in order; left out when none was. */
  companions: z.array(z.array(z.string())).optional(),
});

export const TaskResult = z.discriminatedUnion("kind", [
  ConvertResult,
  ExportResult,
  VerifyResult,
  InspectResult,
  MapResult,
  SurveyResult,
  ExtentsResult,
  CheckResult,
  CompareResult,
  ManifestResult,
  ScanResult,
  SizeResult,
  PricesResult,
  CostAnswerResult,
  DescribeResult,
  FormatsResult,
]);
export type TaskResult = z.infer<typeof TaskResult>;
export type ResultOf<K extends TaskKind> = Extract<TaskResult, { kind: K }>;
