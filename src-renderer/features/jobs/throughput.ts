/** From bytes done at moments to bytes a second over time. */
import type { Sample } from "../../../src-core/model/run.ts";

export interface ThroughputPoint {
  /** Milliseconds since the first sample. */
  readonly sinceMs: number;
  readonly convert: number | null;
  readonly verify: number | null;
}

/** Rates shorter apart than this are noise. */
const SHORTEST_MS = 250;

/**
 * Speed between neighbouring samples, a column a kind of task. Between two kinds, and where the bytes fell back (a new attempt),
 * there is no speed: the line begins anew.
 */
export function throughput(samples: readonly Sample[]): ThroughputPoint[] {
  const first = samples[0];
  if (first === undefined) return [];
  const startMs = Date.parse(first.at);
  const points: ThroughputPoint[] = [];
  let from = first;
  for (const sample of samples.slice(1)) {
    const elapsedMs = Date.parse(sample.at) - Date.parse(from.at);
    if (sample.taskKind !== from.taskKind || sample.doneBytes < from.doneBytes) {
      points.push({ sinceMs: Date.parse(sample.at) - startMs, convert: null, verify: null });
      from = sample;
    } else if (elapsedMs >= SHORTEST_MS) {
      const rate = ((sample.doneBytes - from.doneBytes) / elapsedMs) * 1000;
      points.push({
        sinceMs: Date.parse(sample.at) - startMs,
        convert: sample.taskKind === "convert" ? rate : null,
        verify: sample.taskKind === "verify" ? rate : null,
      });
      from = sample;
    }
  }
  return points;
}

/** Mean speed over all points of one kind; null when there are none. */
export function meanRate(samples: readonly Sample[], kind: Sample["taskKind"]): number | null {
  const own = samples.filter((sample) => sample.taskKind === kind);
  const first = own[0];
  const last = own.at(-1);
  if (first === undefined || last === undefined) return null;
  const elapsedMs = Date.parse(last.at) - Date.parse(first.at);
  return elapsedMs <= 0 ? null : (Math.max(0, last.doneBytes - first.doneBytes) / elapsedMs) * 1000;
}
