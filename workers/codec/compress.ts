/** Compressing one allocation unit the way a format stores it. */
import { constants, deflateRawSync, deflateSync, zstdCompressSync } from "node:zlib";
import type { UnitEncoding } from "../formats/format.ts";

/** 2^12 = 4 KiB: QEMU inflates clusters with this window. */
const QCOW2_WINDOW_BITS = 12;

/**
 * Writes the encoded form of `unit` to the beginning of `into`.
 * @returns its length in bytes, or 0 when it does not fit
 */
export function compressUnit({ method, level }: UnitEncoding, unit: Uint8Array, into: Uint8Array): number {
  const stored = compressed(method, level, unit);
  if (stored.length > into.length) return 0;
  into.set(stored);
  return stored.length;
}

function compressed(method: UnitEncoding["method"], level: number, unit: Uint8Array): Uint8Array {
  switch (method) {
    case "deflate-4k":
      return deflateRawSync(unit, { level, windowBits: QCOW2_WINDOW_BITS, memLevel: 9 });
    case "zlib":
      return deflateSync(unit, { level, memLevel: 9 });
    case "zstd":
      return zstdCompressSync(unit, { params: { [constants.ZSTD_c_compressionLevel]: level } });
  }
}
