/** The tokens table. Only SHA-256 hashes are kept: a stolen database opens no door. */
import type { TokenInfo } from "../../src-core/model/settings.ts";
import type { Db } from "./open.ts";

export interface StoredToken {
  readonly info: TokenInfo;
  /** SHA-256 of the token, hex. */
  readonly hash: string;
}

/** All tokens, oldest first. */
export function storedTokens(db: Db): StoredToken[] {
  return db.all(db.sql.selectFrom("tokens").selectAll().orderBy("created_at").orderBy("id")).map((row) => ({
    hash: row.hash,
    info: {
      id: row.id,
      label: row.label,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      builtIn: row.built_in === 1,
    },
  }));
}

export function insertToken(db: Db, { info, hash }: StoredToken): void {
  db.run(
    db.sql.insertInto("tokens").values({
      id: info.id,
      label: info.label,
      hash,
      built_in: info.builtIn ? 1 : 0,
      created_at: info.createdAt,
      last_used_at: info.lastUsedAt,
    }),
  );
}

/** Deletes the token and with it the sessions that were opened with it. */
export function deleteToken(db: Db, id: string): boolean {
  return db.run(db.sql.deleteFrom("tokens").where("id", "=", id)).changes > 0;
}

export function touchToken(db: Db, id: string, at: string): void {
  db.run(db.sql.updateTable("tokens").set({ last_used_at: at }).where("id", "=", id));
}
