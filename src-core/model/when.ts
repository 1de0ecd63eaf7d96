/** When a schedule is due: five ways of saying it. What they mean, and what a change of the clock does to them: schedule/plan.ts. */
import { z } from "zod";
import { WEEKDAYS } from "./schedule-limits.ts";

export const Weekday = z.enum(WEEKDAYS);
export type Weekday = z.infer<typeof Weekday>;

/** A time on the wall, "HH:MM". */
export const ClockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "A time is HH:MM, 00:00 to 23:59.");
/** A day or a minute on the wall, in the zone of what it belongs to. Years far off are refused: no zone is known for them. */
export const LocalDate = z
  .string()
  .regex(/^(19(?:7[1-9]|[89]\d)|20\d\d|21(?:[0-8]\d|9[0-8]))-\d\d-\d\d$/, "A date is YYYY-MM-DD, from 1971 to 2198.")
  .pipe(z.iso.date("There is no such day."));
export const LocalDateTime = z
  .string()
  .regex(
    /^(19(?:7[1-9]|[89]\d)|20\d\d|21(?:[0-8]\d|9[0-8]))-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d$/,
    "A date with time is YYYY-MM-DDTHH:MM.",
  )
  .refine((text) => z.iso.date().safeParse(text.slice(0, 10)).success, "There is no such day.");

/** Which days of a month a calendar means. */
export const CalendarDays = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("weekdays"), weekdays: z.array(Weekday).min(1).max(7) }),
  z.object({
    kind: z.literal("nth-weekday"),
    weekday: Weekday,
    nth: z.union([z.int().min(1).max(5), z.literal("last")]),
  }),
  z.object({ kind: z.literal("days"), days: z.array(z.int().min(1).max(31)).min(1).max(31) }),
  z.object({
    kind: z.literal("last-day"),
    daysBefore: z.int().min(0).max(27).default(0).describe("0: the month's last day; 1: the day before it."),
  }),
]);
export type CalendarDays = z.infer<typeof CalendarDays>;

export const SHORTEST_INTERVAL_MS = 60_000;
const LONGEST_INTERVAL_MS = 366 * 86_400_000;

export const When = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("cron"), expression: z.string().trim().min(1).max(200) }),
    z.object({
      kind: z.literal("interval"),
      everyMs: z.int().min(SHORTEST_INTERVAL_MS).max(LONGEST_INTERVAL_MS),
      fromAt: z.iso.datetime().describe("The first time; all others are whole intervals after it."),
    }),
    z.object({
      kind: z.literal("calendar"),
      months: z.array(z.int().min(1).max(12)).max(12).default([]).describe("1 to 12; none: all."),
      days: CalendarDays,
      times: z.array(ClockTime).min(1).max(48),
    }),
    z.object({ kind: z.literal("once"), at: LocalDateTime }),
    z.object({ kind: z.literal("after") }).describe("Never by the clock: when the schedules it depends on have ended."),
  ])
  .meta({ id: "When" });
export type When = z.infer<typeof When>;
