/** The sessions table: browsers that signed in. Only SHA-256 hashes of the cookies are kept. */
import type { Db } from "./open.ts";

export interface StoredSession {
  readonly id: string;
  /** SHA-256 of the cookie's value, hex. */
  readonly hash: string;
  /** The token used to sign in; null after a one-time code. */
  readonly tokenId: string | null;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
}

export function insertSession(db: Db, session: StoredSession): void {
  db.run(
    db.sql.insertInto("sessions").values({
      id: session.id,
      hash: session.hash,
      token_id: session.tokenId,
      created_at: session.createdAt,
      last_used_at: session.lastUsedAt,
      expires_at: session.expiresAt,
    }),
  );
}

/** All sessions that have not expired at `now` (ISO). */
export function liveSessions(db: Db, now: string): StoredSession[] {
  return db.all(db.sql.selectFrom("sessions").selectAll().where("expires_at", ">", now)).map((row) => ({
    id: row.id,
    hash: row.hash,
    tokenId: row.token_id,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
  }));
}

export function touchSession(db: Db, id: string, lastUsedAt: string, expiresAt: string): void {
  db.run(db.sql.updateTable("sessions").set({ last_used_at: lastUsedAt, expires_at: expiresAt }).where("id", "=", id));
}

export function deleteSession(db: Db, id: string): boolean {
  return db.run(db.sql.deleteFrom("sessions").where("id", "=", id)).changes > 0;
}

export function deleteExpiredSessions(db: Db, now: string): void {
  db.run(db.sql.deleteFrom("sessions").where("expires_at", "<=", now));
}
