/** What is told, in words: on the desktop, in mails and to webhooks. Times are shown on the wall of the schedule's zone. */
import type { NoticeMessage } from "../model/notification.ts";
import type { ScheduledRunSummary } from "../model/scheduled-run.ts";
import { durationText } from "./fact-text.ts";
import { DAY_MS, fromIso, wallText } from "./instant.ts";
import { zoneOf } from "./zone.ts";

/** Of an ended run. @param zone the schedule's */
export function endMessage(
  run: ScheduledRunSummary,
  event: "failure" | "recovery" | "success",
  zone: string,
): NoticeMessage {
  const { id, scheduleId, scheduleName, state, nominalAt, startedAt, endedAt, error } = run;
  const took = startedAt === null || endedAt === null ? null : Math.max(0, fromIso(endedAt) - fromIso(startedAt));
  const due = `${run.byHand ? "Started by hand" : "Due"} ${shown(nominalAt, zone)} (${zone})`;
  const lines = [
    ...(error === null ? [] : [sentence(error.message), ...(error.hint === undefined ? [] : [error.hint])]),
    ...(error === null && event === "failure" && run.reason !== null ? [sentence(run.reason)] : []),
    `${due}${took === null ? "" : `, took ${durationText(took)}`}.`,
  ];
  return {
    title: endTitle(scheduleName, state, event),
    body: lines.join("\n"),
    path: `/schedules/runs/${id}`,
    data: {
      schedule: { id: scheduleId, name: scheduleName },
      run: {
        id,
        state,
        nominalAt,
        startedAt,
        endedAt,
        error: error === null ? null : { code: error.code, message: error.message, hint: error.hint ?? null },
      },
      lastSuccessAt: null,
    },
  };
}

function endTitle(name: string, state: string, event: "failure" | "recovery" | "success"): string {
  const warned = state === "warned" ? ", with warnings" : "";
  if (event === "recovery") return `${name} works again${warned}`;
  if (event === "success") return `${name} succeeded${warned}`;
  return state === "clean-up-failed" ? `${name}: done, but the clean-up after it failed` : `${name} failed`;
}

/** Of a schedule that has not succeeded for long. @param lastSuccessAt null: never since `sinceAt`, when it was made */
export function overdueMessage(
  schedule: { readonly id: string; readonly name: string; readonly zone: string },
  sinceAt: string,
  lastSuccessAt: string | null,
  now: number,
): NoticeMessage {
  const days = Math.floor((now - fromIso(sinceAt)) / DAY_MS);
  const since = `${shown(sinceAt, schedule.zone)} (${schedule.zone})`;
  return {
    title: `${schedule.name} has not succeeded for ${days} ${days === 1 ? "day" : "days"}`,
    body: lastSuccessAt === null ? `It never has since it was made, ${since}.` : `It succeeded last at ${since}.`,
    path: `/schedules/runs?schedule=${encodeURIComponent(schedule.id)}`,
    data: { schedule: { id: schedule.id, name: schedule.name }, run: null, lastSuccessAt },
  };
}

/** What the test button sends. */
export function testMessage(channel: string): NoticeMessage {
  return {
    title: "Test of HyperSDK Desktop",
    body: `Notices of the channel ${channel} arrive here.`,
    path: "/settings",
    data: { schedule: null, run: null, lastSuccessAt: null },
  };
}

function shown(iso: string, zone: string): string {
  return wallText(zoneOf(zone).wallAt(fromIso(iso))).replace("T", " ");
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
