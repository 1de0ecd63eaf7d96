/** Writes a test disk the way the copy engine does: ascending units, none that is zero, compressed where the writer wants that. */
import { constants, deflateRawSync, deflateSync, zstdCompressSync } from "node:zlib";
import type { DiskWriter, UnitEncoding } from "../format.ts";
import { fillExpected, type TestDisk } from "./test-disk.ts";

/**
 * Writes what of the disk lies in [start, end), both on borders of the writer's units (or the disk's end).
 * @param plainEvery every so many units one is stored as it is, as if it had not become smaller; 0 = none
 */
export async function play(
  writer: DiskWriter,
  disk: TestDisk,
  start: number,
  end: number,
  plainEvery = 0,
): Promise<void> {
  const unitBytes = writer.grainBytes;
  const unit = new Uint8Array(unitBytes);
  for (let at = start; at < end; at += unitBytes) {
    if (!holdsData(disk, at, unitBytes)) continue;
    fillExpected(disk, at, unit);
    const { encoding } = writer;
    const stored = encoding === null ? null : encodeUnit(unit, encoding);
    const plain =
      stored === null ||
      (encoding?.plainWhenLarger && stored.length >= unitBytes) ||
      (plainEvery > 0 && (at / unitBytes) % plainEvery === 0);
    if (plain) await writer.write(at, unit.subarray(0, disk.virtualSizeBytes - at));
    else await writer.writeEncoded?.(at, stored);
  }
}

function holdsData(disk: TestDisk, at: number, length: number): boolean {
  return disk.data.some((range) => range.start < at + length && range.start + range.length > at);
}

/** A unit as its encoding asks. */
export function encodeUnit(unit: Uint8Array, { method, level }: UnitEncoding): Uint8Array {
  if (method === "zstd") return zstdCompressSync(unit, { params: { [constants.ZSTD_c_compressionLevel]: level } });
  return method === "zlib"
    ? deflateSync(unit, { level })
    : deflateRawSync(unit, { level, windowBits: 12, memLevel: 9 });
}
