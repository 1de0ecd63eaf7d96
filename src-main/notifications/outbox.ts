/**
 * Sends what waits to be sent: one at a time through each channel, tried again with growing delays, taken up after a restart. A row is
 * written before anything is sent, so nothing is lost. A desktop notice is recorded first and shown then: a crash between loses it. Mails
 * and calls are sent first and recorded then: a crash between sends them again, under the same id.
 */
import { AppError } from "../../src-core/model/error.ts";
import { fromIso, toIso } from "../../src-core/schedule/instant.ts";
import { LONGEST_DELAY_MS, retryDelay } from "../../src-core/schedule/notices.ts";
import type { Clock } from "../clock.ts";
import { type StoredChannel, storedChannels } from "../db/notification-channels.ts";
import { nextDelivery, type StoredDelivery, updateDelivery } from "../db/notification-deliveries.ts";
import type { Db } from "../db/open.ts";
import type { EventHub } from "../jobs/event-hub.ts";
import type { Log } from "../log/log.ts";
import type { Send } from "./sender.ts";

export interface Outbox {
  /** Something was written that waits, or a channel changed: looks at once. */
  wake(): void;
  /** Ends what is being sent; it is sent again at the next start. */
  stop(): Promise<void>;
}

export function createOutbox(deps: { db: Db; hub: EventHub; log: Log; clock: Clock; send: Send }): Outbox {
  const { db, hub, log, clock, send } = deps;
  const ending = new AbortController();
  /** By channel. */
  const sending = new Map<string, Promise<void>>();
  let endTimer: (() => void) | null = null;

  const look = () => {
    endTimer?.();
    endTimer = null;
    if (ending.signal.aborted) return;
    let soonest: number | null = null;
    for (const channel of storedChannels(db)) {
      if (!channel.settings.enabled || sending.has(channel.id)) continue;
      const next = nextDelivery(db, channel.id);
      if (next === null) continue;
      const at = dueAt(next, clock.now());
      if (at <= clock.now()) begin(channel, next);
      else soonest = Math.min(soonest ?? at, at);
    }
    if (soonest !== null) endTimer = clock.at(soonest, look);
  };

  const begin = (channel: StoredChannel, stored: StoredDelivery) => {
    const done = attempt(channel, stored)
      .catch((error: unknown) => {
        // The database cannot be written: looked at again when something is to be sent, or at the next start.
        if (!ending.signal.aborted) log.error("What became of a notice could not be recorded", { error });
        return "stay" as const;
      })
      .then((outcome) => {
        sending.delete(channel.id);
        if (outcome === "stay" || ending.signal.aborted) return;
        hub.publish({ type: "channels" });
        look();
      });
    sending.set(channel.id, done);
  };

  const attempt = async (channel: StoredChannel, { delivery, message }: StoredDelivery): Promise<"done"> => {
    const { id, event, at } = delivery;
    const attempts = delivery.attempts + 1;
    const sent = { state: "sent", attempts, nextAttemptAt: null } as const;
    if (channel.settings.target.kind === "desktop") updateDelivery(db, id, { ...sent, error: null });
    try {
      const note = await send(channel, { id, event, at, message }, ending.signal);
      if (channel.settings.target.kind !== "desktop") updateDelivery(db, id, { ...sent, error: note });
    } catch (thrown) {
      if (ending.signal.aborted) return "done";
      const error = AppError.from(thrown);
      const delay = retryDelay(attempts);
      const nextAttemptAt = delay === null ? null : toIso(clock.now() + delay);
      const state = delay === null ? "failed" : "waiting";
      updateDelivery(db, id, { state, attempts, nextAttemptAt, error: error.message });
      log.warn("A notice could not be sent", { channel: channel.settings.name, attempts, nextAttemptAt, error });
    }
    return "done";
  };

  return {
    wake: look,
    async stop() {
      ending.abort();
      endTimer?.();
      await Promise.all(sending.values());
    },
  };
}

/** When it is to be tried. A time further off than any delay was written before the clock was set back: that is now. */
function dueAt({ delivery }: StoredDelivery, now: number): number {
  const at = delivery.nextAttemptAt === null ? now : fromIso(delivery.nextAttemptAt);
  return at > now + LONGEST_DELAY_MS ? now : at;
}
