/** The total of a population that was sampled in strata, and the range that the sample leaves open. */

export interface Stratum {
  /** Members, and how many of them were looked at. */
  readonly total: number;
  readonly count: number;
  /** Sum and sum of squares of what was seen. */
  readonly sum: number;
  readonly squares: number;
}

export interface TotalRange {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

/** Two-sided 95 % of the normal distribution. */
const Z95 = 1.96;
/** The rule of three: what was not seen in n looks is, with 95 % confidence, no more than 3/n of the whole. */
const RULE_OF_THREE = 3;

/**
 * Estimates the sum over all members; each member is between 0 and `most`.
 *
 * Each stratum is estimated by its own mean, and its variance by that within the strata that have two looks or more. Members that
 * were all looked at are known exactly. A stratum without a look is estimated by the mean of the others, and widens the range.
 */
export function stratifiedTotal(strata: readonly Stratum[], most: number): TotalRange {
  const looks = strata.reduce((sum, { count }) => sum + count, 0);
  const members = strata.reduce((sum, { total }) => sum + total, 0);
  if (members === 0) return { low: 0, likely: 0, high: 0 };
  if (looks === 0) return { low: 0, likely: (members * most) / 2, high: members * most };
  const overall = strata.reduce((sum, each) => sum + each.sum, 0) / looks;
  let squares = 0;
  let freedom = 0;
  for (const { count, sum, squares: own } of strata) {
    if (count < 2) continue;
    squares += Math.max(0, own - (sum * sum) / count);
    freedom += count - 1;
  }
  const looked = strata.filter(({ count }) => count > 0);
  const between = variance(looked.map(({ sum, count }) => sum / count));
  // Without two looks in any stratum all that varies is between them.
  const pooled = freedom > 0 ? squares / freedom : between;
  let likely = 0;
  let spread = 0;
  let unseen = 0;
  for (const { total, count, sum, squares: own } of strata) {
    if (total === 0) continue;
    const mean = count > 0 ? sum / count : overall;
    likely += total * mean;
    if (count >= total) continue;
    unseen += total - count;
    // A few looks of one stratum say little of how it varies: never below half of what all say.
    const within = count < 2 ? pooled : Math.max((own - (sum * sum) / count) / (count - 1), pooled / 2);
    spread += total * total * (1 - count / total) * (count > 0 ? within / count : within + between);
  }
  if (unseen === 0) return { low: likely, likely, high: likely };
  // Student's t is wider where there is little to go by.
  const factor = Z95 * (1 + 1.25 / Math.max(1, freedom));
  // Few looks can miss the few members of another kind, and then say nothing of them in their variance either.
  const rare = Math.min(1, RULE_OF_THREE / looks) * unseen * most;
  const half = Math.max(factor * Math.sqrt(spread), rare);
  return { low: Math.max(0, likely - half), likely, high: Math.min(members * most, likely + half) };
}

function variance(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
