/** From single figures to what a table shows. Pure: the same figures give the same verdict anywhere. */
import type { ConvertRow, MemoryRow, Sample } from "./result.ts";

const MiB = 1024 * 1024;
/** Most memory a conversion may hold with two lanes, and how much more a huge disk may take than a small one. */
export const PEAK_LIMIT = 128 * MiB;
export const GROWTH_LIMIT = 8 * MiB;

/** "must" and "aim": reached; "missed": not even the first; "invalid": the result is wrong, so its speed does not count. */
export type Verdict = "aim" | "must" | "missed" | "invalid";

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface ConvertSummary {
  readonly ours: Spread;
  readonly theirs: Spread;
  /** How the peer was run when it was better. */
  readonly flags: string;
  /** Ours ÷ theirs, pair by pair. */
  readonly ratio: Spread;
  readonly cpuRatio: number;
  readonly peakRssBytes: number;
  /** Null when nothing is written. */
  readonly sizeRatio: number | null;
  readonly verdict: Verdict;
  /** Why the row is invalid; empty when it is not. */
  readonly problems: readonly string[];
}

/** The middle value; of an even number the mean of the two in the middle. @throws RangeError of none */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const [below, above] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  if (below === undefined || above === undefined) throw new RangeError("There is no median of no values");
  return (below + above) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
}

/** Each of `ours` divided by its partner of the same round. @throws RangeError when one has no partner */
export function pairRatios(ours: readonly number[], theirs: readonly number[]): number[] {
  if (ours.length !== theirs.length) throw new RangeError(`${ours.length} and ${theirs.length} runs are not pairs`);
  return ours.map((value, index) => value / (theirs[index] ?? Number.NaN));
}

/** @param ratio wall time of ours ÷ theirs */
export function verdictOf(ratio: number, { must, aim }: { readonly must: number; readonly aim: number }): Verdict {
  if (ratio <= aim) return "aim";
  return ratio <= must ? "must" : "missed";
}

export function summarize(row: ConvertRow): ConvertSummary {
  const wall = (samples: readonly Sample[]) => samples.map((sample) => sample.wallSeconds);
  const cpu = (samples: readonly Sample[]) => samples.map((sample) => sample.cpuSeconds);
  // A way that lost in the first round was not run again.
  const inAll = row.peers.filter(({ samples }) => samples.length === row.ours.length);
  const peer = (inAll.length > 0 ? inAll : row.peers).reduce((best, next) =>
    median(wall(next.samples)) < median(wall(best.samples)) ? next : best,
  );
  const ratio = spread(pairRatios(wall(row.ours), wall(peer.samples)));
  const sizeRatio = sizeRatioOf(row.ours, peer.samples);
  const problems = [...row.problems];
  if (row.sizeLimit !== null && !(sizeRatio !== null && sizeRatio <= row.sizeLimit)) {
    problems.push(`${sizeRatio?.toFixed(4)} times as large as the peer's, allowed are ${row.sizeLimit}`);
  }
  return {
    ours: spread(wall(row.ours)),
    theirs: spread(wall(peer.samples)),
    flags: peer.flags,
    ratio,
    // GNU time counts hundredths of a second: less than one is taken for one.
    cpuRatio: median(
      pairRatios(
        cpu(row.ours),
        cpu(peer.samples).map((seconds) => Math.max(seconds, 0.01)),
      ),
    ),
    peakRssBytes: Math.max(...row.ours.map((sample) => sample.peakRssBytes)),
    sizeRatio,
    verdict: problems.length > 0 ? "invalid" : verdictOf(ratio.median, row),
    problems,
  };
}

/** Of the largest of ours to the smallest of theirs; null when nothing was written. */
function sizeRatioOf(ours: readonly Sample[], theirs: readonly Sample[]): number | null {
  const sizes = (samples: readonly Sample[]) =>
    samples.flatMap(({ outBytes }) => (outBytes === null ? [] : [outBytes]));
  const [mine, yours] = [sizes(ours), sizes(theirs)];
  return mine.length === 0 || yours.length === 0 ? null : Math.max(...mine) / Math.min(...yours);
}

export interface MemorySummary {
  /** Largest resident set of all runs. */
  readonly small: number;
  readonly huge: number;
  /** Medians: the huge disk's minus the small one's; negative when the small one took more. */
  readonly growth: number;
  readonly verdict: "kept" | "missed" | "invalid";
}

export function summarizeMemory(row: MemoryRow): MemorySummary {
  const peaks = (samples: readonly Sample[]) => samples.map((sample) => sample.peakRssBytes);
  const [small, huge] = [Math.max(...peaks(row.small)), Math.max(...peaks(row.huge))];
  const growth = median(peaks(row.huge)) - median(peaks(row.small));
  const kept = Math.max(small, huge) <= PEAK_LIMIT && Math.abs(growth) <= GROWTH_LIMIT;
  return { small, huge, growth, verdict: row.problems.length > 0 ? "invalid" : kept ? "kept" : "missed" };
}
