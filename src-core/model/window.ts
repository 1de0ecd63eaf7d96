/** When work is allowed: windows by weekday and hour, and the days on which it is not. */
import { z } from "zod";
import { ClockTime, LocalDateTime, Weekday } from "./when.ts";

const Name = z.string().trim().min(1).max(100);
/** Left out: the schedule's. */
const ZoneId = z.string().min(1).max(64).optional();

/** Hours of some weekdays. Where `to` is before `from` it goes over midnight and belongs to the day it opens on. */
export const Window = z
  .object({
    name: Name,
    days: z.array(Weekday).min(1).max(7),
    from: ClockTime,
    to: z.union([ClockTime, z.literal("24:00")]),
    zone: ZoneId,
  })
  .refine(({ from, to }) => from !== to, {
    path: ["to"],
    message: "The window opens and closes at the same time; for the whole day say 00:00 to 24:00.",
  })
  .meta({ id: "Window" });
export type Window = z.infer<typeof Window>;

/** Time in which nothing starts, whatever the windows say. */
export const Blackout = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("range"),
      name: Name,
      from: LocalDateTime,
      /** Not included. */
      to: LocalDateTime,
      zone: ZoneId,
    }),
    z.object({
      kind: z.literal("yearly"),
      name: Name,
      month: z.int().min(1).max(12),
      day: z.int().min(1).max(31),
      days: z.int().min(1).max(60).default(1).describe("How many days from that one on."),
      zone: ZoneId,
    }),
    z.object({ kind: z.literal("mute"), name: Name.default("muted"), untilAt: z.iso.datetime() }),
  ])
  .meta({ id: "Blackout" });
export type Blackout = z.infer<typeof Blackout>;

/** What a window's end does to work that runs: to its end; at a durable block, on in the next window; at once. */
export const OnClose = z.enum(["finish", "pause", "stop"]);
export type OnClose = z.infer<typeof OnClose>;

export const MAX_WINDOWS = 50;
export const MAX_BLACKOUTS = 2_000;

/** All that says when a schedule's work is allowed. No windows: at any hour. */
export const Allowed = z.object({
  windows: z.array(Window).max(MAX_WINDOWS).default([]),
  blackouts: z.array(Blackout).max(MAX_BLACKOUTS).default([]),
  outside: z.enum(["wait", "skip"]).default("wait").describe("What becomes of a run that is due outside."),
  onClose: OnClose.default("finish"),
});
export type Allowed = z.infer<typeof Allowed>;
