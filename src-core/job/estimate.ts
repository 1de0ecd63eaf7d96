/**
 * How fast, and how long still: a meter keeps the bytes done over the last minute, and reads as a rate over the last seconds
 * and a range for the time left. The range spans the fastest and the slowest few seconds seen, widened while little was seen.
 * Types only from the model, so that pages can use it without the schemas.
 */
import type { Eta } from "../model/run.ts";

export interface MeterPoint {
  readonly atMs: number;
  readonly doneBytes: number;
}

/** Points of the last minute, oldest first. A value: `addPoint` makes a new one. */
export interface Meter {
  readonly points: readonly MeterPoint[];
}

export interface MeterReading {
  /** Over the last `RATE_WINDOW_MS`; 0 when nothing moved in them. */
  readonly rateBytesPerSecond: number;
  /** Null while too little was measured, and while nothing moves. */
  readonly eta: Eta;
}

export const EMPTY_METER: Meter = { points: [] };

/** The rate shown is that of the last five seconds; nothing for so long is a stall. */
export const RATE_WINDOW_MS = 5_000;
/** No time left is given before this much was measured. */
export const MEASURE_MS = 2_000;
const KEEP_MS = 60_000;
const SPACING_MS = 500;
/** A window's speed says something about the future only when it is a few seconds long. */
const SPEED_WINDOW_MS = 4_000;
/** One stall must not make the range endless: the slowest speed counted is this part of the mean. */
const SLOWEST_OF_MEAN = 0.25;
/** The range is widened by half at first, less with the square root of the time measured. */
const FIRST_MARGIN = 0.5;

/** Adds what was done at a moment. Bytes or time going backwards (another attempt) begin a new measurement. */
export function addPoint(meter: Meter, atMs: number, doneBytes: number): Meter {
  const point = { atMs, doneBytes };
  const last = meter.points.at(-1);
  if (last === undefined || doneBytes < last.doneBytes || atMs < last.atMs) return { points: [point] };
  const before = meter.points.at(-2);
  // Points closer than the spacing replace each other; the first stays, it is where the measurement began.
  const tooClose = before !== undefined && last.atMs - before.atMs < SPACING_MS;
  const points = [...(tooClose ? meter.points.slice(0, -1) : meter.points), point];
  const firstKept = points.findLastIndex((p) => p.atMs <= atMs - KEEP_MS);
  return { points: firstKept > 0 ? points.slice(firstKept) : points };
}

/** Whether too little was measured for a time left. */
export function isShort(meter: Meter): boolean {
  const first = meter.points[0];
  const last = meter.points.at(-1);
  return first === undefined || last === undefined || last.atMs - first.atMs < MEASURE_MS;
}

/** Reads the meter at `nowMs` for a work of which `remainingBytes` are left. */
export function readMeter(meter: Meter, remainingBytes: number, nowMs: number): MeterReading {
  const { points } = meter;
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || last === first) return { rateBytesPerSecond: 0, eta: null };
  const readAtMs = Math.max(nowMs, last.atMs);
  const from = points.findLast((p) => p.atMs <= readAtMs - RATE_WINDOW_MS) ?? first;
  const rateBytesPerSecond = speed(from, { atMs: readAtMs, doneBytes: last.doneBytes });
  if (rateBytesPerSecond === 0 || isShort(meter)) return { rateBytesPerSecond, eta: null };

  const measuredMs = last.atMs - first.atMs;
  const mean = speed(first, last);
  const { fastest, slowest } = extremes(points, Math.min(SPEED_WINDOW_MS, measuredMs), mean);
  const margin = FIRST_MARGIN * Math.sqrt(MEASURE_MS / measuredMs);
  const eta = {
    lowMs: (remainingBytes / fastest) * 1000 * (1 - margin),
    highMs: (remainingBytes / Math.max(slowest, mean * SLOWEST_OF_MEAN)) * 1000 * (1 + margin),
  };
  return { rateBytesPerSecond, eta };
}

/** Bytes a second between two points; 0 for two points at one moment. */
function speed(from: MeterPoint, to: MeterPoint): number {
  const elapsedMs = to.atMs - from.atMs;
  return elapsedMs <= 0 ? 0 : ((to.doneBytes - from.doneBytes) / elapsedMs) * 1000;
}

/** Fastest and slowest speed of any stretch just as long as `windowMs`. */
function extremes(points: readonly MeterPoint[], windowMs: number, mean: number): { fastest: number; slowest: number } {
  let fastest = mean;
  let slowest = mean;
  let end = 0;
  for (const from of points) {
    let to = points[end];
    while (to !== undefined && to.atMs - from.atMs < windowMs) {
      end += 1;
      to = points[end];
    }
    if (to === undefined) break;
    const found = speed(from, to);
    fastest = Math.max(fastest, found);
    slowest = Math.min(slowest, found);
  }
  return { fastest, slowest };
}
