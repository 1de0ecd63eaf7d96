/** Channels and what was sent through them, in words. */
import type { Channel, ChannelKind, Delivery } from "../../../src-core/model/notification.ts";

export const KIND_WORDS: Record<ChannelKind, string> = { desktop: "Desktop", email: "E-mail", webhook: "Webhook" };

export const EVENT_WORDS: Record<Delivery["event"], string> = {
  failure: "failure",
  recovery: "recovery",
  overdue: "overdue",
  success: "success",
  test: "test",
};

/** Where it goes: "ops@example.com, 2 more", "https://hooks.example.com". */
export function targetWords({ target }: Pick<Channel, "target">): string {
  switch (target.kind) {
    case "desktop":
      return "on this computer";
    case "webhook":
      // The rest of the address may hold a token.
      return URL.canParse(target.url) ? new URL(target.url).origin : target.url;
    case "email": {
      const [first = "", ...more] = target.to;
      return `${first}${more.length === 0 ? "" : `, ${more.length} more`}`;
    }
  }
}

/** What it tells: "failure, recovery, after 3 days without success; 2 schedules". */
export function rulesWords({ rules }: Pick<Channel, "rules">): string {
  const { failure, recovery, success, overdueDays, scheduleIds } = rules;
  const days = overdueDays === null ? null : `${overdueDays} ${overdueDays === 1 ? "day" : "days"} without success`;
  const told = [failure ? "failure" : null, recovery ? "recovery" : null, success ? "success" : null, days];
  const words = told.filter((word) => word !== null).join(", ") || "nothing";
  const count = scheduleIds.length;
  return `${words}; ${count === 0 ? "all schedules" : `${count} ${count === 1 ? "schedule" : "schedules"}`}`;
}

/** "sent", "failed after 10 tries", "tried twice, again …" without the time. */
export function deliveryWords({ state, attempts }: Delivery): string {
  const tries = attempts === 1 ? "1 try" : `${attempts} tries`;
  switch (state) {
    case "sent":
      return attempts > 1 ? `sent, after ${tries}` : "sent";
    case "failed":
      return attempts > 1 ? `not sent, after ${tries}` : "not sent";
    case "waiting":
      return attempts === 0 ? "waits to be sent" : `${tries} failed, tried again`;
  }
}
