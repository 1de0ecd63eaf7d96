/** Compressing one allocation unit the way a format stores it. */
import type { UnitEncoding } from "../formats/format.ts";
import { kernels, zstd } from "./engine.ts";

/**
 * Writes the encoded form of `unit` to the beginning of `into`.
 * @returns its length in bytes, or 0 when it does not fit
 */
export function compressUnit({ method, level }: UnitEncoding, unit: Uint8Array, into: Uint8Array): number {
  switch (method) {
    case "deflate-4k":
      return kernels().deflate(unit, into, { wrapper: "raw4k", level });
    case "zlib":
      return kernels().deflate(unit, into, { wrapper: "zlib", level });
    case "zstd":
      return zstd().compress(unit, into, level);
  }
}
