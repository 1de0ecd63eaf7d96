/** Schedules as lists, graphs, calendars and forecasts show them. */
import { z } from "zod";
import { Dependency, Join } from "./dependency.ts";
import { Pause, Schedule, ScheduleDefinition } from "./schedule.ts";
import { ScheduleFact } from "./schedule-fact.ts";
import { ScheduledRunState } from "./scheduled-run.ts";

/** How many runs a strip shows. */
export const STRIP_LENGTH = 30;

const At = z.iso.datetime();

/** One run of a strip. */
export const StripRun = z.object({ id: z.string(), state: ScheduledRunState, nominalAt: At });
export type StripRun = z.infer<typeof StripRun>;

export const ScheduleRow = z
  .object({
    id: z.string(),
    name: z.string(),
    enabled: z.boolean(),
    pause: Pause.nullable(),
    /** When, in a sentence. */
    words: z.string(),
    /** "after": it has no times of its own. */
    whenKind: z.enum(["cron", "interval", "calendar", "once", "after"]),
    /** What it does, in a sentence. */
    workWords: z.string(),
    zone: z.string(),
    priority: z.int(),
    groups: z.array(z.string()),
    dependencies: z.array(Dependency),
    join: Join,
    /**
     * When it is due next, before windows; of one that comes after others, when the next firing begins that it is part of. Null: never,
     * disabled or paused for good.
     */
    nextAt: At.nullable(),
    /** When that run may start, with jitter and windows; null also where it comes after others, which a forecast tells. */
    nextStartAt: At.nullable(),
    /** Last runs, oldest first; at most STRIP_LENGTH. */
    recent: z.array(StripRun),
    lastSuccessAt: At.nullable(),
    /** How long its runs took lately, likely between the two; null before the first. */
    predicted: z.object({ lowMs: z.number(), highMs: z.number() }).nullable(),
    changedAt: At,
  })
  .meta({ id: "ScheduleRow" });
export type ScheduleRow = z.infer<typeof ScheduleRow>;

export const FieldProblem = z
  .object({
    /** Such as "when.expression" or "allowed.windows.2.zone"; "" for the whole. */
    field: z.string(),
    message: z.string(),
    /** False: it can be saved, but is hardly what was meant. */
    fatal: z.boolean(),
  })
  .meta({ id: "FieldProblem" });
export type FieldProblem = z.infer<typeof FieldProblem>;

/** A run that is to come. */
export const ComingRun = z
  .object({
    scheduleId: z.string(),
    /** The firing it is to belong to, as its run will name it. */
    firingId: z.string(),
    nominalAt: At,
    startAt: At,
    /** Null for skipped ones. */
    endAt: At.nullable(),
    skipped: z.boolean(),
    /** Why it does not start at its nominal time, or not at all. */
    facts: z.array(ScheduleFact),
    /** The same in words. */
    reasons: z.array(z.string()),
  })
  .meta({ id: "ComingRun" });
export type ComingRun = z.infer<typeof ComingRun>;

export const ForecastChange = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.enum(["added", "removed"]), run: ComingRun }),
    z.object({ kind: z.enum(["moved", "skipped", "no-longer-skipped"]), before: ComingRun, after: ComingRun }),
  ])
  .meta({ id: "ForecastChange" });
export type ForecastChange = z.infer<typeof ForecastChange>;

/** More at once than may run: in all (group null), or in a group. */
export const Collision = z
  .object({
    group: z.string().nullable(),
    fromAt: At,
    toAt: At,
    limit: z.int(),
    peak: z.int(),
    scheduleIds: z.array(z.string()),
  })
  .meta({ id: "Collision" });
export type Collision = z.infer<typeof Collision>;

/** A stretch of time in which a schedule may work, or may not (a blackout). */
export const Shade = z
  .object({ scheduleId: z.string(), kind: z.enum(["window", "blackout"]), name: z.string(), fromAt: At, toAt: At })
  .meta({ id: "Shade" });
export type Shade = z.infer<typeof Shade>;

/** One step of an edit of several schedules, applied together or not at all. */
export const ScheduleChange = z
  .discriminatedUnion("kind", [
    /** `id`: of the caller's choosing, so that other changes can name it as a parent. */
    z.object({
      kind: z.literal("create"),
      id: z.string().regex(/^[\w-]{1,64}$/, "Letters, digits, - and _, at most 64."),
      definition: ScheduleDefinition,
      enabled: z.boolean().default(true),
    }),
    /** `changedAt`: as it was read; where it was changed since, the whole is refused (state.conflict). */
    z.object({ kind: z.literal("update"), id: z.string(), definition: ScheduleDefinition, changedAt: At.optional() }),
    z.object({
      kind: z.literal("connect"),
      id: z.string(),
      dependencies: z.array(Dependency).max(100),
      join: Join.optional(),
      changedAt: At.optional(),
    }),
    z.object({ kind: z.literal("enable"), id: z.string(), enabled: z.boolean() }),
    z.object({ kind: z.literal("remove"), id: z.string() }),
  ])
  .meta({ id: "ScheduleChange" });
export type ScheduleChange = z.infer<typeof ScheduleChange>;

/** Most schedules of one program. */
export const MAX_SCHEDULES = 10_000;

/** A file of schedules: export and import are exact inverses. */
export const ScheduleFile = z
  .object({
    version: z.literal(1),
    schedules: z
      .array(Schedule.pick({ id: true, enabled: true }).extend(ScheduleDefinition.shape).strict())
      .max(MAX_SCHEDULES),
  })
  .strict()
  .meta({ id: "ScheduleFile" });
export type ScheduleFile = z.infer<typeof ScheduleFile>;
