/** A workload as cohorts: bytes that were written on one day and go on one day. */
import type { JobWorkload } from "../model/workload.ts";
import { restorePoints } from "./restore-points.ts";

export interface Cohort {
  bytes: number;
  bornDay: number;
  /** Infinity: not within the horizon. */
  diedDay: number;
  /** full: the initial data and later fulls. increment: what changed. growth: data that came on top and stay. */
  kind: "full" | "increment" | "growth";
}

/**
 * What a job stores until `endDay`.
 *
 * Increments for ever: the first full stays, growth stays, and the changed bytes of a restore point live as long as the point does.
 * With periodic fulls an increment needs its full and the increments between, so a chain goes when its last point does, link by link
 * from the end.
 */
export function cohortsOf(job: JobWorkload, endDay: number): Cohort[] {
  const points = restorePoints(job.start, endDay, job.everyDays, job.retention);
  const cohorts = job.fullEveryDays === null ? forever(job, points) : chains(job, points, job.fullEveryDays);
  return cohorts
    .filter(({ bytes }) => bytes > 0)
    .map((cohort) => {
      const died = Math.max(cohort.diedDay, cohort.bornDay + job.lockDays);
      return { ...cohort, diedDay: died >= endDay ? Number.POSITIVE_INFINITY : died };
    });
}

type Points = ReturnType<typeof restorePoints>;

function forever(job: JobWorkload, points: Points): Cohort[] {
  const cohorts: Cohort[] = [{ bytes: job.initialBytes, bornDay: 0, diedDay: Number.POSITIVE_INFINITY, kind: "full" }];
  for (const { day, prunedDay } of points.slice(1)) {
    cohorts.push({ bytes: job.changeBytesPerDay * job.everyDays, bornDay: day, diedDay: prunedDay, kind: "increment" });
    const growth = job.growthBytesPerDay * job.everyDays;
    cohorts.push({ bytes: growth, bornDay: day, diedDay: Number.POSITIVE_INFINITY, kind: "growth" });
  }
  return cohorts;
}

function chains(job: JobWorkload, points: Points, fullEveryDays: number): Cohort[] {
  const cohorts: Cohort[] = [];
  let chain = -1;
  const chainOf: number[] = [];
  for (const { day, prunedDay } of points) {
    const full = Math.floor(day / fullEveryDays) !== chain;
    chain = Math.floor(day / fullEveryDays);
    chainOf.push(chain);
    const change = (job.changeBytesPerDay + job.growthBytesPerDay) * job.everyDays;
    const bytes = full ? protectedBytes(job, day) : change;
    cohorts.push({ bytes, bornDay: day, diedDay: prunedDay, kind: full ? "full" : "increment" });
  }
  // From the end of each chain: a link lives at least as long as the one that stands on it.
  for (let at = cohorts.length - 2; at >= 0; at--) {
    const [link, next] = [cohorts[at], cohorts[at + 1]];
    if (link && next && chainOf[at] === chainOf[at + 1]) link.diedDay = Math.max(link.diedDay, next.diedDay);
  }
  return cohorts;
}

/** The size of what the job protects, as of its last point on or before `day`. */
export function protectedBytes(job: JobWorkload, day: number): number {
  return job.initialBytes + job.growthBytesPerDay * (day - (day % job.everyDays));
}
