/** When, as the form asks it: the kinds people think in, each with its own fields, which keep what was typed while one looks at another. Pure. */
import type { Weekday, When } from "../../../../src-core/model/when.ts";

export const WHEN_KINDS = [
  { value: "daily", label: "Every day" },
  { value: "weekly", label: "On weekdays" },
  { value: "monthly", label: "On days of the month" },
  { value: "nth-weekday", label: "On the nth weekday" },
  { value: "last-day", label: "At the month's end" },
  { value: "interval", label: "Every so often" },
  { value: "once", label: "Once" },
  { value: "after", label: "After others" },
  { value: "cron", label: "Cron" },
] as const;
export type WhenKind = (typeof WHEN_KINDS)[number]["value"];

export const DAYS: readonly { value: Weekday; label: string; short: string }[] = [
  { value: "mon", label: "Monday", short: "Mon" },
  { value: "tue", label: "Tuesday", short: "Tue" },
  { value: "wed", label: "Wednesday", short: "Wed" },
  { value: "thu", label: "Thursday", short: "Thu" },
  { value: "fri", label: "Friday", short: "Fri" },
  { value: "sat", label: "Saturday", short: "Sat" },
  { value: "sun", label: "Sunday", short: "Sun" },
];
const ALL_DAYS = DAYS.map(({ value }) => value);

export interface WhenForm {
  readonly kind: WhenKind;
  /** Of all calendars, "HH:MM". */
  readonly times: readonly string[];
  readonly weekdays: readonly Weekday[];
  readonly monthDays: readonly number[];
  readonly nth: 1 | 2 | 3 | 4 | 5 | "last";
  readonly weekday: Weekday;
  readonly daysBefore: number;
  /** 1 to 12; none: all. */
  readonly months: readonly number[];
  readonly everyMs: number;
  /** ISO. */
  readonly fromAt: string;
  /** "YYYY-MM-DDTHH:MM" */
  readonly onceAt: string;
  readonly expression: string;
}

/** A nightly schedule; `nowMs` is where an interval begins to count. */
export function newWhen(nowMs: number): WhenForm {
  return {
    kind: "daily",
    times: ["02:00"],
    weekdays: ["mon", "tue", "wed", "thu", "fri"],
    monthDays: [1],
    nth: 1,
    weekday: "sat",
    daysBefore: 0,
    months: [],
    everyMs: 4 * 3_600_000,
    // The full hour before: runs come at full hours.
    fromAt: new Date(Math.floor(nowMs / 3_600_000) * 3_600_000).toISOString(),
    onceAt: "",
    expression: "30 2 * * 1-5",
  };
}

/** What is sent: also where it is not right yet, so that the program says what is wrong. */
export function whenOf(form: WhenForm): When {
  const { kind, months, times } = form;
  const calendar = (days: Extract<When, { kind: "calendar" }>["days"]): When => ({
    kind: "calendar",
    months: [...months],
    days,
    times: [...times],
  });
  switch (kind) {
    case "daily":
      return calendar({ kind: "weekdays", weekdays: [...ALL_DAYS] });
    case "weekly":
      return calendar({ kind: "weekdays", weekdays: ALL_DAYS.filter((day) => form.weekdays.includes(day)) });
    case "monthly":
      return calendar({ kind: "days", days: [...form.monthDays] });
    case "nth-weekday":
      return calendar({ kind: "nth-weekday", weekday: form.weekday, nth: form.nth });
    case "last-day":
      return calendar({ kind: "last-day", daysBefore: form.daysBefore });
    case "interval":
      return { kind, everyMs: form.everyMs, fromAt: form.fromAt };
    case "once":
      return { kind, at: form.onceAt };
    case "cron":
      return { kind, expression: form.expression };
    case "after":
      return { kind };
  }
}

/** The form that says this; what it does not say is as in a new one. */
export function whenFormOf(when: When, nowMs: number): WhenForm {
  const fresh = newWhen(nowMs);
  switch (when.kind) {
    case "interval":
      return { ...fresh, kind: "interval", everyMs: when.everyMs, fromAt: when.fromAt };
    case "once":
      return { ...fresh, kind: "once", onceAt: when.at };
    case "cron":
      return { ...fresh, kind: "cron", expression: when.expression };
    case "after":
      return { ...fresh, kind: "after" };
    case "calendar": {
      const common = { ...fresh, months: when.months, times: when.times };
      const { days } = when;
      if (days.kind === "days") return { ...common, kind: "monthly", monthDays: days.days };
      if (days.kind === "last-day") return { ...common, kind: "last-day", daysBefore: days.daysBefore };
      if (days.kind === "nth-weekday") {
        const nth = ([1, 2, 3, 4, 5, "last"] as const).find((one) => one === days.nth) ?? 1;
        return { ...common, kind: "nth-weekday", weekday: days.weekday, nth };
      }
      if (days.weekdays.length === ALL_DAYS.length) return { ...common, kind: "daily" };
      return { ...common, kind: "weekly", weekdays: days.weekdays };
    }
  }
}
