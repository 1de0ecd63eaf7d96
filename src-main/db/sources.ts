/** The tables sources and source_secrets. */
import { SourceConfig, type Trust } from "../../src-core/model/source.ts";
import type { Db } from "./open.ts";

/** A source as it is stored; what it is connected to is known by src-main/sources only. */
export interface StoredSource extends SourceConfig {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly addedAt: string;
  readonly knownAt: string | null;
  readonly hasSecret: boolean;
}

function rows(db: Db) {
  return db.sql
    .selectFrom("sources")
    .leftJoin("source_secrets", "source_secrets.source_id", "sources.id")
    .selectAll("sources")
    .select("source_secrets.source_id as secret_of");
}

interface Row {
  id: string;
  kind: string;
  name: string;
  address: string;
  username: string | null;
  trust: string;
  enabled: number;
  added_at: string;
  known_at: string | null;
  secret_of: string | null;
}

function sourceOf(row: Row): StoredSource {
  const { kind, address, username } = row;
  return {
    ...SourceConfig.parse({ kind, address, username, trust: JSON.parse(row.trust) }),
    id: row.id,
    name: row.name,
    enabled: row.enabled === 1,
    addedAt: row.added_at,
    knownAt: row.known_at,
    hasSecret: row.secret_of !== null,
  };
}

/** All sources, by name. */
export function storedSources(db: Db): StoredSource[] {
  return db.all(rows(db).orderBy("sources.name")).map(sourceOf);
}

export function storedSource(db: Db, id: string): StoredSource | null {
  const row = db.get(rows(db).where("sources.id", "=", id));
  return row === undefined ? null : sourceOf(row);
}

export function insertSource(db: Db, source: Omit<StoredSource, "knownAt" | "hasSecret">): void {
  const { id, kind, name, address, username, trust, enabled, addedAt } = source;
  const row = { id, kind, name, address, username, trust: JSON.stringify(trust), enabled: enabled ? 1 : 0 };
  db.run(db.sql.insertInto("sources").values({ ...row, added_at: addedAt, known_at: null }));
}

export function updateSource(
  db: Db,
  id: string,
  change: { name: string; address: string; username: string | null; trust: Trust },
): void {
  const { name, address, username, trust } = change;
  db.run(
    db.sql
      .updateTable("sources")
      .set({ name, address, username, trust: JSON.stringify(trust) })
      .where("id", "=", id),
  );
}

export function setSourceEnabled(db: Db, id: string, enabled: boolean): void {
  db.run(
    db.sql
      .updateTable("sources")
      .set({ enabled: enabled ? 1 : 0 })
      .where("id", "=", id),
  );
}

/** Deletes the source, its secret and its inventory. */
export function deleteSource(db: Db, id: string): boolean {
  return db.run(db.sql.deleteFrom("sources").where("id", "=", id)).changes > 0;
}

export function setKnownAt(db: Db, id: string, at: string): void {
  db.run(db.sql.updateTable("sources").set({ known_at: at }).where("id", "=", id));
}

/** Begins a new connection and tells its generation. */
export function nextSourceGeneration(db: Db, id: string): number {
  return db.transaction(() => {
    db.run(
      db.sql
        .updateTable("sources")
        .set((eb) => ({ generation: eb("generation", "+", 1) }))
        .where("id", "=", id),
    );
    return db.get(db.sql.selectFrom("sources").select("generation").where("id", "=", id))?.generation ?? 0;
  });
}

export function sealedSecret(db: Db, sourceId: string): string | null {
  return db.get(db.sql.selectFrom("source_secrets").select("sealed").where("source_id", "=", sourceId))?.sealed ?? null;
}

/** Null forgets it. */
export function putSealedSecret(db: Db, sourceId: string, sealed: string | null): void {
  db.run(db.sql.deleteFrom("source_secrets").where("source_id", "=", sourceId));
  if (sealed !== null) db.run(db.sql.insertInto("source_secrets").values({ source_id: sourceId, sealed }));
}
