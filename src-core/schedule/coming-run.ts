/** Runs of a forecast as calls tell them. */
import type { ComingRun } from "../model/schedule-view.ts";
import { factText } from "./fact-text.ts";
import type { ForecastRun } from "./forecast.ts";
import { toIso } from "./instant.ts";

/** @param zone in which its reasons name times: the schedule's */
export function comingRun(
  { scheduleId, nominalAt, startAt, endAt, skipped, facts }: ForecastRun,
  zone: string,
): ComingRun {
  return {
    scheduleId,
    nominalAt: toIso(nominalAt),
    startAt: toIso(startAt),
    endAt: endAt === null ? null : toIso(endAt),
    skipped,
    facts: [...facts],
    reasons: facts.map((fact) => factText(fact, zone)),
  };
}
