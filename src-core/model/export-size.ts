/** How large a disk would be as a file of some format: found by compressing a sample of it, with the range that the sample leaves open. */
import { z } from "zod";
import { Bytes, FormatId } from "./disk.ts";
import { TargetOptions } from "./target.ts";

/** A disk, and what it would be made. */
export const SizeAsk = z.object({
  path: z.string().min(1).max(4096).describe("Absolute path of a disk inside a library."),
  sourceFormat: FormatId.optional().describe("Given only to force it (raw); left out, the content decides."),
  snapshot: z.string().min(1).max(400).optional().describe("Id or name of a snapshot inside the image."),
  format: FormatId.describe("Of the file that would be made."),
  options: TargetOptions.omit({ backingPath: true, virtualSizeBytes: true })
    .default({})
    .describe("Variant, block size, compression and level; what is left out is as usual for the format."),
  seed: z
    .number()
    .int()
    .min(0)
    .max(0xffff_ffff)
    .default(1)
    .describe("Chooses the sample: the same seed, the same sample."),
  maxSampleBytes: z
    .number()
    .int()
    .min(2 ** 20)
    .max(2 ** 40)
    .default(2 ** 29)
    .describe("No more than that is read."),
  precision: z
    .number()
    .min(0.001)
    .max(0.5)
    .default(0.01)
    .describe("It ends once the range is within that share of the estimate, to either side."),
});
export type SizeAsk = z.infer<typeof SizeAsk>;

export const SizeRange = z.object({ lowBytes: Bytes, likelyBytes: Bytes, highBytes: Bytes });
export type SizeRange = z.infer<typeof SizeRange>;

/** An estimate as it stands; each one told replaces the one before. */
export const ExportSize = z
  .object({
    /** Of all files of the target; the real size is between low and high with 95 % confidence. */
    size: SizeRange,
    virtualSizeBytes: Bytes,
    /** What the allocation map says holds data. */
    dataBytes: Bytes,
    /** Of the data: what was read and compressed, or looked at where nothing is compressed. */
    sampledBytes: Bytes,
    /** Stored bytes for each byte of data, from the sample; null where there is no data. */
    ratio: z.object({ low: z.number(), likely: z.number(), high: z.number() }).nullable(),
    /** Of the sample: all zeros, and so not stored. */
    zeroShare: z.number().min(0).max(1),
    confidence: z.literal(0.95),
    /** sampling: more is to come. precise: the range is narrow enough. exact: all was read. budget: `maxSampleBytes` was reached. stopped: somebody did. */
    state: z.enum(["sampling", "precise", "exact", "budget", "stopped"]),
    /** What was assumed, every choice made. */
    target: z.object({
      format: FormatId,
      subformat: z.string(),
      compression: z.string(),
      level: z.number().int().nullable(),
    }),
  })
  .meta({ id: "ExportSize" });
export type ExportSize = z.infer<typeof ExportSize>;

/** An estimate beside what a conversion really made of that disk afterwards. */
export const SizeHistoryRow = z.object({
  at: z.iso.datetime(),
  path: z.string(),
  target: ExportSize.shape.target,
  predicted: SizeRange,
  /** Null: no conversion of that disk to that target has ended well since. */
  actualBytes: Bytes.nullable(),
  verdict: z.enum(["within", "smaller", "larger"]).nullable(),
});
export type SizeHistoryRow = z.infer<typeof SizeHistoryRow>;
