/**
 * Time zones as tables of the spans in which the offset stays the same. Temporal knows the zones; asked for every time it would cost
 * some microseconds, and ten thousand schedules are asked at once: so each span is asked for once and kept.
 */
import { Temporal } from "temporal-polyfill";
import { AppError } from "../model/error.ts";
import { DAY_MS, FIRST_INSTANT, LAST_INSTANT } from "./instant.ts";

/** Time from `startAt` (included) to `endAt` (not), in which the wall shows the instant plus `offsetMs`. Neighbours may agree. */
export interface Span {
  readonly startAt: number;
  readonly endAt: number;
  readonly offsetMs: number;
}

/** What a wall time means: once; "gap": never, `at` is the end of the gap; "twice": `at` is the first of the two. */
export interface Resolved {
  readonly at: number;
  readonly kind: "once" | "gap" | "twice";
}

export interface Zone {
  /** As the database of zones spells it. */
  readonly id: string;
  spanAt(at: number): Span;
  /** What the clock on the wall shows. */
  wallAt(at: number): number;
  /** The instant of a wall time, by the one policy for all schedules: in a gap its end, of two the first. Never goes back. */
  resolve(wall: number): Resolved;
}

const zones = new Map<string, Zone>();
/** What callers hand in is not trusted to be a zone: so many different names are kept at most. */
const KEPT_ZONES = 1_000;

/** @throws AppError schedule.invalid when there is no such zone */
export function zoneOf(id: string): Zone {
  const known = zones.get(id);
  if (known !== undefined) return known;
  const zone = new ZoneTable(canonical(id));
  if (zones.size >= KEPT_ZONES) zones.clear();
  zones.set(id, zone);
  return zone;
}

/** The id in its usual spelling. An offset such as +02:00 is no zone: it knows nothing of summer. */
function canonical(id: string): string {
  try {
    if (!/^[A-Za-z]/.test(id)) throw new RangeError("not a name");
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(id).timeZoneId;
  } catch (cause) {
    throw new AppError("schedule.invalid", `There is no time zone "${id.slice(0, 64)}".`, {
      hint: "Use a name of the IANA database, such as Europe/Berlin or America/New_York.",
      details: { field: "zone" },
      cause,
    });
  }
}

/** About four years: so much of a zone is asked for at once. */
const CHUNK_MS = 1_461 * DAY_MS;

class ZoneTable implements Zone {
  readonly id: string;
  readonly #chunks = new Map<number, readonly Span[]>();
  #last: Span = { startAt: 0, endAt: 0, offsetMs: 0 };

  constructor(id: string) {
    this.id = id;
  }

  spanAt(at: number): Span {
    if (at >= this.#last.startAt && at < this.#last.endAt) return this.#last;
    if (!(at >= FIRST_INSTANT && at < LAST_INSTANT)) throw new RangeError(`No zone is known at ${at}`);
    const index = Math.floor(at / CHUNK_MS);
    let chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      chunk = readSpans(this.id, index * CHUNK_MS, (index + 1) * CHUNK_MS);
      this.#chunks.set(index, chunk);
    }
    for (const span of chunk) {
      if (at < span.endAt) {
        this.#last = span;
        break;
      }
    }
    return this.#last;
  }

  wallAt(at: number): number {
    return at + this.spanAt(at).offsetMs;
  }

  resolve(wall: number): Resolved {
    // No offset is as long as a day: whatever shows this wall time lies in the spans between these two.
    let span = this.spanAt(Math.max(wall - DAY_MS, FIRST_INSTANT));
    if (wall + DAY_MS < span.endAt) return { at: wall - span.offsetMs, kind: "once" };
    let found: number | null = null;
    let gapEnd: number | null = null;
    const until = Math.min(wall + DAY_MS, LAST_INSTANT - 1);
    for (;;) {
      const at = wall - span.offsetMs;
      if (at >= span.startAt && at < span.endAt) {
        if (found !== null) return { at: found, kind: "twice" };
        found = at;
      }
      if (span.endAt > until) break;
      const next = this.spanAt(span.endAt);
      if (span.endAt + span.offsetMs <= wall && wall < span.endAt + next.offsetMs) gapEnd = span.endAt;
      span = next;
    }
    if (found !== null) return { at: found, kind: "once" };
    if (gapEnd !== null) return { at: gapEnd, kind: "gap" };
    throw new RangeError(`No zone is known at the wall time ${wall}`);
  }
}

function readSpans(id: string, startAt: number, endAt: number): Span[] {
  const spans: Span[] = [];
  let time = Temporal.Instant.fromEpochMilliseconds(startAt).toZonedDateTimeISO(id);
  for (let from = startAt; from < endAt; ) {
    const next = time.getTimeZoneTransition("next");
    const to = next === null ? endAt : Math.min(next.epochMilliseconds, endAt);
    spans.push({ startAt: from, endAt: to, offsetMs: time.offsetNanoseconds / 1e6 });
    if (next === null) break;
    time = next;
    from = to;
  }
  return spans;
}
