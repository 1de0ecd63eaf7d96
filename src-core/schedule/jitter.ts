/** By how much a run starts later than its nominal time: by chance, but the same each time one asks, so that a preview says the truth. */

/** @param key what the chance hangs on: the schedule's id. @returns 0 to `mostMs`, whole milliseconds */
export function jitterMs(key: string, nominalAt: number, mostMs: number): number {
  if (mostMs === 0) return 0;
  let hash = 0x811c9dc5;
  for (const letter of `${key}/${nominalAt}`) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  // FNV alone leaves the high bits of short texts alike: the end of MurmurHash3 mixes them.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * (mostMs + 1));
}
