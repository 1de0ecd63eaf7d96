/**
 * Channels: who is told of schedules, and by what means. A secret goes into the vault when it is given and comes out only to send with;
 * a password stays with the server it was given for.
 */
import { randomUUID } from "node:crypto";
import { AppError } from "../../src-core/model/error.ts";
import { type Channel, type ChannelSettings, type Delivery, MAX_CHANNELS } from "../../src-core/model/notification.ts";
import { toIso } from "../../src-core/schedule/instant.ts";
import { testMessage } from "../../src-core/schedule/notice-words.ts";
import {
  channelNamed,
  deleteChannel,
  putChannel,
  type StoredChannel,
  storedChannel,
  storedChannels,
} from "../db/notification-channels.ts";
import { deliveriesOf, giveUpWaiting, insertDelivery } from "../db/notification-deliveries.ts";
import type { Db } from "../db/open.ts";
import type { EventHub } from "../jobs/event-hub.ts";
import type { Outbox } from "../notifications/outbox.ts";
import { type Send, vaultOwner } from "../notifications/sender.ts";
import { signingKey } from "../notifications/signature.ts";
import type { Vault } from "../sources/vault.ts";

/** Null: none; left out: as it is. */
type GivenSecret = string | null | undefined;

export interface NotificationsService {
  /** By name. */
  list(): Channel[];
  /** @throws AppError channel.invalid, channel.duplicate, vault.unavailable */
  create(settings: ChannelSettings, secret: GivenSecret): Channel;
  /** @throws AppError as create, request.not-found */
  update(id: string, settings: ChannelSettings, secret: GivenSecret): Channel;
  /** @throws AppError request.not-found */
  remove(id: string): void;
  /** Sends at once; what went wrong is in the answer. @throws AppError request.not-found */
  test(id: string, signal?: AbortSignal): Promise<Delivery>;
  /** Newest first. @throws AppError request.not-found */
  deliveries(id: string, limit: number): Delivery[];
}

export function createNotifications(deps: {
  db: Db;
  hub: EventHub;
  vault: Vault;
  outbox: Outbox;
  send: Send;
  now(): number;
}): NotificationsService {
  const { db, hub, vault, outbox, send } = deps;

  const existing = (id: string): StoredChannel => {
    const channel = storedChannel(db, id);
    if (channel === null) throw new AppError("request.not-found", "There is no such channel.");
    return channel;
  };
  const shown = ({ id, settings, sealed }: StoredChannel): Channel => ({
    ...settings,
    id,
    hasSecret: sealed !== null,
    last: deliveriesOf(db, id, 1)[0] ?? null,
  });
  const sealedOf = (id: string, secret: GivenSecret, before: string | null): string | null => {
    if (secret === undefined) return before;
    return secret === null
      ? null
      : vault.seal(vaultOwner(id), { password: secret, privateKey: null, passphrase: null });
  };
  const save = (id: string, settings: ChannelSettings, secret: GivenSecret, before: StoredChannel | null): Channel => {
    const named = channelNamed(db, settings.name);
    if (named !== null && named !== id) {
      throw new AppError(
        "channel.duplicate",
        `channel.name: there is a channel called ${settings.name} already.`,
        field("channel.name"),
      );
    }
    checkTarget(settings.target, secret, before);
    const channel = { id, settings, sealed: sealedOf(id, secret, before?.sealed ?? null) };
    db.transaction(() => {
      putChannel(db, channel);
      if (!settings.enabled) giveUpWaiting(db, id, "The channel was switched off before it was sent.");
    });
    hub.publish({ type: "channels" });
    outbox.wake();
    return shown(channel);
  };

  return {
    list: () => storedChannels(db).map(shown),
    create(settings, secret) {
      if (storedChannels(db).length >= MAX_CHANNELS) {
        throw new AppError("channel.invalid", `There are ${MAX_CHANNELS} channels already, which is the most.`);
      }
      return save(randomUUID(), settings, secret, null);
    },
    update: (id, settings, secret) => save(id, settings, secret, existing(id)),
    remove(id) {
      existing(id);
      deleteChannel(db, id);
      hub.publish({ type: "channels" });
    },
    async test(id, signal) {
      const channel = existing(id);
      const at = toIso(deps.now());
      const parcel = { id: randomUUID(), event: "test", at, message: testMessage(channel.settings.name) } as const;
      let state: Delivery["state"] = "sent";
      let error: string | null;
      try {
        error = await send(channel, parcel, signal ?? new AbortController().signal);
      } catch (thrown) {
        state = "failed";
        error = AppError.from(thrown).message;
      }
      const none = { scheduleId: null, scheduledRunId: null, nextAttemptAt: null };
      const delivery = { id: parcel.id, channelId: id, at, event: parcel.event, state, attempts: 1, error, ...none };
      // It may have been removed meanwhile.
      if (storedChannel(db, id) !== null) {
        insertDelivery(db, { ...delivery, key: `test:${parcel.id}`, message: parcel.message });
        hub.publish({ type: "channels" });
      }
      return { ...delivery, title: parcel.message.title };
    },
    deliveries: (id, limit) => deliveriesOf(db, existing(id).id, limit),
  };
}

/** @throws AppError channel.invalid naming the field */
function checkTarget(target: ChannelSettings["target"], secret: GivenSecret, before: StoredChannel | null): void {
  const wrong = (name: string, text: string) => new AppError("channel.invalid", `${name}: ${text}`, field(name));
  const was = before?.settings.target ?? null;
  const keeps = secret === undefined && before !== null && before.sealed !== null;
  if (keeps && was?.kind !== target.kind)
    throw wrong("secret", "another kind of channel needs another secret, or none.");
  if (target.kind === "webhook") {
    const { username, password } = new URL(target.url);
    if (username !== "" || password !== "")
      throw wrong("channel.target.url", "a password does not belong into an address.");
    if (typeof secret === "string") signingKey(secret);
  }
  if (target.kind === "email") {
    const { host, port, security, username } = target;
    if (/[\s/@]/.test(host))
      throw wrong("channel.target.host", "the name or the address of a server, without anything around it.");
    if (security === "none" && !isLoopback(host)) {
      throw wrong("channel.target.security", "without TLS, mail goes to a server on this computer only.");
    }
    // It would go to whoever answers there.
    const moved = was?.kind === "email" && (was.host !== host || was.port !== port || was.security !== security);
    if (keeps && moved) throw wrong("secret", "another server needs the password again.");
    const has = typeof secret === "string" || keeps;
    if (username !== null && !has) throw wrong("secret", "a user name needs a password.");
    if (username === null && has) throw wrong("channel.target.username", "a password needs a user name.");
  }
  if (target.kind === "desktop" && typeof secret === "string") throw wrong("secret", "the desktop needs none.");
}

function field(name: string) {
  return { details: { field: name } };
}

function isLoopback(host: string): boolean {
  return /^localhost$/i.test(host) || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
