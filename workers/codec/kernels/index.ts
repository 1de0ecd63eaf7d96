/** What the compiled kernels offer to workers/codec/wasm-kernels.ts. */
export { deflateRaw, deflateZlib } from "./deflate";
export { inflateRaw, inflateZlib } from "./inflate";
export { isZero, zeroUnits } from "./zero";

/** First byte of the memory that the kernels do not use themselves. */
export function freeFrom(): usize {
  return __heap_base;
}
