/** A schedule: what runs, when, after what, within which hours, and what happens when things go wrong. */
import { z } from "zod";
import { Condition } from "./condition.ts";
import { Dependency, Join } from "./dependency.ts";
import { RetryPolicy } from "./retry-policy.ts";
import { MAX_PARENTS } from "./schedule-limits.ts";
import { ScheduledWork } from "./scheduled-work.ts";
import { LocalDate, When } from "./when.ts";
import { Allowed } from "./window.ts";

const DAY_MS = 86_400_000;

/** What becomes of times that passed while nothing could fire: the machine slept or was off, or the schedule was paused. */
export const MissedPolicy = z.object({
  mode: z.enum(["skip", "once", "all"]).default("once"),
  cap: z.int().min(1).max(1_000).default(10).describe("Most runs that `all` makes up for; the latest count."),
  deadlineMs: z
    .int()
    .min(60_000)
    .max(366 * DAY_MS)
    .default(7 * DAY_MS)
    .describe("Older ones are not made up for."),
  settleMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(60_000)
    .describe("Rest after waking, till network and disks are back."),
});
export type MissedPolicy = z.infer<typeof MissedPolicy>;

/** What a run does that is due while an earlier one of its schedule has not ended. */
export const OverlapPolicy = z.enum(["skip", "buffer-one", "buffer-all", "cancel-other", "allow"]);
export type OverlapPolicy = z.infer<typeof OverlapPolicy>;

/** A pause somebody asked for. It outlives restarts. */
export const Pause = z.object({
  reason: z.string().trim().max(400),
  sinceAt: z.iso.datetime(),
  untilAt: z.iso.datetime().nullable().describe("null: until somebody ends it."),
});
export type Pause = z.infer<typeof Pause>;

/** All that somebody fills in. */
export const ScheduleDefinition = z
  .object({
    name: z.string().trim().min(1).max(100),
    work: ScheduledWork,
    when: When,
    zone: z.string().min(1).max(64).describe("IANA time zone, such as Europe/Berlin."),
    jitterMs: z.int().min(0).max(DAY_MS).default(0).describe("Each run starts up to this much later, to spread load."),
    startsOn: LocalDate.nullable().default(null).describe("First day."),
    endsOn: LocalDate.nullable().default(null).describe("Last day, which is included."),
    missed: MissedPolicy.prefault({}),
    allowed: Allowed.prefault({}),
    dependencies: z.array(Dependency).max(MAX_PARENTS).default([]),
    join: Join.default("all"),
    retry: RetryPolicy.prefault({}),
    priority: z.int().min(0).max(100).default(50).describe("0 (last) to 100 (first)."),
    groups: z
      .array(z.string().trim().min(1).max(100))
      .max(20)
      .default([])
      .describe("Named concurrency groups, beside those of its machines, hosts, datastores, sources and targets."),
    overlap: OverlapPolicy.default("skip"),
    conditions: z.array(Condition).max(20).default([]),
  })
  .meta({ id: "ScheduleDefinition" });
export type ScheduleDefinition = z.infer<typeof ScheduleDefinition>;

export const Schedule = ScheduleDefinition.extend({
  id: z.string().min(1).max(64),
  enabled: z.boolean(),
  pause: Pause.nullable(),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
}).meta({ id: "Schedule" });
export type Schedule = z.infer<typeof Schedule>;
