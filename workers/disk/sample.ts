/** Choosing k of n chunks by a seed, and what such a choice is worth. */

/** Deterministic numbers in [0, 1) from a 32-bit seed: a Weyl sequence through a 32-bit finalizer. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/**
 * Says yes for exactly `chosen` of `total` questions, every subset being equally likely (selection sampling, Knuth TAOCP 3.4.2 S).
 * Keeps two numbers, however many chunks there are.
 */
export function chooseSome(total: number, chosen: number, seed: number): () => boolean {
  const random = seededRandom(seed);
  let left = total;
  let wanted = chosen;
  return () => {
    const take = random() * left < wanted;
    left -= 1;
    if (take) wanted -= 1;
    return take;
  };
}

/**
 * Probability that a random choice of `chosen` of `total` chunks holds at least one of `damaged` damaged ones:
 * 1 − C(total − damaged, chosen) / C(total, chosen).
 */
export function detectionProbability(total: number, chosen: number, damaged: number): number {
  if (damaged <= 0 || chosen <= 0) return 0;
  if (chosen + damaged > total) return 1;
  // The quotient is symmetric in the two, so the shorter product serves.
  const [factors, other] = chosen < damaged ? [chosen, damaged] : [damaged, chosen];
  let missed = 1;
  for (let i = 0; i < factors && missed > 1e-12; i += 1) missed *= (total - other - i) / (total - i);
  return 1 - missed;
}
