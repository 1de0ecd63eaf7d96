import { expect, it } from "vitest";
import { When } from "../../../../src-core/model/when.ts";
import { newWhen, whenFormOf, whenOf } from "./when-form.ts";

const now = Date.parse("2026-11-29T14:25:00Z");
const calendar = (days: object, months: number[] = []) => ({
  kind: "calendar",
  months,
  days,
  times: ["02:30", "14:00"],
});

it.each([
  calendar({ kind: "weekdays", weekdays: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] }),
  calendar({ kind: "weekdays", weekdays: ["sat", "sun"] }, [1, 12]),
  calendar({ kind: "days", days: [1, 15] }),
  calendar({ kind: "nth-weekday", weekday: "sun", nth: "last" }),
  calendar({ kind: "nth-weekday", weekday: "tue", nth: 2 }),
  calendar({ kind: "last-day", daysBefore: 3 }),
  { kind: "interval", everyMs: 5_400_000, fromAt: "2026-01-01T00:30:00Z" },
  { kind: "once", at: "2027-01-01T00:00" },
  { kind: "cron", expression: "0 3 * * 1#2" },
  { kind: "after" },
])("%j comes back from the form as it was", (given) => {
  const when = When.parse(given);
  expect(whenOf(whenFormOf(when, now))).toEqual(when);
});

it("is a nightly schedule at first, and right in every kind but the one that needs a date", () => {
  const fresh = newWhen(now);
  expect(whenOf(fresh)).toMatchObject({ kind: "calendar", times: ["02:00"] });
  for (const kind of ["daily", "weekly", "monthly", "nth-weekday", "last-day", "interval", "after", "cron"] as const) {
    expect(When.safeParse(whenOf({ ...fresh, kind })).success, kind).toBe(true);
  }
  expect(When.safeParse(whenOf({ ...fresh, kind: "once" })).success).toBe(false);
  expect(whenOf({ ...fresh, kind: "interval" })).toMatchObject({ fromAt: "2026-11-29T14:00:00.000Z" });
});

it("keeps what was said for one kind while another is looked at", () => {
  const form = { ...newWhen(now), expression: "1 1 1 1 1", kind: "daily" as const };
  expect(whenOf({ ...form, kind: "cron" })).toEqual({ kind: "cron", expression: "1 1 1 1 1" });
});
