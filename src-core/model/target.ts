/** What a target file shall be like: the choices a format offers, and what somebody asks for. Brought together by resolve-target.ts. */
import { z } from "zod";
import { COMPRESSION_METHODS } from "./words.ts";

const Bytes = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const CompressionMethod = z.enum(COMPRESSION_METHODS);
export type CompressionMethod = z.infer<typeof CompressionMethod>;

/** One way in which a format can be written, with all that can be chosen about it. The first choice of a list is the usual one. */
export const TargetVariant = z
  .object({
    /** As the specification calls it, e.g. "monolithicSparse", "dynamic". */
    id: z.string(),
    label: z.string(),
    /** Allocation units (cluster, block, grain) in bytes; `[]` where there is nothing to choose. */
    blockBytes: z.object({ choices: z.array(Bytes), usual: Bytes }).nullable(),
    /** Logical sector sizes the guest may be shown. */
    sectorBytes: z.array(Bytes).min(1),
    /** How allocation units can be stored; levels from quick to small. "none" has no level. */
    compression: z
      .array(
        z.object({
          method: CompressionMethod,
          levels: z.object({ min: z.number().int(), max: z.number().int(), usual: z.number().int() }).nullable(),
        }),
      )
      .min(1),
    /** "metadata": tables for the whole disk are made at once, so that the guest's writes need not extend them. */
    preallocation: z.array(z.enum(["off", "metadata"])).min(1),
    /** Can be a delta: holds only what differs from a parent. */
    backing: z.boolean(),
    /** The virtual size is a multiple of this, in bytes; a smaller one is rounded up. */
    sizeUnitBytes: Bytes,
  })
  .meta({ id: "TargetVariant" });
export type TargetVariant = z.infer<typeof TargetVariant>;

/** What somebody asks of a target; what is left out is as usual for the format. */
export const TargetOptions = z
  .object({
    subformat: z.string().max(40).optional().describe("Id of one of the format's variants."),
    blockBytes: Bytes.optional().describe("Size of a cluster, block or grain."),
    sectorBytes: Bytes.optional().describe("Logical sector size shown to the guest: 512 or 4096."),
    compression: z.object({ method: CompressionMethod, level: z.number().int().min(1).max(22).optional() }).optional(),
    preallocation: z.enum(["off", "metadata"]).optional(),
    virtualSizeBytes: Bytes.optional().describe("A size larger than the source's; the added end reads as zeros."),
    backingPath: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe("Absolute path of a disk the target becomes a delta of: only what differs from it is stored."),
  })
  .meta({ id: "TargetOptions" });
export type TargetOptions = z.infer<typeof TargetOptions>;
