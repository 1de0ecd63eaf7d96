/** What a measurement leaves: every single figure, so that whoever doubts a table can count again. */
import { readFileSync } from "node:fs";
import { z } from "zod";

const Sample = z.object({
  wallSeconds: z.number().positive(),
  cpuSeconds: z.number().min(0),
  peakRssBytes: z.number().positive(),
  /** Size of what it wrote; null when it writes nothing. */
  outBytes: z.number().positive().nullable(),
});
export type Sample = z.infer<typeof Sample>;

const Machine = z.object({
  node: z.string(),
  qemuImg: z.string(),
  cpu: z.string(),
  cores: z.number().int(),
  memoryBytes: z.number(),
  kernel: z.string(),
  /** Of the folder measured in, such as "ext2/ext3" (what `stat -f` calls ext4) or "tmpfs". */
  fileSystem: z.string(),
  /** Of the last minute, before the measurement began: a figure well above 0 says that others were at work. */
  loadAverage: z.number(),
});
export type Machine = z.infer<typeof Machine>;

const Common = {
  /** When it began, ISO 8601. */
  date: z.iso.datetime(),
  machine: Machine,
  /** About how much data the source holds. */
  dataMiB: z.number().int().positive(),
  /** Rounds; in each of them everyone runs once. */
  pairs: z.number().int().positive(),
};

/** One line of the conversions' table. */
const ConvertRow = z.object({
  id: z.string(),
  label: z.string(),
  /** Ratios to reach: wall time of ours ÷ theirs. */
  must: z.number(),
  aim: z.number(),
  /** Ours may be at most so many times as large as theirs; null where size is not judged. */
  sizeLimit: z.number().nullable(),
  ours: z.array(Sample),
  /** The peer in each way it was run; the better counts. */
  peers: z.array(z.object({ flags: z.string(), samples: z.array(Sample) })).min(1),
  /** Why the result does not count: what the oracle has against it. */
  problems: z.array(z.string()),
});
export type ConvertRow = z.infer<typeof ConvertRow>;

export const ConvertResult = z.object({
  bench: z.literal("convert"),
  ...Common,
  rows: z.array(ConvertRow),
  /** Rows that one side did not get through. */
  failures: z.array(z.object({ label: z.string(), message: z.string() })),
});
export type ConvertResult = z.infer<typeof ConvertResult>;

/** One line of the memory table: the same conversion of a small and a huge disk. */
const MemoryRow = z.object({
  id: z.string(),
  label: z.string(),
  small: z.array(Sample),
  huge: z.array(Sample),
  problems: z.array(z.string()),
});
export type MemoryRow = z.infer<typeof MemoryRow>;

export const MemoryResult = z.object({ bench: z.literal("memory"), ...Common, rows: z.array(MemoryRow) });
export type MemoryResult = z.infer<typeof MemoryResult>;

/** @throws Error when the file is not a result of that bench */
export function readResult<T>(path: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (!parsed.success) throw new Error(`${path} is not such a result: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
