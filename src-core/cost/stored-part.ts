/** Cohorts in one class, summed over the days and months of a plan. Sums are kept, for every class of a comparison asks for them. */
import { AppError } from "../model/error.ts";
import type { BillingMonth } from "./calendar.ts";
import type { Cohort } from "./cohorts.ts";
import { type Amount, exact, ZERO } from "./decimal.ts";
import { Kept } from "./kept.ts";
import { Tally } from "./tally.ts";

/** How bytes lie in objects and objects in parts. */
export interface Layout {
  objectBytes: number;
  partBytes: number;
  objects(bytes: number): number;
}

export function layoutOf(objectBytes: number, partBytes: number): Layout {
  return { objectBytes, partBytes, objects: (bytes) => Math.ceil(bytes / objectBytes) };
}

/** Uploads of a month, by the requests that they take. */
export interface UploadUse {
  /** Objects that fit into one part: one request. */
  puts: number;
  creates: number;
  parts: number;
  completes: number;
  /** Objects that a lifecycle rule moved in. */
  transitions: number;
  deletes: number;
}

/** Data that leave a class before its minimum days, in one month. */
export interface EarlyLeave {
  byteDays: Amount;
  /** From the shortest to the longest life of what left. */
  livedDays: { from: number; to: number };
  bytes: Amount;
}

type Entry = "upload" | "transition" | "counted";

export class StoredPart {
  readonly #months: readonly BillingMonth[];
  readonly #cohorts: readonly Cohort[];
  readonly #entry: Entry;
  readonly #layout: Layout | null;
  readonly #open: { bytesPerMonth: number; days: number } | null;
  readonly #endDay: number;
  readonly #monthByDay: readonly number[];
  readonly kept = new Kept();

  constructor(
    months: readonly BillingMonth[],
    cohorts: readonly Cohort[],
    entry: Entry,
    layout: Layout | null,
    open: { bytesPerMonth: number; days: number } | null,
  ) {
    this.#months = months;
    this.#cohorts = cohorts;
    this.#entry = entry;
    this.#layout = layout;
    this.#open = open;
    this.#endDay = months.reduce((sum, { days }) => sum + days, 0);
    this.#monthByDay = months.flatMap(({ index, days }) => Array<number>(days).fill(index));
  }

  /**
   * Byte-days of each month; objects smaller than `minimumObjectBytes` count as that. Days are whole, so this is the sum of the daily
   * peaks as well.
   */
  byteDays(minimumObjectBytes: number): Amount[] {
    return this.kept.of(`byte-days ${minimumObjectBytes}`, () => this.#sums(this.#daily(minimumObjectBytes)));
  }

  /** Object-days of each month, of objects from `fromObjectBytes` up. Zero where objects are not known. */
  objectDays(fromObjectBytes: number): Amount[] {
    return this.kept.of(`object-days ${fromObjectBytes}`, () =>
      this.#sums(this.#dailyOf((bytes) => this.#objectsFrom(bytes, fromObjectBytes))),
    );
  }

  /** Days times bytes of uploads that broke off. */
  openByteDays(): Amount[] {
    return this.kept.of("open", () => {
      const open = this.#open;
      if (open === null) return this.#months.map(() => ZERO);
      const changes = new Float64Array(this.#endDay + 1);
      for (const { firstDay } of this.#months) addSpan(changes, firstDay, firstDay + open.days, open.bytesPerMonth);
      return this.#sums(running(changes));
    });
  }

  /** Bytes at the end of each month, and objects. */
  atEnd(): { bytes: number; objects: number }[] {
    return this.kept.of("at end", () => {
      const bytes = this.#daily(0);
      const objects = this.#dailyOf((each) => this.#objectsFrom(each, 0));
      return this.#months.map(({ firstDay, days }) => ({
        bytes: bytes[firstDay + days - 1] ?? 0,
        objects: objects[firstDay + days - 1] ?? 0,
      }));
    });
  }

  /** Bytes that enter the class in each month. */
  written(): Amount[] {
    return this.kept.of("written", () => {
      const sums = this.#months.map(() => new Tally());
      for (const { bytes, bornDay } of this.#cohorts) sums[this.#monthOf(bornDay)]?.add(bytes);
      return sums.map(({ total }) => exact(total));
    });
  }

  uploads(): UploadUse[] {
    return this.kept.of("uploads", () => {
      const uses = this.#months.map(() => ({
        puts: 0,
        creates: 0,
        parts: 0,
        completes: 0,
        transitions: 0,
        deletes: 0,
      }));
      const layout = this.#layout;
      if (layout === null) return uses;
      for (const { bytes, bornDay, diedDay } of this.#cohorts) {
        const use = uses[this.#monthOf(bornDay)];
        if (use && this.#entry === "transition") use.transitions += layout.objects(bytes);
        else if (use) addUpload(use, bytes, layout, true);
        const end = uses[this.#monthOf(diedDay)];
        if (end && diedDay < this.#endDay) end.deletes += layout.objects(bytes);
      }
      if (this.#open !== null) for (const use of uses) addUpload(use, this.#open.bytesPerMonth, layout, false);
      return uses;
    });
  }

  /** What leaves in each month before `minimumDays`, with the days that are still owed. Once for each byte, when it leaves. */
  leavesEarly(minimumDays: number, minimumObjectBytes: number): (EarlyLeave | null)[] {
    return this.kept.of(`early ${minimumDays} ${minimumObjectBytes}`, () => {
      const sums = this.#months.map(() => ({
        byteDays: new Tally(),
        bytes: new Tally(),
        from: Number.POSITIVE_INFINITY,
        to: 0,
      }));
      for (const { bytes, bornDay, diedDay } of this.#cohorts) {
        const lived = diedDay - bornDay;
        const sum = diedDay <= this.#endDay && lived < minimumDays ? sums[this.#monthOf(diedDay)] : undefined;
        if (sum === undefined) continue;
        const billed = this.#billed(bytes, minimumObjectBytes);
        sum.byteDays.add(billed, minimumDays - lived);
        sum.bytes.add(billed);
        sum.from = Math.min(sum.from, lived);
        sum.to = Math.max(sum.to, lived);
      }
      return sums.map(({ byteDays, bytes, from, to }) =>
        to === 0 ? null : { byteDays: exact(byteDays.total), bytes: exact(bytes.total), livedDays: { from, to } },
      );
    });
  }

  #daily(minimumObjectBytes: number): Float64Array {
    return this.kept.of(`daily ${minimumObjectBytes}`, () =>
      this.#dailyOf((bytes) => this.#billed(bytes, minimumObjectBytes)),
    );
  }

  #dailyOf(weigh: (bytes: number) => number): Float64Array {
    const changes = new Float64Array(this.#endDay + 1);
    for (const { bytes, bornDay, diedDay } of this.#cohorts) addSpan(changes, bornDay, diedDay, weigh(bytes));
    return running(changes);
  }

  #billed(bytes: number, minimumObjectBytes: number): number {
    const layout = this.#layout;
    if (layout === null || minimumObjectBytes === 0) return bytes;
    const whole = Math.floor(bytes / layout.objectBytes);
    const tail = bytes - whole * layout.objectBytes;
    const billed =
      whole * Math.max(layout.objectBytes, minimumObjectBytes) + (tail > 0 ? Math.max(tail, minimumObjectBytes) : 0);
    return checked(billed);
  }

  #objectsFrom(bytes: number, fromObjectBytes: number): number {
    const layout = this.#layout;
    if (layout === null) return 0;
    const whole = Math.floor(bytes / layout.objectBytes);
    const tail = bytes - whole * layout.objectBytes;
    return (layout.objectBytes >= fromObjectBytes ? whole : 0) + (tail > 0 && tail >= fromObjectBytes ? 1 : 0);
  }

  #sums(daily: Float64Array): Amount[] {
    return this.#months.map(({ firstDay, days }) => {
      const sum = new Tally();
      for (let day = firstDay; day < firstDay + days; day++) sum.add(daily[day] ?? 0);
      return exact(sum.total);
    });
  }

  #monthOf(day: number): number {
    // What goes with the last day of the horizon is on the bill of its last month.
    return this.#monthByDay[day] ?? this.#months.length - 1;
  }
}

function addSpan(changes: Float64Array, from: number, to: number, value: number): void {
  const end = Math.min(to, changes.length - 1);
  if (from >= end) return;
  changes[from] = (changes[from] ?? 0) + value;
  changes[end] = (changes[end] ?? 0) - value;
}

function running(changes: Float64Array): Float64Array {
  let sum = 0;
  return changes.map((change) => {
    sum = checked(sum + change);
    return sum;
  });
}

/** Whole numbers are exact below 2^53 only. */
function checked(value: number): number {
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  throw new AppError(
    "request.invalid",
    "The workload stores more than 9 PB at a time, or many tiny objects that count as such.",
    {
      hint: "Split it, or use larger objects.",
    },
  );
}

function addUpload(use: UploadUse, bytes: number, layout: Layout, completed: boolean): void {
  const whole = Math.floor(bytes / layout.objectBytes);
  const tail = bytes - whole * layout.objectBytes;
  for (const [size, count] of [
    [layout.objectBytes, whole],
    [tail, tail > 0 ? 1 : 0],
  ] as const) {
    if (count === 0) continue;
    if (size <= layout.partBytes && completed) use.puts += count;
    else if (size > layout.partBytes || !completed) {
      use.creates += count;
      use.parts += count * Math.ceil(size / layout.partBytes);
      if (completed) use.completes += count;
    }
  }
}
