/** The one door to all means of sending: opens the channel's secret, sends, and says what went wrong. */
import type { StoredChannel } from "../db/notification-channels.ts";
import type { Shell } from "../shell/shell.ts";
import type { Vault } from "../sources/vault.ts";
import type { Parcel } from "./parcel.ts";

/**
 * Sends once.
 * @returns what is to be said though it was sent; null: nothing
 * @throws AppError notice.failed, vault.unavailable, vault.unreadable
 */
export type Send = (channel: StoredChannel, parcel: Parcel, signal: AbortSignal) => Promise<string | null>;

export function createSender(deps: { vault: Vault; shell: Pick<Shell, "notify">; now(): number }): Send {
  return async (channel, parcel, signal) => {
    const { target } = channel.settings;
    if (target.kind === "desktop") {
      const { title, body, path } = parcel.message;
      deps.shell.notify({ title, body, path });
      return null;
    }
    const secret = channel.sealed === null ? null : deps.vault.open(vaultOwner(channel.id), channel.sealed).password;
    // What speaks to servers is large, and most days nothing is sent: it is loaded when it is wanted.
    if (target.kind === "email") return (await import("./email.ts")).sendEmail(target, secret, parcel, signal);
    const { sendWebhook } = await import("./webhook.ts");
    await sendWebhook(target.url, secret, parcel, deps.now(), signal);
    return null;
  };
}

/** Whom the vault is told the secret belongs to: ids of sources are none of these. */
export function vaultOwner(channelId: string): string {
  return `channel:${channelId}`;
}
