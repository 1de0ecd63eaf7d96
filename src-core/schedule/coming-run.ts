/** Runs of a forecast as calls tell them. */
import type { ScheduleFact } from "../model/schedule-fact.ts";
import type { ComingRun } from "../model/schedule-view.ts";
import { firingOf } from "./engine/fire.ts";
import { durationText, factText } from "./fact-text.ts";
import type { ForecastRun } from "./forecast.ts";
import { toIso } from "./instant.ts";

/** @param zone in which its reasons name times: the schedule's */
export function comingRun(
  { scheduleId, rootId, nominalAt, startAt, endAt, skipped, facts }: ForecastRun,
  zone: string,
): ComingRun {
  return {
    scheduleId,
    firingId: firingOf(rootId, nominalAt),
    nominalAt: toIso(nominalAt),
    startAt: toIso(startAt),
    endAt: endAt === null ? null : toIso(endAt),
    skipped,
    facts: [...facts],
    reasons: facts.map((fact) => expectedText(fact) ?? factText(fact, zone)),
  };
}

/** What has not happened yet is not told as if it had; null: the usual words do. */
function expectedText(fact: ScheduleFact): string | null {
  switch (fact.kind) {
    case "parent-agreed":
      return `after "${fact.parent}"`;
    case "parent-refused":
      if (fact.outcome === "skipped") return `skipped: "${fact.parent}" is skipped`;
      return `skipped: runs on ${fact.on} of "${fact.parent}", which is expected to ${fact.outcome === "canceled" ? "be canceled" : "succeed"}`;
    case "parent-timed-out":
      return `skipped: "${fact.parent}" is not expected to end within ${durationText(fact.timeoutMs)}`;
    case "parent-not-today":
      return `skipped: "${fact.parent}" does not run on ${fact.day}`;
    default:
      return null;
  }
}
