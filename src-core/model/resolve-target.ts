/** What a format offers and what somebody asks for, brought together: every choice made, or a refusal that says what is possible. */
import { AppError } from "./error.ts";
import type { CompressionMethod, TargetOptions, TargetVariant } from "./target.ts";

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
