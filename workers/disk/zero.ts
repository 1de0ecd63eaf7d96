/** What of some bytes is all zero? The test is bound by memory, so it is never what a copy waits for. */
import { kernels } from "../codec/engine.ts";

/** True when every byte of `bytes` is 0 (also when there is none). */
export function isZero(bytes: Uint8Array): boolean {
  return kernels().isZero(bytes);
}
