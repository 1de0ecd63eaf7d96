/** Stored state changes, for whoever reconnects with the id of the last one seen. */
import { AppEvent } from "../../src-core/model/event.ts";
import type { Db } from "./open.ts";

export interface StoredEvent {
  readonly id: number;
  readonly event: AppEvent;
}

/** Stores an event. @returns its id; ids grow and are never used twice. */
export function insertEvent(db: Db, event: AppEvent): number {
  return db.run(db.sql.insertInto("events").values({ event: JSON.stringify(event) })).lastInsertRowid;
}

/** Up to `limit` events after `afterId`, oldest first. */
export function eventsAfter(db: Db, afterId: number, limit: number): StoredEvent[] {
  const query = db.sql.selectFrom("events").selectAll().where("id", ">", afterId).orderBy("id").limit(limit);
  return db.all(query).map((row) => ({ id: row.id, event: AppEvent.parse(JSON.parse(row.event)) }));
}

/** First and last id kept; null when none is. */
export function eventIdRange(db: Db): { first: number; last: number } | null {
  const row = db.get(
    db.sql.selectFrom("events").select((e) => [e.fn.min("id").as("first"), e.fn.max("id").as("last")]),
  );
  return row === undefined || row.first === null || row.last === null
    ? null
    : { first: Number(row.first), last: Number(row.last) };
}

/** Deletes all but the newest `keep` events. */
export function pruneEvents(db: Db, keep: number): void {
  const range = eventIdRange(db);
  if (range !== null) db.run(db.sql.deleteFrom("events").where("id", "<=", range.last - keep));
}
