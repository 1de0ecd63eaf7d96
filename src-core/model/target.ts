/** What a target file shall be like: the choices a format offers, what somebody asks for, and the two brought together. */
import { z } from "zod";
import { AppError } from "./error.ts";

const Bytes = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const CompressionMethod = z.enum(["none", "zlib", "zstd"]);
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

/** Every choice made. */
export interface ResolvedTarget {
  readonly subformat: string;
  /** Null where the format has one fixed size. */
  readonly blockBytes: number | null;
  readonly sectorBytes: number;
  readonly compression: { readonly method: CompressionMethod; readonly level: number | null };
  readonly preallocation: "off" | "metadata";
}

/**
 * Fills in what was left open and refuses what the format does not offer.
 * @param label what messages call the format
 * @throws AppError target.unsupported naming the option and what is possible
 */
export function resolveTarget(
  label: string,
  variants: readonly TargetVariant[],
  options: TargetOptions,
): ResolvedTarget {
  const [first] = variants;
  if (first === undefined) throw new AppError("target.unsupported", `This program cannot write ${label} files.`);
  const variant =
    options.subformat === undefined
      ? first
      : variants.find(({ id }) => id.toLowerCase() === options.subformat?.toLowerCase());
  if (variant === undefined)
    throw refused(
      label,
      "sub-format",
      options.subformat,
      variants.map(({ id }) => id),
    );
  const blocks = variant.blockBytes;
  const blockBytes = options.blockBytes ?? blocks?.usual ?? null;
  if (options.blockBytes !== undefined && !blocks?.choices.includes(options.blockBytes)) {
    throw refused(label, "block size", sizeName(options.blockBytes), (blocks?.choices ?? []).map(sizeName));
  }
  const sectorBytes = pick(label, "sector size", options.sectorBytes, variant.sectorBytes);
  const preallocation = pick(label, "preallocation", options.preallocation, variant.preallocation);
  const method = pick(
    label,
    "compression",
    options.compression?.method,
    variant.compression.map((c) => c.method),
  );
  const levels = variant.compression.find((c) => c.method === method)?.levels ?? null;
  const level = options.compression?.level ?? levels?.usual ?? null;
  if (
    options.compression?.level !== undefined &&
    (levels === null || level === null || level < levels.min || level > levels.max)
  ) {
    throw refused(
      label,
      "compression level",
      options.compression.level,
      levels ? [`${levels.min} to ${levels.max}`] : [],
    );
  }
  if (options.backingPath !== undefined && !variant.backing) {
    throw new AppError("target.unsupported", `${label} (${variant.id}) files cannot be a delta of another disk.`);
  }
  return { subformat: variant.id, blockBytes, sectorBytes, compression: { method, level }, preallocation };
}

/** Sizes of blocks are powers of two; what was asked may be anything. */
function sizeName(bytes: number): string {
  const [KiB, MiB] = [1024, 1024 * 1024];
  if (bytes % MiB === 0) return `${bytes / MiB} MiB`;
  return bytes % KiB === 0 ? `${bytes / KiB} KiB` : `${bytes} bytes`;
}

function pick<T extends string | number>(label: string, what: string, asked: T | undefined, possible: readonly T[]): T {
  const chosen = asked ?? possible[0];
  if (chosen === undefined || !possible.includes(chosen)) throw refused(label, what, asked, possible);
  return chosen;
}

function refused(label: string, what: string, asked: unknown, possible: readonly (string | number)[]): AppError {
  const instead = possible.length === 0 ? "there is nothing to choose" : `possible: ${possible.join(", ")}`;
  return new AppError("target.unsupported", `${label}: ${what} ${String(asked)} cannot be had; ${instead}.`);
}
