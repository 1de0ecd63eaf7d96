/** A virtual disk on this computer: what its files say about it, and where its bytes are. Sizes in bytes. */
import { z } from "zod";
import { TargetVariant } from "./target.ts";
import { FORMAT_IDS } from "./words.ts";

/** State of a range of a virtual disk: stored bytes; known to read as zeros; not allocated (reads from the backing, else zeros). */
export const ExtentState = z.enum(["data", "zero", "hole"]);
export type ExtentState = z.infer<typeof ExtentState>;

export const FormatId = z.enum(FORMAT_IDS);
export type FormatId = z.infer<typeof FormatId>;

/** A non-negative size or offset in bytes, exact (below 2^53). */
export const Bytes = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** What a format can do, for menus and checks. */
export const FormatInfo = z
  .object({
    id: FormatId,
    label: z.string(),
    /** Without dot; the first is used for new files. */
    extensions: z.array(z.string()).min(1),
    can: z.object({ read: z.boolean(), write: z.boolean(), differencing: z.boolean(), compressed: z.boolean() }),
    /** The ways in which it can be written, the usual one first; none where it is only read. */
    variants: z.array(TargetVariant),
  })
  .meta({ id: "FormatInfo" });
export type FormatInfo = z.infer<typeof FormatInfo>;

/** One line of a disk's header, as its specification names it. */
export const Fact = z.object({ group: z.string(), name: z.string(), value: z.string() }).meta({ id: "Fact" });
export type Fact = z.infer<typeof Fact>;

/** A file that makes up a disk. */
export const DiskFile = z.object({
  path: z.string(),
  role: z.enum(["image", "descriptor", "extent", "backing"]),
  sizeBytes: Bytes,
  /** What the file system has allocated for it (sparse files: less than the size). */
  allocatedBytes: Bytes,
});
export type DiskFile = z.infer<typeof DiskFile>;

/** A snapshot kept inside the image (qcow2). */
export const InternalSnapshot = z.object({ id: z.string(), name: z.string(), createdAt: z.iso.datetime().nullable() });
export type InternalSnapshot = z.infer<typeof InternalSnapshot>;

/** The parent a disk names. `path` is the resolved file when it was found inside the allowed folders, else null. */
export const BackingInfo = z.object({
  name: z.string(),
  format: FormatId.nullable(),
  path: z.string().nullable(),
  /** Why it could not be resolved, in words; null when it was. */
  problem: z.string().nullable(),
});
export type BackingInfo = z.infer<typeof BackingInfo>;

/** What is known of a disk from its headers, without reading its data. */
export const DiskSummary = z
  .object({
    path: z.string(),
    name: z.string(),
    folder: z.string(),
    format: FormatId,
    /** e.g. "streamOptimized", "v3, zlib". */
    subformat: z.string(),
    virtualSizeBytes: Bytes,
    /** Sum of the lengths of the disk's own files. */
    fileSizeBytes: Bytes,
    /** Bytes the image has allocated for guest data (from its tables; raw: from the file system). */
    allocatedBytes: Bytes,
    backing: BackingInfo.nullable(),
    snapshotCount: z.number().int().min(0),
    /** Things worth telling that do not stop reading, e.g. name and content disagree. */
    warnings: z.array(z.string()),
  })
  .meta({ id: "DiskSummary" });
export type DiskSummary = z.infer<typeof DiskSummary>;

/** Everything `inspect` tells. */
export const DiskInfo = DiskSummary.extend({
  grainBytes: Bytes,
  files: z.array(DiskFile),
  snapshots: z.array(InternalSnapshot),
  facts: z.array(Fact),
  /** The chain below this disk, nearest parent first. */
  chain: z.array(z.object({ path: z.string(), format: FormatId, virtualSizeBytes: Bytes })),
}).meta({ id: "DiskInfo" });
export type DiskInfo = z.infer<typeof DiskInfo>;

/** Sums over extents. */
export const ExtentTotals = z.object({ dataBytes: Bytes, zeroBytes: Bytes, holeBytes: Bytes });
export type ExtentTotals = z.infer<typeof ExtentTotals>;

/** A picture of a disk's allocation: equal slices in order, each with its exact figures; sums equal the virtual size. */
export const AllocationMap = z
  .object({
    path: z.string(),
    virtualSizeBytes: Bytes,
    totals: ExtentTotals,
    /** Number of extents the disk has in all (merged, gap-free). */
    extentCount: z.number().int().min(0),
    /** How many of them hold data. */
    dataExtentCount: z.number().int().min(0),
    slices: z.array(ExtentTotals.extend({ start: Bytes, lengthBytes: Bytes })),
  })
  .meta({ id: "AllocationMap" });
export type AllocationMap = z.infer<typeof AllocationMap>;

/** One thing that a structural check found. */
export const CheckFinding = z
  .object({
    /** error: content is lost or wrong; leak: space of the file that nothing uses; warning: odd but harmless. */
    severity: z.enum(["error", "leak", "warning"]),
    /** By the specification's name, e.g. "L2 table 7". */
    structure: z.string(),
    /** Where in the file; null where there is no one place. */
    offsetBytes: Bytes.nullable(),
    message: z.string(),
  })
  .meta({ id: "CheckFinding" });
export type CheckFinding = z.infer<typeof CheckFinding>;

/** What a structural check of one image came to. */
export const CheckReport = z
  .object({
    path: z.string(),
    format: FormatId,
    /** The first of them, at most 1000. */
    findings: z.array(CheckFinding),
    errors: z.number().int().min(0),
    leaks: z.number().int().min(0),
    warnings: z.number().int().min(0),
    /** In words: which structures were looked at. */
    statement: z.string(),
  })
  .meta({ id: "CheckReport" });
export type CheckReport = z.infer<typeof CheckReport>;
