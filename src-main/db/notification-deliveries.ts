/** The table notification_deliveries: what is told through each channel, and how far that is. */
import type { Selectable } from "kysely";
import { Delivery, type NoticeEvent, NoticeMessage } from "../../src-core/model/notification.ts";
import type { Db } from "./open.ts";
import type { Tables } from "./tables.ts";

/** Deliveries of a channel that are kept; older ones that are done with are forgotten. */
const KEEP = 500;

export interface NewDelivery {
  readonly id: string;
  readonly channelId: string;
  /** A channel has each key once. */
  readonly key: string;
  readonly event: NoticeEvent;
  readonly at: string;
  readonly message: NoticeMessage;
  readonly scheduleId: string | null;
  readonly scheduledRunId: string | null;
  readonly state: Delivery["state"];
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
  readonly error: string | null;
}

export interface StoredDelivery {
  readonly delivery: Delivery;
  readonly message: NoticeMessage;
}

/** @returns false where the channel was told that before */
export function insertDelivery(db: Db, made: NewDelivery): boolean {
  const insert = db.sql.insertInto("notification_deliveries").values({
    id: made.id,
    channel_id: made.channelId,
    event_key: made.key,
    event: made.event,
    at: made.at,
    message: JSON.stringify(made.message),
    schedule_id: made.scheduleId,
    scheduled_run_id: made.scheduledRunId,
    state: made.state,
    attempts: made.attempts,
    next_attempt_at: made.nextAttemptAt,
    error: made.error,
  });
  const changes = db.run(
    insert.onConflict((conflict) => conflict.columns(["channel_id", "event_key"]).doNothing()),
  ).changes;
  if (changes > 0) prune(db, made.channelId);
  return changes > 0;
}

export function wasTold(db: Db, channelId: string, key: string): boolean {
  const query = db.sql
    .selectFrom("notification_deliveries")
    .select("seq")
    .where("channel_id", "=", channelId)
    .where("event_key", "=", key);
  return db.get(query) !== undefined;
}

/** The one of a channel that is to be tried next; null: none waits. */
export function nextDelivery(db: Db, channelId: string): StoredDelivery | null {
  const query = db.sql
    .selectFrom("notification_deliveries")
    .selectAll()
    .where("channel_id", "=", channelId)
    .where("state", "=", "waiting")
    .orderBy("next_attempt_at")
    .orderBy("seq")
    .limit(1);
  const row = db.get(query);
  return row === undefined ? null : storedOf(row);
}

/** Writes what a try came to. */
export function updateDelivery(
  db: Db,
  id: string,
  change: Pick<Delivery, "state" | "attempts" | "nextAttemptAt" | "error">,
): void {
  const { state, attempts, nextAttemptAt, error } = change;
  const set = { state, attempts, next_attempt_at: nextAttemptAt, error };
  db.run(db.sql.updateTable("notification_deliveries").set(set).where("id", "=", id));
}

/** Those of a channel that wait are not sent any more. */
export function giveUpWaiting(db: Db, channelId: string, error: string): void {
  db.run(
    db.sql
      .updateTable("notification_deliveries")
      .set({ state: "failed", next_attempt_at: null, error })
      .where("channel_id", "=", channelId)
      .where("state", "=", "waiting"),
  );
}

/** Newest first. */
export function deliveriesOf(db: Db, channelId: string, limit: number): Delivery[] {
  const query = db.sql
    .selectFrom("notification_deliveries")
    .selectAll()
    .where("channel_id", "=", channelId)
    .orderBy("seq", "desc")
    .limit(limit);
  return db.all(query).map((row) => storedOf(row).delivery);
}

/** That a schedule is overdue is remembered for as long as it is: it would be told anew. */
function prune(db: Db, channelId: string): void {
  const kept = db.sql
    .selectFrom("notification_deliveries")
    .select("seq")
    .where("channel_id", "=", channelId)
    .orderBy("seq", "desc")
    .limit(1)
    .offset(KEEP);
  db.run(
    db.sql
      .deleteFrom("notification_deliveries")
      .where("channel_id", "=", channelId)
      .where("state", "!=", "waiting")
      .where("event", "!=", "overdue")
      .where("seq", "<=", kept),
  );
}

function storedOf(row: Selectable<Tables["notification_deliveries"]>): StoredDelivery {
  const message = NoticeMessage.parse(JSON.parse(row.message));
  return {
    message,
    delivery: Delivery.parse({
      id: row.id,
      channelId: row.channel_id,
      at: row.at,
      event: row.event,
      title: message.title,
      state: row.state,
      attempts: row.attempts,
      nextAttemptAt: row.next_attempt_at,
      error: row.error,
      scheduleId: row.schedule_id,
      scheduledRunId: row.scheduled_run_id,
    }),
  };
}
