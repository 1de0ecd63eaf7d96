/**
 * Scheduled runs: what became of each time a schedule was due, from the moment it was due to its end. While it works it has job runs
 * (run.ts): one, or one a machine where it exports a selection. What was decided about it, and why, are its facts.
 */
import { z } from "zod";
import { AppErrorData } from "./error-data.ts";
import { RunSummary } from "./run.ts";
import { ScheduleDefinition } from "./schedule.ts";
import { ScheduleFact } from "./schedule-fact.ts";
import { SCHEDULED_STATES } from "./scheduled-state.ts";

/**
 * waiting: it has not begun (what for: `waitsFor`); running: its job runs are made; held: they stand still until a window opens again;
 * canceling: they were asked to end. `warned` and `clean-up-failed` are ends in which what was asked for is there.
 */
export const ScheduledRunState = z.enum(SCHEDULED_STATES);
export type ScheduledRunState = z.infer<typeof ScheduledRunState>;

/** What a run that has not begun waits for, in the order in which it is asked. */
export const WaitsFor = z.enum(["parents", "overlap", "time", "window", "conditions", "pause", "start"]);
export type WaitsFor = z.infer<typeof WaitsFor>;

/** As lists show it. */
export const ScheduledRunSummary = z
  .object({
    id: z.string(),
    scheduleId: z.string(),
    /** As it was called then. */
    scheduleName: z.string(),
    /** The firing of the graph it belongs to: the same for a schedule and all that comes after it. */
    firingId: z.string(),
    /** The time it is known by; of one that somebody started, when that was. */
    nominalAt: z.iso.datetime(),
    madeAt: z.iso.datetime(),
    /** Somebody started it. */
    byHand: z.boolean(),
    /** It makes up for missed times. */
    catchesUp: z.boolean(),
    state: ScheduledRunState,
    waitsFor: WaitsFor.nullable(),
    /** Why it waits, is held, was skipped or was tried again: its latest such fact, in words. */
    reason: z.string().nullable(),
    /** When it may begin, with jitter and windows; null: not known yet. */
    mayStartAt: z.iso.datetime().nullable(),
    /** When held work goes on; null: it is not held, or no window follows. */
    heldUntilAt: z.iso.datetime().nullable(),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    /** Its job runs, oldest first; those of earlier tries included. */
    runIds: z.array(z.string()),
    error: AppErrorData.nullable(),
  })
  .meta({ id: "ScheduledRunSummary" });
export type ScheduledRunSummary = z.infer<typeof ScheduledRunSummary>;

/** A fact with when it was found, and in words in the schedule's zone. */
export const DatedFact = z.object({ at: z.iso.datetime(), fact: ScheduleFact, text: z.string() });
export type DatedFact = z.infer<typeof DatedFact>;

export const ScheduledRun = ScheduledRunSummary.extend({
  /** The schedule as it was when the run was made. */
  definition: ScheduleDefinition,
  /** Oldest first. */
  facts: z.array(DatedFact),
  runs: z.array(RunSummary),
  /** Runs of the same firing that it comes after, and those that come after it. */
  parentRunIds: z.array(z.string()),
  childRunIds: z.array(z.string()),
}).meta({ id: "ScheduledRun" });
export type ScheduledRun = z.infer<typeof ScheduledRun>;
