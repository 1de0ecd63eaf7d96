/** The table notification_channels: who is told, and by what means. Secrets are there as the vault sealed them. */
import type { Selectable } from "kysely";
import { ChannelSettings } from "../../src-core/model/notification.ts";
import type { Db } from "./open.ts";
import type { Tables } from "./tables.ts";

export interface StoredChannel {
  readonly id: string;
  readonly settings: ChannelSettings;
  /** What the vault made of its secret; null: it has none. */
  readonly sealed: string | null;
}

/** By name. */
export function storedChannels(db: Db): StoredChannel[] {
  return db.all(db.sql.selectFrom("notification_channels").selectAll().orderBy("name")).map(channelOf);
}

export function storedChannel(db: Db, id: string): StoredChannel | null {
  const row = db.get(db.sql.selectFrom("notification_channels").selectAll().where("id", "=", id));
  return row === undefined ? null : channelOf(row);
}

/** The id of the channel of this name, in any case; null: there is none. */
export function channelNamed(db: Db, name: string): string | null {
  return db.get(db.sql.selectFrom("notification_channels").select("id").where("name", "=", name))?.id ?? null;
}

/** Adds the channel, or changes the one of its id. */
export function putChannel(db: Db, { id, settings, sealed }: StoredChannel): void {
  const row = { name: settings.name, settings: JSON.stringify(settings), sealed };
  db.run(
    db.sql
      .insertInto("notification_channels")
      .values({ id, ...row })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row)),
  );
}

/** With all that was sent through it. */
export function deleteChannel(db: Db, id: string): boolean {
  return db.run(db.sql.deleteFrom("notification_channels").where("id", "=", id)).changes > 0;
}

function channelOf(row: Selectable<Tables["notification_channels"]>): StoredChannel {
  return { id: row.id, settings: ChannelSettings.parse(JSON.parse(row.settings)), sealed: row.sealed };
}
