/** Schedules: what is planned, what it would do, and what became of it. */
import { z } from "zod";
import { LogLine } from "../model/run.ts";
import { Pause, Schedule, ScheduleDefinition } from "../model/schedule.ts";
import {
  Collision,
  ComingRun,
  FieldProblem,
  ForecastChange,
  ScheduleChange,
  ScheduleDetail,
  ScheduleRow,
  Shade,
} from "../model/schedule-view.ts";
import { ScheduledRun, ScheduledRunState, ScheduledRunSummary } from "../model/scheduled-run.ts";
import { Blackout } from "../model/window.ts";
import { base, failsWith } from "./base.ts";

const tags = ["schedules"];
const byId = z.object({ id: z.string().min(1).max(64) });
const noSuch = failsWith("request.not-found");
const wrong = failsWith(
  "request.not-found",
  "schedule.invalid",
  "schedule.cycle",
  "schedule.duplicate",
  "state.conflict",
);
/** Far longer than any name or note; a file of 10,000 schedules. */
const MAX_FILE = 32 * 2 ** 20;
const Days = z.int().min(1).max(90).default(30);
const At = z.iso.datetime();

/** Left out: of what is saved, nothing is changed. */
const changes = z.array(ScheduleChange).max(10_000).default([]);

const PauseRequest = z.object({
  reason: z.string().trim().max(400).default(""),
  untilAt: At.nullable().default(null).describe("null: until somebody ends it."),
});

export const ScheduleStatus = z
  .object({
    /** Of the scheduler's clock. */
    now: At,
    /** This computer's zone. */
    zone: z.string(),
    /** All schedules are paused. */
    pause: Pause.nullable(),
    next: z.object({ scheduleId: z.string(), name: z.string(), at: At }).nullable(),
    /** Since when firing has been possible without a break. */
    awakeSinceAt: At,
  })
  .meta({ id: "ScheduleStatus" });
export type ScheduleStatus = z.infer<typeof ScheduleStatus>;

export const schedules = {
  list: base
    .route({ method: "GET", path: "/schedules", tags, summary: "All schedules, by name" })
    .output(z.array(ScheduleRow)),
  status: base
    .route({
      method: "GET",
      path: "/schedules/status",
      tags,
      summary: "The scheduler: its clock, its pause, what comes next",
    })
    .output(ScheduleStatus),
  get: base
    .errors(noSuch)
    .route({ method: "GET", path: "/schedules/{id}", tags, summary: "One schedule, whole" })
    .input(byId)
    .output(ScheduleDetail),
  create: base
    .errors(wrong)
    .route({ method: "POST", path: "/schedules", tags, successStatus: 201, summary: "Save a new schedule" })
    .input(z.object({ definition: ScheduleDefinition, enabled: z.boolean().default(true) }))
    .output(Schedule),
  update: base
    .errors(wrong)
    .route({
      method: "PUT",
      path: "/schedules/{id}",
      tags,
      summary: "Change a schedule",
      description:
        "With the `changedAt` that was read, a change in between is refused instead of lost (state.conflict).",
    })
    .input(byId.extend({ definition: ScheduleDefinition, changedAt: At.optional() }))
    .output(Schedule),
  setEnabled: base
    .errors(noSuch)
    .route({ method: "POST", path: "/schedules/{id}/enabled", tags, summary: "Switch a schedule on or off" })
    .input(byId.extend({ enabled: z.boolean() }))
    .output(Schedule),
  remove: base
    .errors(failsWith("request.not-found", "state.conflict"))
    .route({
      method: "DELETE",
      path: "/schedules/{id}",
      tags,
      summary: "Remove a schedule",
      description: "Its history stays. Refused while others come after it, unless `detach` takes it out of them.",
    })
    .input(byId.extend({ detach: z.boolean().default(false) }))
    .output(z.object({ removed: z.literal(true) })),
  pause: base
    .errors(noSuch)
    .route({
      method: "POST",
      path: "/schedules/{id}/pause",
      tags,
      summary: "Pause a schedule, with a reason and an end",
    })
    .input(byId.extend(PauseRequest.shape))
    .output(Schedule),
  resume: base
    .errors(noSuch)
    .route({ method: "POST", path: "/schedules/{id}/resume", tags, summary: "End a schedule's pause" })
    .input(byId)
    .output(Schedule),
  pauseAll: base
    .route({ method: "POST", path: "/schedules/pause", tags, summary: "Pause all schedules; what runs goes on" })
    .input(PauseRequest)
    .output(ScheduleStatus),
  resumeAll: base
    .route({ method: "POST", path: "/schedules/resume", tags, summary: "End the pause of all schedules" })
    .output(ScheduleStatus),
  runNow: base
    .errors(failsWith("request.not-found", "state.conflict"))
    .route({
      method: "POST",
      path: "/schedules/{id}/run",
      tags,
      successStatus: 201,
      summary: "Run a schedule now",
      description:
        "The plan is not disturbed. Windows and conditions hold unless `anyway`; what comes after it follows unless `alone`.",
    })
    .input(byId.extend({ anyway: z.boolean().default(false), alone: z.boolean().default(false) }))
    .output(ScheduledRunSummary),
  validate: base
    .route({
      method: "POST",
      path: "/schedules/validate",
      tags,
      summary: "What is wrong with a schedule, each at its field",
      description: "Takes anything: what has not the right shape is told at its field as well.",
    })
    .input(
      z.object({ definition: z.unknown(), id: z.string().max(64).optional().describe("Of the one it would replace.") }),
    )
    .output(
      z.object({
        problems: z.array(FieldProblem),
        /** When, in a sentence; null while it cannot be told. */
        words: z.string().nullable(),
        workWords: z.string().nullable(),
        /** Ids along a circle of dependencies, the first again at the end. */
        cycle: z.array(z.string()).nullable(),
        /** Its next runs, with the reason for each shift. */
        next: z.array(ComingRun),
      }),
    ),
  apply: base
    .errors(wrong)
    .route({
      method: "POST",
      path: "/schedules/apply",
      tags,
      summary: "Several changes together, or none",
      description:
        "The graph is looked at as it would be afterwards: a circle is refused with its ids (schedule.cycle).",
    })
    .input(z.object({ changes: z.array(ScheduleChange).min(1).max(10_000) }))
    .output(z.object({ schedules: z.array(Schedule) })),
  whatIf: base
    .errors(wrong)
    .route({ method: "POST", path: "/schedules/what-if", tags, summary: "What changes would do to the coming runs" })
    .input(z.object({ changes: z.array(ScheduleChange).min(1).max(10_000), days: Days }))
    .output(z.object({ changes: z.array(ForecastChange), total: z.int(), words: z.string() })),
  simulate: base
    .errors(wrong)
    .route({
      method: "POST",
      path: "/schedules/simulate",
      tags,
      summary: "All runs of the coming days, with predicted durations and collisions",
      description:
        "Of what is saved, with `changes` on top that are not. At most 20,000 runs are listed; `total` counts all.",
    })
    .input(
      z.object({ changes, fromAt: At.optional(), days: Days, scheduleIds: z.array(z.string()).max(10_000).optional() }),
    )
    .output(
      z.object({
        fromAt: At,
        toAt: At,
        runs: z.array(ComingRun),
        total: z.int(),
        collisions: z.array(Collision),
        shades: z.array(Shade),
      }),
    ),
  blackoutsFromCalendar: base
    .errors(failsWith("calendar.invalid"))
    .route({
      method: "POST",
      path: "/schedules/blackouts",
      tags,
      summary: "Read blackouts out of a calendar file (.ics)",
    })
    .input(z.object({ text: z.string().max(2 * 2 ** 20) }))
    .output(
      z.object({
        blackouts: z.array(Blackout),
        leftOut: z.array(z.object({ name: z.string(), why: z.string() })),
      }),
    ),
  exportFile: base
    .errors(failsWith("request.not-found", "request.too-large"))
    .route({ method: "GET", path: "/schedules/file", tags, summary: "Schedules as YAML or JSON text" })
    .input(
      z.object({
        format: z.enum(["yaml", "json"]).default("yaml"),
        ids: z.string().max(100_000).optional().describe("Commas between; left out: all."),
      }),
    )
    .output(z.object({ text: z.string() })),
  importFile: base
    .errors(wrong)
    .route({
      method: "POST",
      path: "/schedules/file",
      tags,
      summary: "Take schedules from YAML or JSON text",
      description:
        "Those of known ids are changed, others made, none removed. All or nothing; `dryRun` only says what would be.",
    })
    .input(z.object({ text: z.string().max(MAX_FILE), dryRun: z.boolean().default(false) }))
    .output(
      z.object({
        created: z.array(z.string()),
        changed: z.array(z.string()),
        unchanged: z.array(z.string()),
        problems: z.array(FieldProblem),
      }),
    ),
};

const runTags = ["scheduled runs"];
const notNow = failsWith("request.not-found", "state.conflict");

export const scheduledRuns = {
  list: base
    .route({ method: "GET", path: "/scheduled-runs", tags: runTags, summary: "Runs of schedules, newest first" })
    .input(
      z.object({
        scheduleId: z.string().max(64).optional(),
        firingId: z.string().max(200).optional(),
        state: ScheduledRunState.optional(),
        active: z.boolean().optional().describe("true: only those not ended yet; false: only ended ones."),
        fromAt: At.optional().describe("Nominal time, included."),
        toAt: At.optional().describe("Not included."),
        limit: z.int().min(1).max(1_000).default(100),
        cursor: z.string().max(200).optional().describe("`nextCursor` of the page before."),
      }),
    )
    .output(z.object({ items: z.array(ScheduledRunSummary), nextCursor: z.string().nullable(), total: z.int() })),
  get: base
    .errors(noSuch)
    .route({
      method: "GET",
      path: "/scheduled-runs/{id}",
      tags: runTags,
      summary: "One run of a schedule, with all its reasons",
    })
    .input(byId)
    .output(ScheduledRun),
  log: base
    .errors(noSuch)
    .route({
      method: "GET",
      path: "/scheduled-runs/{id}/log",
      tags: runTags,
      summary: "Facts and log lines of its job runs, by time",
    })
    .input(byId)
    .output(z.array(LogLine.pick({ at: true, level: true, message: true }).extend({ runId: z.string().nullable() }))),
  cancel: base
    .errors(notNow)
    .route({
      method: "POST",
      path: "/scheduled-runs/{id}/cancel",
      tags: runTags,
      summary: "Cancel a run, waiting or at work",
    })
    .input(byId)
    .output(ScheduledRunSummary),
  pause: base
    .errors(notNow)
    .route({
      method: "POST",
      path: "/scheduled-runs/{id}/pause",
      tags: runTags,
      summary: "Hold a run back until it is resumed",
    })
    .input(byId)
    .output(ScheduledRunSummary),
  resume: base
    .errors(notNow)
    .route({
      method: "POST",
      path: "/scheduled-runs/{id}/resume",
      tags: runTags,
      summary: "Let a run go on that was held back",
    })
    .input(byId)
    .output(ScheduledRunSummary),
  retry: base
    .errors(notNow)
    .route({
      method: "POST",
      path: "/scheduled-runs/{id}/retry",
      tags: runTags,
      summary: "Try an ended run again from its failure",
      description: "What succeeded is not made again; what was skipped because of it follows.",
    })
    .input(byId)
    .output(ScheduledRunSummary),
};
