/** What a target stores for units of data, learned from its own writer; only tables that grow with the data are known here. */
import { AppError } from "../../src-core/model/error.ts";
import { resolveTarget } from "../../src-core/model/resolve-target.ts";
import type { SizeSpec } from "../../src-core/model/task.ts";
import { compressUnit } from "../codec/compress.ts";
import { kernels } from "../codec/engine.ts";
import { MIN_UNIT_BYTES, profileOf } from "../disk/window.ts";
import { formatById } from "../formats/registry.ts";
import { memoryTarget } from "../io/memory.ts";
import { targetSize } from "./target-plan.ts";

export interface SizeTarget {
  /** Bytes of the disk that are stored or left out together; what is sampled. */
  readonly unitBytes: number;
  /** Most that a unit takes; 0: the image has one size, whatever the disk holds. */
  readonly mostBytes: number;
  /** All files of an image of that size without data. */
  readonly emptyBytes: number;
  /** Each range of so many bytes with data in it has a table of so many bytes. */
  readonly table: { readonly spanBytes: number; readonly bytes: number } | null;
  /** Further bytes for what is stored in all. */
  readonly overhead: (storedBytes: number) => number;
  /** Bytes that a unit takes; 0: it is all zeros. `unit` is filled up with zeros at the disk's end. */
  stored(unit: Uint8Array): number;
  readonly choices: ReturnType<typeof resolveTarget>;
}

/** @throws AppError target.unsupported */
export async function sizeTarget({ target }: SizeSpec, sourceBytes: number): Promise<SizeTarget> {
  const { info, create, companions } = formatById(target.format);
  const choices = resolveTarget(info.label, info.variants, target.options);
  if (create === undefined) throw new AppError("target.unsupported", `This program cannot write ${info.label} files.`);
  const virtualSizeBytes = targetSize(target.format, target.options, sourceBytes);
  const plan = { ...choices, preallocation: "off" as const, virtualSizeBytes, backing: null };
  const file = memoryTarget("estimate");
  const others = (companions?.(choices.subformat, file.name) ?? []).map((name) => memoryTarget(name));
  const writer = await create(file, plan, { name: file.name, companions: others, resume: null });
  const profile = profileOf(writer, false);
  await writer.finish();
  const emptyBytes = [file, ...others].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { unitBytes: writtenBytes, encoding } = profile;
  const grows = emptyBytes < virtualSizeBytes;
  // Where nothing is packed, what is allocated at once is the format's block.
  const unitBytes = Math.max(writtenBytes, encoding === null ? (blockOf(target.format, choices.blockBytes) ?? 0) : 0);
  const into = new Uint8Array(unitBytes * 2 + 1024);
  const isStream = target.format === "vmdk" && encoding !== null;
  const prefix = target.format === "vhd" ? 512 : 0;
  const mostBytes = isStream
    ? sectors(STREAM_MARKER + unitBytes + Math.ceil(unitBytes / 256) + 64)
    : unitBytes + prefix;
  return {
    choices,
    unitBytes,
    emptyBytes,
    mostBytes: grows ? mostBytes : 0,
    table: grows ? tableOf(target.format, writtenBytes, isStream) : null,
    // A refcount of two bytes for each cluster of the file.
    overhead: (stored) =>
      target.format === "qcow2" ? Math.ceil(Math.ceil(stored / writtenBytes) / (writtenBytes / 2)) * writtenBytes : 0,
    stored(unit) {
      if (kernels().isZero(unit)) return 0;
      if (encoding === null) return unitBytes + prefix;
      const packed = compressUnit(
        encoding,
        unit,
        into.subarray(0, encoding.plainWhenLarger ? unitBytes - 1 : into.length),
      );
      if (isStream) return sectors(STREAM_MARKER + packed);
      return packed === 0 ? unitBytes : packed;
    },
  };
}

/** A grain's marker in a stream-optimized VMDK; marker and grain fill whole sectors. */
const STREAM_MARKER = 12;

function sectors(bytes: number): number {
  return Math.ceil(bytes / 512) * 512;
}

function blockOf(format: SizeSpec["target"]["format"], blockBytes: number | null): number | null {
  if (format === "vhd") return blockBytes ?? 2 * 2 ** 20;
  if (format === "vdi") return blockBytes ?? 2 ** 20;
  return format === "vhdx" ? blockBytes : null;
}

function tableOf(format: SizeSpec["target"]["format"], unitBytes: number, isStream: boolean): SizeTarget["table"] {
  if (format === "qcow2") return { spanBytes: (unitBytes / 8) * unitBytes, bytes: unitBytes };
  // 512 entries of 4 bytes; in a stream behind a marker. A sparse one has its tables from the start.
  if (isStream) return { spanBytes: 512 * unitBytes, bytes: 2048 + 512 };
  return null;
}

/** Whether units of that size can be sampled in memory. */
export function assertUnit(unitBytes: number): void {
  if (unitBytes % MIN_UNIT_BYTES !== 0 || unitBytes > 256 * 2 ** 20) {
    throw new AppError("internal.bug", `a unit of ${unitBytes} bytes`);
  }
}
