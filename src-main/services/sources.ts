/**
 * Sources: which there are, whether they are connected to, and with what secret. A secret goes into the vault when it is given and
 * comes out only when the source's thread asks for it.
 */
import { randomUUID } from "node:crypto";
import { AppError } from "../../src-core/model/error.ts";
import type { Source, SourceConfig, SourceKind, SourceSecret, SourceTest, Trust } from "../../src-core/model/source.ts";
import { clearInventory } from "../db/inventory.ts";
import {
  deleteSource,
  insertSource,
  putSealedSecret,
  type StoredSource,
  sealedSecret,
  setSourceEnabled,
  storedSource,
  storedSources,
  updateSource,
} from "../db/sources.ts";
import { createLiveSource, type LiveSource, type LiveSourceDeps } from "../sources/live-source.ts";
import type { testSource } from "../sources/session-thread.ts";
import type { Vault } from "../sources/vault.ts";
import { sourceTest } from "./source-test.ts";

export type GivenSecret = { [K in keyof SourceSecret]?: SourceSecret[K] | undefined };

export interface SourceDraft {
  readonly kind: SourceKind;
  readonly address: string;
  readonly username: string | null;
  readonly trust: Trust;
  readonly secret?: GivenSecret | undefined;
}

export interface SourceEdit {
  readonly name?: string | undefined;
  readonly address?: string | undefined;
  readonly username?: string | null | undefined;
  readonly trust?: Trust | undefined;
  /** null forgets it; left out: stays, unless the address changes. */
  readonly secret?: GivenSecret | null | undefined;
  /** Not connected to first. */
  readonly unchecked: boolean;
}

export interface SourcesService {
  /** By name. */
  list(): Source[];
  /** @throws AppError request.not-found */
  get(id: string): Source;
  /** @throws AppError request.not-found */
  live(id: string): LiveSource;
  /** What is left out is taken from the source `id`. @throws AppError request.not-found, request.invalid */
  test(asked: Partial<Asked<SourceDraft>> & { id?: string | undefined }, signal?: AbortSignal): Promise<SourceTest>;
  /** @throws AppError source.duplicate, vault.unavailable; what connecting to it failed with */
  add(
    draft: SourceDraft & { name: string; enabled: boolean; unchecked: boolean },
    signal?: AbortSignal,
  ): Promise<Source>;
  /** @throws AppError as add, request.not-found */
  edit(id: string, edit: SourceEdit, signal?: AbortSignal): Promise<Source>;
  /** @throws AppError request.not-found */
  setEnabled(id: string, enabled: boolean): Promise<Source>;
  reconnect(id: string): Source;
  remove(id: string): Promise<void>;
  /** What a task of the engine needs to connect on its own. The secret stays with the caller. @throws AppError request.not-found, vault.* */
  access(id: string): { config: SourceConfig; secret: SourceSecret };
  /** Connects to all that are enabled. */
  start(): void;
  stop(): Promise<void>;
}

type Asked<T> = { [K in keyof T]: T[K] | undefined };

const NO_SECRET: SourceSecret = { password: null, privateKey: null, passphrase: null };

export function createSources(
  deps: Omit<LiveSourceDeps, "secret"> & { vault: Vault; testSource: typeof testSource },
): SourcesService {
  const { db, hub, vault } = deps;
  const lives = new Map<string, LiveSource>();

  const existing = (id: string): StoredSource => {
    const source = storedSource(db, id);
    if (source === null) throw new AppError("request.not-found", "There is no such source.");
    return source;
  };
  const secretOf = (id: string): SourceSecret => {
    const sealed = sealedSecret(db, id);
    return sealed === null ? NO_SECRET : vault.open(id, sealed);
  };
  const liveOf = (id: string): LiveSource => {
    const known = lives.get(id);
    if (known !== undefined) return known;
    const live = createLiveSource({ ...deps, secret: secretOf }, id, () => told(id));
    lives.set(id, live);
    return live;
  };
  const shown = (source: StoredSource): Source => {
    const { id, kind, name, address, username, enabled, hasSecret, addedAt } = source;
    const { connection, inventory } = liveOf(id);
    const trust = source.trust.kind === "ca" ? ({ kind: "ca" } as const) : source.trust;
    return { id, kind, name, address, username, trust, enabled, hasSecret, addedAt, connection, inventory };
  };
  const told = (id: string) => {
    const source = storedSource(db, id);
    if (source !== null) hub.publish({ type: "source", source: shown(source) });
  };
  const refuseDuplicate = (name: string, kind: SourceKind, address: string, username: string | null, self?: string) => {
    for (const other of storedSources(db)) {
      if (other.id === self) continue;
      if (other.name.toLowerCase() === name.toLowerCase()) {
        throw new AppError("source.duplicate", `There is a source called ${other.name} already.`);
      }
      if (other.kind === kind && other.address === address && other.username === username) {
        throw new AppError("source.duplicate", `${address} is the source ${other.name} already.`);
      }
    }
  };
  const tryOut = async (config: SourceConfig, secret: SourceSecret, signal: AbortSignal | undefined) =>
    sourceTest(await deps.testSource({ config, secret: () => secret }, signal));
  const check = async (config: SourceConfig, secret: SourceSecret, signal: AbortSignal | undefined) => {
    const { error } = await tryOut(config, secret, signal);
    if (error !== null) throw AppError.fromData(error);
  };
  const seal = (id: string, secret: SourceSecret): string | null => (isEmpty(secret) ? null : vault.seal(id, secret));

  return {
    list: () => storedSources(db).map(shown),
    get: (id) => shown(existing(id)),
    live: (id) => liveOf(existing(id).id),
    async test({ id, ...asked }, signal) {
      const known = id === undefined ? null : existing(id);
      const kind = asked.kind ?? known?.kind;
      const address = asked.address ?? known?.address;
      if (kind === undefined || address === undefined) {
        throw new AppError("request.invalid", "kind and address are needed where no source is named.");
      }
      const username = asked.username === undefined ? (known?.username ?? null) : asked.username;
      const trust = asked.trust ?? known?.trust ?? { kind: "system" };
      // A stored secret goes to the address it was given for only.
      const same = known !== null && known.address === address && known.kind === kind;
      const secret = asked.secret === undefined && same ? secretOf(known.id) : whole(asked.secret);
      return tryOut(checkedConfig({ kind, address, username, trust }), secret, signal);
    },
    async add(draft, signal) {
      const { name, kind, address, username, trust, enabled } = draft;
      const config = checkedConfig({ kind, address, username, trust });
      refuseDuplicate(name, kind, address, username);
      const secret = whole(draft.secret);
      if (!draft.unchecked) await check(config, secret, signal);
      // Somebody may have been quicker meanwhile.
      refuseDuplicate(name, kind, address, username);
      const id = randomUUID();
      const sealed = seal(id, secret);
      db.transaction(() => {
        insertSource(db, { id, name, enabled, addedAt: new Date(deps.now()).toISOString(), ...config });
        putSealedSecret(db, id, sealed);
      });
      if (enabled) await liveOf(id).enable(config);
      else told(id);
      return shown(existing(id));
    },
    async edit(id, edit, signal) {
      const before = existing(id);
      const name = edit.name ?? before.name;
      const address = edit.address ?? before.address;
      const username = edit.username === undefined ? before.username : edit.username;
      const trust = edit.trust ?? before.trust;
      const moved = address !== before.address;
      const config = checkedConfig({ kind: before.kind, address, username, trust });
      refuseDuplicate(name, before.kind, address, username, id);
      if (moved && before.hasSecret && edit.secret === undefined) {
        throw new AppError("request.invalid", "secret: a new address needs the password or key again.");
      }
      const secret = edit.secret === undefined ? null : whole(edit.secret ?? undefined);
      const connects = moved || secret !== null || username !== before.username || edit.trust !== undefined;
      if (connects && !edit.unchecked) await check(config, secret ?? secretOf(id), signal);
      const sealed = secret === null ? null : seal(id, secret);
      existing(id);
      refuseDuplicate(name, before.kind, address, username, id);
      if (connects) await liveOf(id).disable();
      db.transaction(() => {
        updateSource(db, id, { name, address, username, trust });
        if (secret !== null) putSealedSecret(db, id, sealed);
        if (moved) clearInventory(db, id);
      });
      const { enabled } = existing(id);
      if (connects && enabled) await liveOf(id).enable(config);
      else told(id);
      return shown(existing(id));
    },
    async setEnabled(id, enabled) {
      const source = existing(id);
      if (source.enabled !== enabled) {
        setSourceEnabled(db, id, enabled);
        if (enabled) await liveOf(id).enable(configOf(source));
        else await liveOf(id).disable();
      }
      return shown(existing(id));
    },
    reconnect(id) {
      existing(id);
      liveOf(id).retry();
      return shown(existing(id));
    },
    async remove(id) {
      existing(id);
      await liveOf(id).disable();
      deleteSource(db, id);
      lives.delete(id);
      hub.publish({ type: "source-removed", sourceId: id });
    },
    access(id) {
      const source = existing(id);
      return { config: configOf(source), secret: secretOf(id) };
    },
    start() {
      for (const source of storedSources(db)) {
        if (source.enabled) void liveOf(source.id).enable(configOf(source));
      }
    },
    async stop() {
      await Promise.all([...lives.values()].map((live) => live.disable()));
      lives.clear();
    },
  };
}

function configOf({ kind, address, username, trust }: SourceConfig): SourceConfig {
  return { kind, address, username, trust };
}

/** @throws AppError request.invalid for an address that holds a password, which then would be kept and shown */
function checkedConfig(config: SourceConfig): SourceConfig {
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/@]*:[^/@]*@/i.test(config.address)) {
    throw new AppError("request.invalid", "address: a password does not belong into an address.", {
      hint: "Leave it out of the address and give it on its own.",
    });
  }
  return config;
}

function whole(given: GivenSecret | undefined): SourceSecret {
  const { password = null, privateKey = null, passphrase = null } = given ?? {};
  return { password: password || null, privateKey: privateKey || null, passphrase: passphrase || null };
}

function isEmpty({ password, privateKey, passphrase }: SourceSecret): boolean {
  return password === null && privateKey === null && passphrase === null;
}
