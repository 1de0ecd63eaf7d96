/**
 * Access tokens of the local port. One belongs to the installation and lies in the token file; more can be made for scripts.
 * The database keeps hashes only; a token is told once, when it is made.
 */
import { randomUUID } from "node:crypto";
import { AppError } from "../../src-core/model/error.ts";
import type { TokenInfo } from "../../src-core/model/settings.ts";
import type { Db } from "../db/open.ts";
import { deleteToken, insertToken, type StoredToken, storedTokens, touchToken } from "../db/tokens.ts";
import { readTokenFile, writeTokenFile } from "../files/token-file.ts";
import { noteUse } from "./note-use.ts";
import { findBySecret, newSecret, secretHash } from "./secret.ts";

/** `lastUsedAt` is written at most this often. */
const TOUCH_EVERY_MS = 60_000;

export interface TokensService {
  list(): TokenInfo[];
  create(label: string): { token: string; info: TokenInfo };
  /** Ends the token; the installation's own is replaced by a new one in the token file. @throws AppError request.not-found */
  revoke(id: string): void;
  /** The token's entry, or null where it is not valid. Takes the same time for right and wrong ones. */
  verify(token: string): TokenInfo | null;
  /** Calls `listener` with the id of every token that is revoked. */
  onRevoked(listener: (id: string) => void): void;
}

/** Opens the tokens of an installation; makes its own token where file and database do not agree on one. */
export function createTokens(deps: { db: Db; dataFolder: string; now(): number }): TokensService {
  const { db, dataFolder } = deps;
  const iso = () => new Date(deps.now()).toISOString();
  const listeners = new Set<(id: string) => void>();
  let known: StoredToken[] = storedTokens(db);

  const add = (label: string, builtIn: boolean) => {
    const token = newSecret();
    const info: TokenInfo = { id: randomUUID(), label, createdAt: iso(), lastUsedAt: null, builtIn };
    insertToken(db, { info, hash: secretHash(token) });
    known = storedTokens(db);
    return { token, info };
  };
  const remove = (id: string) => {
    deleteToken(db, id);
    known = storedTokens(db);
    for (const listener of listeners) listener(id);
  };
  const renewBuiltIn = () => {
    for (const { info } of known) if (info.builtIn) remove(info.id);
    writeTokenFile(dataFolder, add("This installation", true).token);
  };

  const inFile = readTokenFile(dataFolder);
  if (inFile === null || findBySecret(known, inFile)?.info.builtIn !== true) renewBuiltIn();
  // Also where nothing changed: closes the file again should somebody have opened it to others.
  else writeTokenFile(dataFolder, inFile);

  return {
    list: () => known.map(({ info }) => info),
    create: (label) => add(label, false),
    revoke(id) {
      const entry = known.find(({ info }) => info.id === id);
      if (entry === undefined) throw new AppError("request.not-found", "There is no such access token.");
      if (entry.info.builtIn) renewBuiltIn();
      else remove(id);
    },
    verify(token) {
      const entry = findBySecret(known, token);
      if (entry === null) return null;
      const { id, lastUsedAt } = entry.info;
      if (lastUsedAt === null || deps.now() - Date.parse(lastUsedAt) >= TOUCH_EVERY_MS) {
        noteUse(() => {
          touchToken(db, id, iso());
          known = storedTokens(db);
        });
      }
      return entry.info;
    },
    onRevoked(listener) {
      listeners.add(listener);
    },
  };
}
