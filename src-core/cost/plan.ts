/**
 * What a workload does to a store, month by month, without any price: the same for all classes, so that a comparison computes it once.
 */
import { AppError } from "../model/error.ts";
import type { Destination } from "../model/price.ts";
import type { JobWorkload, PlannedRead, SimpleWorkload, Workload } from "../model/workload.ts";
import { type BillingMonth, billingMonths } from "./calendar.ts";
import { type Cohort, cohortsOf, protectedBytes } from "./cohorts.ts";
import { type Amount, exact, ZERO } from "./decimal.ts";
import { Kept } from "./kept.ts";
import { type Layout, layoutOf, StoredPart } from "./stored-part.ts";

/** Reads of stored data under one name. */
export interface ReadUse {
  label: string;
  /** By month. */
  bytes: Amount[];
  objects: Amount[];
  to: Destination;
  speed: string | null;
  copyDays: number;
}

export interface Plan {
  months: BillingMonth[];
  /** Data in the class that is asked for. */
  main: StoredPart;
  /** What counts as stored where a provider lets out as much for free; absent: `main`. */
  storedForEgress?: StoredPart;
  /** The same data before a lifecycle rule moved them, in another class. */
  arrival: { class: string; days: number; part: StoredPart } | null;
  reads: ReadUse[];
  /** By month. */
  lists: Amount[];
  /** Requests that come on top of those for uploads and reads (the simple form's). */
  extraWrites: Amount[];
  extraReads: Amount[];
  account: { storedBytes: Amount; internetBytesPerMonth: Amount };
  /** What a restore of the newest state reads, at the end. */
  protectedBytesAtEnd: number;
  layout: Layout | null;
  /** What the workload leaves open and how it is taken. */
  assumptions: string[];
  /** Quantities in the units of meters. */
  kept: Kept;
}

/** `gigabyteBytes` is what the provider calls a gigabyte; only the simple form depends on it. */
export function planOf(workload: Workload, gigabyteBytes: number): Plan {
  return workload.kind === "job" ? planOfJob(workload) : planOfSimple(workload, gigabyteBytes);
}

function planOfJob(job: JobWorkload): Plan {
  const months = billingMonths(job.start, job.months);
  const layout = layoutOf(job.objectBytes, job.partBytes);
  const endDay = lastDay(months);
  const cohorts = cohortsOf(job, endDay);
  const main: Cohort[] = [];
  const arrival: Cohort[] = [];
  for (const cohort of cohorts) {
    if (job.arrival === null) main.push(cohort);
    else {
      const movedDay = cohort.bornDay + job.arrival.days;
      arrival.push({
        ...cohort,
        diedDay: Math.min(cohort.diedDay, movedDay >= endDay ? Number.POSITIVE_INFINITY : movedDay),
      });
      if (movedDay < Math.min(cohort.diedDay, endDay)) main.push({ ...cohort, bornDay: movedDay });
    }
  }
  const open = job.unfinished;
  return {
    months,
    main: new StoredPart(
      months,
      main,
      job.arrival === null ? "upload" : "transition",
      layout,
      job.arrival ? null : open,
    ),
    arrival:
      job.arrival === null ? null : { ...job.arrival, part: new StoredPart(months, arrival, "upload", layout, open) },
    reads: job.reads.map((read) => readUse(job, layout, months, read)),
    lists: months.map(() => exact(job.listsPerMonth)),
    extraWrites: months.map(() => ZERO),
    extraReads: months.map(() => ZERO),
    account: accountOf(job),
    protectedBytesAtEnd: protectedBytes(job, endDay - 1),
    layout,
    assumptions: job.start === null ? ["Every month has 30 days."] : [],
    kept: new Kept(),
  };
}

function readUse(job: JobWorkload, layout: Layout, months: readonly BillingMonth[], read: PlannedRead): ReadUse {
  const { amount, everyMonths, times, label, to, speed, copyDays } = read;
  const each = months.map(({ index, firstDay, days }) => {
    if ((index + 1) % everyMonths !== 0) return 0;
    return "bytes" in amount ? amount.bytes : Math.ceil(amount.share * protectedBytes(job, firstDay + days - 1));
  });
  return {
    label,
    bytes: each.map((bytes) => exact(bytes).times(times)),
    objects: each.map((bytes) => exact(layout.objects(bytes)).times(times)),
    to,
    speed,
    copyDays,
  };
}

function planOfSimple(simple: SimpleWorkload, gigabyteBytes: number): Plan {
  const months = monthsOver(simple.start, simple.days);
  const bytes = Math.round(simple.storageGB * gigabyteBytes);
  if (!Number.isSafeInteger(bytes))
    throw new AppError("request.invalid", "storageGB is too large to compute with exactly.");
  const cohort: Cohort = { bytes, bornDay: 0, diedDay: simple.days, kind: "full" };
  const { requests } = simple;
  const counts =
    typeof requests === "number"
      ? {
          reads: exact(requests).times("0.6"),
          writes: exact(requests).times("0.3"),
          lists: exact(requests).times("0.1"),
        }
      : { reads: exact(requests.reads), writes: exact(requests.writes), lists: exact(requests.lists) };
  const shareOf = (amount: Amount) =>
    months.map(({ firstDay, days }) => amount.times(Math.min(days, simple.days - firstDay)).div(simple.days));
  const transfer = shareOf(exact(simple.transferGB).times(gigabyteBytes));
  return {
    months,
    main: new StoredPart(months, bytes > 0 ? [cohort] : [], "counted", null, null),
    arrival: null,
    reads:
      simple.transferGB === 0
        ? []
        : [
            {
              label: "Transfer",
              bytes: transfer,
              objects: months.map(() => ZERO),
              to: "internet",
              speed: null,
              copyDays: 1,
            },
          ],
    lists: shareOf(counts.lists),
    extraWrites: shareOf(counts.writes),
    extraReads: shareOf(counts.reads),
    account: accountOf(simple),
    protectedBytesAtEnd: bytes,
    layout: null,
    assumptions: [
      ...(simple.start === null ? ["Every month has 30 days."] : []),
      "The number and size of objects are not known: fees, overheads and minimum sizes for each object are not in this.",
      ...(typeof requests === "number" ? ["Of the requests 60 % are reads, 30 % writes, 10 % lists."] : []),
      `The data are deleted after ${simple.days} days.`,
    ],
    kept: new Kept(),
  };
}

/** As many months as `days` reach into. */
function monthsOver(start: string | null, days: number): BillingMonth[] {
  const months = billingMonths(start, Math.ceil(days / 28) + 1);
  return months.filter(({ firstDay }) => firstDay < days);
}

function lastDay(months: readonly BillingMonth[]): number {
  const last = months.at(-1);
  return last === undefined ? 0 : last.firstDay + last.days;
}

function accountOf({ account }: Workload): Plan["account"] {
  return { storedBytes: exact(account.storedBytes), internetBytesPerMonth: exact(account.internetBytesPerMonth) };
}
