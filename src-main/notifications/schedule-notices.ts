/**
 * Writes down who is to be told what about schedules: at each end of a run, and every hour about those that have not succeeded for long.
 * Told and looked at is one transaction, and the end of a run that no one looked at (the program ended in between) is found at the start.
 */
import { randomUUID } from "node:crypto";
import type { NoticeEvent, NoticeMessage } from "../../src-core/model/notification.ts";
import { type ScheduledRunState, ScheduledRunState as States } from "../../src-core/model/scheduled-run.ts";
import { DAY_MS, fromIso, HOUR_MS, toIso } from "../../src-core/schedule/instant.ts";
import { endMessage, overdueMessage } from "../../src-core/schedule/notice-words.ts";
import { endKey, healthOf, isAbout, isOverdue, noticeOfEnd, overdueKey } from "../../src-core/schedule/notices.ts";
import { pauseNow } from "../../src-core/schedule/pause.ts";
import { planOf } from "../../src-core/schedule/plan.ts";
import type { Clock } from "../clock.ts";
import { storedChannels } from "../db/notification-channels.ts";
import { insertDelivery, wasTold } from "../db/notification-deliveries.ts";
import type { Db } from "../db/open.ts";
import { firstNominalAfter, scheduledRunById } from "../db/scheduled-runs.ts";
import { scheduleById } from "../db/schedules.ts";
import { claimEnd, lastToldEnd, runsWithUntoldEnd, type Unsuccessful, unsuccessfulSince } from "../db/told-ends.ts";
import type { EventHub } from "../jobs/event-hub.ts";
import type { Log } from "../log/log.ts";
import type { Outbox } from "./outbox.ts";

const statesOf = (...health: unknown[]): ScheduledRunState[] =>
  States.options.filter((state) => health.includes(healthOf(state)));
const GOOD = statesOf("good");
const TELLING = statesOf("good", "bad");
const AT_ONCE = 200;

/** Begins at once, with what was left. @returns the end of it */
export function tellOfSchedules(deps: { db: Db; hub: EventHub; log: Log; clock: Clock; outbox: Outbox }): () => void {
  const { db, hub, log, clock, outbox } = deps;
  let leftSome = true;
  let endTimer = () => {};

  const write = (
    channelId: string,
    key: string,
    event: NoticeEvent,
    message: NoticeMessage,
    scheduledRunId: string | null,
  ): boolean => {
    const at = toIso(clock.now());
    const scheduleId = message.data.schedule?.id ?? null;
    const fresh = { id: randomUUID(), state: "waiting", attempts: 0, nextAttemptAt: at, error: null } as const;
    return insertDelivery(db, { ...fresh, channelId, key, event, at, message, scheduleId, scheduledRunId });
  };

  /** @returns whether there is something to send */
  const noteEnd = (runId: string): boolean =>
    db.transaction(() => {
      const record = scheduledRunById(db, runId);
      const endedAt = record?.summary.endedAt ?? null;
      if (record === null || endedAt === null) return false;
      const { summary, definition } = record;
      const { scheduleId, state } = summary;
      const last = lastToldEnd(db, scheduleId, TELLING);
      const before = last === null ? null : healthOf(States.parse(last.state));
      const sinceAt = lastToldEnd(db, scheduleId, GOOD)?.endedAt ?? scheduleById(db, scheduleId)?.schedule.createdAt;
      if (!claimEnd(db, { scheduleId, scheduledRunId: runId, endedAt, state })) return false;
      let wrote = false;
      for (const { id, settings } of storedChannels(db)) {
        if (!settings.enabled || !isAbout(settings.rules, scheduleId)) continue;
        const overdueTold = sinceAt !== undefined && wasTold(db, id, overdueKey(scheduleId, sinceAt));
        const event = noticeOfEnd(settings.rules, state, before, overdueTold);
        if (event === null) continue;
        wrote = write(id, endKey(runId, endedAt), event, endMessage(summary, event, definition.zone), runId) || wrote;
      }
      return wrote;
    });

  const noteOverdue = (): boolean => {
    const now = clock.now();
    const channels = storedChannels(db).flatMap(({ id, settings: { enabled, rules } }) =>
      enabled && rules.overdueDays !== null ? [{ id, rules, days: rules.overdueDays }] : [],
    );
    if (channels.length === 0) return false;
    const shortest = Math.min(...channels.map(({ days }) => days));
    let wrote = false;
    for (const late of unsuccessfulSince(db, toIso(now - shortest * DAY_MS), GOOD)) {
      const key = overdueKey(late.scheduleId, late.sinceAt);
      // Most that are late were told of: their rows need not be read.
      const untold = channels.filter(({ id, rules }) => isAbout(rules, late.scheduleId) && !wasTold(db, id, key));
      if (untold.length === 0) continue;
      const found = lateSchedule(db, late, now);
      if (found === null) continue;
      for (const { id, days } of untold) {
        if (!isOverdue(days, fromIso(late.sinceAt), found.dueAt, now)) continue;
        const message = overdueMessage(found.schedule, late.sinceAt, late.lastSuccessAt, now);
        wrote = write(id, key, "overdue", message, null) || wrote;
      }
    }
    return wrote;
  };

  const send = (wrote: boolean) => {
    if (!wrote) return;
    hub.publish({ type: "channels" });
    outbox.wake();
  };
  const catchUp = () => {
    for (;;) {
      const ids = runsWithUntoldEnd(db, AT_ONCE);
      for (const id of ids) send(noteEnd(id));
      if (ids.length < AT_ONCE) return;
    }
  };
  const everyHour = () => {
    endTimer = clock.at(clock.now() + HOUR_MS, everyHour);
    try {
      if (leftSome) {
        catchUp();
        leftSome = false;
      }
      send(noteOverdue());
    } catch (error) {
      log.error("Schedules could not be looked at for notices", { error });
    }
  };

  const unlisten = hub.listen(({ event }) => {
    if (event.type !== "scheduled-run" || event.run.endedAt === null) return;
    try {
      send(noteEnd(event.run.id));
    } catch (error) {
      leftSome = true;
      log.error("The end of a scheduled run could not be looked at for notices", { error });
    }
  });
  everyHour();
  outbox.wake();
  return () => {
    unlisten();
    endTimer();
  };
}

/** Null where it is gone, or somebody paused it. */
function lateSchedule(db: Db, { scheduleId, sinceAt }: Unsuccessful, now: number) {
  const schedule = scheduleById(db, scheduleId)?.schedule;
  if (schedule === undefined || pauseNow(schedule.pause, now) !== null) return null;
  // Times that a changed plan would have had before are none it missed.
  const fromAt = Math.max(fromIso(sinceAt), fromIso(schedule.changedAt));
  const planned = planOf(schedule).next(fromAt)?.nominalAt ?? null;
  const made = firstNominalAfter(db, scheduleId, sinceAt);
  const times = [planned, made === null ? null : fromIso(made)].filter((at) => at !== null);
  return { schedule, dueAt: times.length === 0 ? null : Math.min(...times) };
}
