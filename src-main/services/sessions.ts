/**
 * Browsers that signed in: with a one-time code (10 minutes, once) or an access token they get a cookie. Codes live in memory
 * only; of cookies the database keeps hashes, so that a restart of the program does not sign everybody out.
 */
import { randomUUID } from "node:crypto";
import { AppError } from "../../src-core/model/error.ts";
import type { Db } from "../db/open.ts";
import {
  deleteExpiredSessions,
  deleteSession,
  insertSession,
  liveSessions,
  type StoredSession,
  touchSession,
} from "../db/sessions.ts";
import { noteUse } from "./note-use.ts";
import { findBySecret, newSecret, secretHash } from "./secret.ts";
import type { TokensService } from "./tokens.ts";

export const CODE_LIFE_MS = 10 * 60_000;
/** A session ends this long after its last use … */
export const SESSION_IDLE_MS = 7 * 24 * 3_600_000;
/** … and this long after its start in any case. */
export const SESSION_LIFE_MS = 30 * 24 * 3_600_000;
const TOUCH_EVERY_MS = 60_000;
/** More unused codes than anybody needs; the oldest go first. */
const MAX_CODES = 100;

export interface SessionsService {
  /** A code that opens one session within ten minutes. */
  createCode(): { code: string; expiresAtMs: number };
  /** A session for the code, which is used up by this; null where it is wrong, used or too old. */
  signInWithCode(code: string): NewSession | null;
  /** A session for the token; null where it is not valid. Revoking the token ends the session. */
  signInWithToken(token: string): NewSession | null;
  /** The session of a cookie, or null. Takes the same time for right and wrong ones. */
  verify(cookie: string): StoredSession | null;
  /** Whether the session still is in force. */
  isLive(id: string): boolean;
  /** Notes that the session is used, which puts off its end. @throws AppError auth.invalid where it has ended */
  use(id: string): void;
  signOut(id: string): void;
  /** Calls `listener` with the id of every session that is ended before its time. */
  onEnded(listener: (id: string) => void): void;
}

export interface NewSession {
  readonly cookie: string;
  readonly session: StoredSession;
}

export function createSessions(deps: { db: Db; tokens: TokensService; now(): number }): SessionsService {
  const { db, tokens } = deps;
  const iso = (ms = deps.now()) => new Date(ms).toISOString();
  const listeners = new Set<(id: string) => void>();
  let codes: { hash: string; expiresAtMs: number }[] = [];
  deleteExpiredSessions(db, iso());
  let known = liveSessions(db, iso());

  const refresh = () => {
    known = liveSessions(db, iso());
  };
  const ended = (id: string) => {
    for (const listener of listeners) listener(id);
  };
  const open = (tokenId: string | null): NewSession => {
    const cookie = newSecret();
    const session = {
      id: randomUUID(),
      hash: secretHash(cookie),
      tokenId,
      createdAt: iso(),
      lastUsedAt: iso(),
      expiresAt: iso(deps.now() + SESSION_IDLE_MS),
    };
    deleteExpiredSessions(db, iso());
    insertSession(db, session);
    refresh();
    return { cookie, session };
  };
  const isLive = (session: StoredSession) => Date.parse(session.expiresAt) > deps.now();
  const touch = (session: StoredSession) => {
    if (deps.now() - Date.parse(session.lastUsedAt) < TOUCH_EVERY_MS) return;
    const end = Math.min(deps.now() + SESSION_IDLE_MS, Date.parse(session.createdAt) + SESSION_LIFE_MS);
    noteUse(() => {
      touchSession(db, session.id, iso(), iso(end));
      refresh();
    });
  };

  // The database deleted these with the token; here their connections are told.
  tokens.onRevoked((tokenId) => {
    const gone = known.filter((session) => session.tokenId === tokenId);
    refresh();
    for (const { id } of gone) ended(id);
  });

  return {
    createCode() {
      const code = newSecret();
      const expiresAtMs = deps.now() + CODE_LIFE_MS;
      codes = [...codes, { hash: secretHash(code), expiresAtMs }].slice(-MAX_CODES);
      return { code, expiresAtMs };
    },
    signInWithCode(code) {
      codes = codes.filter((entry) => entry.expiresAtMs > deps.now());
      const entry = findBySecret(codes, code);
      if (entry === null) return null;
      codes = codes.filter((other) => other !== entry);
      return open(null);
    },
    signInWithToken(token) {
      const info = tokens.verify(token);
      return info === null ? null : open(info.id);
    },
    verify(cookie) {
      const session = findBySecret(known, cookie);
      if (session === null || !isLive(session)) return null;
      touch(session);
      return session;
    },
    isLive: (id) => known.some((session) => session.id === id && isLive(session)),
    use(id) {
      const session = known.find((entry) => entry.id === id);
      if (session === undefined || !isLive(session)) throw new AppError("auth.invalid", "The session has ended.");
      touch(session);
    },
    signOut(id) {
      if (!deleteSession(db, id)) return;
      refresh();
      ended(id);
    },
    onEnded(listener) {
      listeners.add(listener);
    },
  };
}
