/**
 * Units of quantities in OVF (DSP0243 §8, Annex C of DSP0004: programmatic units): "byte * 2^20", "byte*10^6", and the words older
 * writers use ("MegaBytes", "GB"). Answers bytes per unit, or null for what is not understood.
 */

const KIND = new Map<string, number>([
  ["byte", 1],
  ["kilobyte", 2 ** 10],
  ["kb", 2 ** 10],
  ["megabyte", 2 ** 20],
  ["mb", 2 ** 20],
  ["gigabyte", 2 ** 30],
  ["gb", 2 ** 30],
  ["terabyte", 2 ** 40],
  ["tb", 2 ** 40],
]);

/** Bytes in one `unit`, exact; null when the unit is not known or beyond 2^53. */
export function bytesPerUnit(unit: string): number | null {
  const factors = unit
    .trim()
    .toLowerCase()
    .split("*")
    .map((factor) => factor.trim());
  const [word, ...rest] = factors;
  let bytes = KIND.get((word ?? "").replace(/s$/, "")) ?? null;
  for (const factor of rest) {
    const match = /^(\d{1,6})(?:\s*\^\s*(\d{1,2}))?$/.exec(factor);
    if (bytes === null || match === null) return null;
    bytes *= Number(match[1]) ** Number(match[2] ?? 1);
    if (!Number.isSafeInteger(bytes) || bytes <= 0) return null;
  }
  return bytes;
}

/** `quantity` units in bytes; null when either is not understood or the product is beyond 2^53. */
export function quantityInBytes(quantity: string, unit: string): number | null {
  const per = bytesPerUnit(unit);
  if (per === null || !/^\s*\d{1,16}\s*$/.test(quantity)) return null;
  const bytes = Number(quantity) * per;
  return Number.isSafeInteger(bytes) ? bytes : null;
}
