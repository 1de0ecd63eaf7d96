/** From bytes done at moments to bytes a second over time. */
import type { Sample } from "../../../src-core/model/run.ts";

export interface ThroughputPoint {
  /** Milliseconds since the first sample. */
  readonly sinceMs: number;
  readonly convert: number | null;
  readonly export: number | null;
  readonly verify: number | null;
}

const NO_SPEED = { convert: null, export: null, verify: null } as const;

/** Rates shorter apart than this are noise. */
const SHORTEST_MS = 400;

/**
 * Speed between neighbouring samples, a column a kind of task; a point stands at the end of the stretch that it speaks of, and the
 * first stretch has one at its beginning too. Between two kinds, and where the bytes fell back (a new attempt), there is no
 * speed: a point without figures lets the line begin anew.
 */
export function throughput(samples: readonly Sample[]): ThroughputPoint[] {
  const first = samples[0];
  if (first === undefined) return [];
  const startMs = Date.parse(first.at);
  const points: ThroughputPoint[] = [];
  let from = first;
  let fresh = true;
  for (const sample of samples.slice(1)) {
    const atMs = Date.parse(sample.at);
    const fromMs = Date.parse(from.at);
    if (sample.taskKind !== from.taskKind || sample.doneBytes < from.doneBytes) {
      if (!fresh) points.push({ sinceMs: atMs - startMs, ...NO_SPEED });
      from = sample;
      fresh = true;
    } else if (atMs - fromMs >= SHORTEST_MS) {
      const rate = ((sample.doneBytes - from.doneBytes) / (atMs - fromMs)) * 1000;
      const figures = sample.taskKind in NO_SPEED ? { ...NO_SPEED, [sample.taskKind]: rate } : NO_SPEED;
      if (fresh) points.push({ sinceMs: fromMs - startMs, ...figures });
      points.push({ sinceMs: atMs - startMs, ...figures });
      from = sample;
      fresh = false;
    }
  }
  return points;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** Three to six round rates from 0 to at least `highest`, for the axis: steps of 1, 2 or 5 of a power of ten in the unit it is told in. */
export function rateTicks(highest: number): number[] {
  const unit = highest >= GIB ? GIB : highest >= MIB ? MIB : KIB;
  const wanted = Math.max(highest, 1) / 4 / unit;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= wanted) ?? 10) * power * unit;
  return Array.from({ length: Math.ceil(Math.max(highest, 1) / step) + 1 }, (_, n) => n * step);
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
