/** The throughput chart of a run: bytes done over time, thinned so that the shortest and the longest run have a good picture. */
import type { Sample } from "../model/run.ts";

/** Points kept of one run. */
export const MAX_SAMPLES = 600;
/** Closest distance of two points; it doubles each time the list is thinned. */
const FIRST_SPACING_MS = 500;

/** Adds a point, or replaces the last where that is too close; a full list loses every second point. */
export function addSample(samples: readonly Sample[], next: Sample, limit: number = MAX_SAMPLES): Sample[] {
  const last = samples.at(-1);
  const before = samples.at(-2);
  const tooClose =
    last !== undefined &&
    before !== undefined &&
    last.taskKind === next.taskKind &&
    before.taskKind === next.taskKind &&
    Date.parse(last.at) - Date.parse(before.at) < spacing(samples, limit);
  const grown = [...(tooClose ? samples.slice(0, -1) : samples), next];
  if (grown.length <= limit) return grown;
  return grown.filter((_, index) => index % 2 === 0 || index === grown.length - 1);
}

/** The distance the points kept so far have: a thinned list's halves its number, so twice the first, four times, … */
function spacing(samples: readonly Sample[], limit: number): number {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || samples.length < limit / 2) return FIRST_SPACING_MS;
  const mean = (Date.parse(last.at) - Date.parse(first.at)) / (samples.length - 1);
  return Math.max(FIRST_SPACING_MS, mean);
}
