/** By how much a run starts later than its nominal time: by chance, but the same each time one asks, so that a preview says the truth. */

/**
 * @param key what the chance hangs on: the schedule's id
 * @returns for a nominal time 0 to `mostMs`, whole milliseconds
 */
export function jitterBy(key: string, mostMs: number): (nominalAt: number) => number {
  if (mostMs === 0) return () => 0;
  let seed = 0x811c9dc5;
  for (const letter of key) seed = Math.imul(seed ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return (nominalAt) => {
    let hash = mixed(seed ^ (nominalAt % 2 ** 32));
    hash = mixed(hash ^ Math.floor(nominalAt / 2 ** 32));
    return Math.floor(((hash >>> 0) / 2 ** 32) * (mostMs + 1));
  };
}

/** The end of MurmurHash3: each bit of the answer hangs on each bit of the question. */
function mixed(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
