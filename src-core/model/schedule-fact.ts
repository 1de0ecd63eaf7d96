/**
 * Why something was decided, as a fact: stored with the run, shown with it, and put into words only there (schedule/fact-text.ts), so
 * that what a decision was can be counted and tested and no wording is stored for years.
 */
import { z } from "zod";
import { EdgeCondition, ParentOutcome } from "./dependency.ts";
import { ErrorClass } from "./retry-policy.ts";
import { OverlapPolicy } from "./schedule.ts";
import { OnClose } from "./window.ts";

const At = z.iso.datetime();
const Ms = z.number().min(0);
const Name = z.string();
const Count = z.int().min(0);

export const ScheduleFact = z
  .discriminatedUnion("kind", [
    /* When. `wall`: the time the schedule names. */
    z.object({ kind: z.literal("clock-gap"), wall: Name, at: At }),
    z.object({ kind: z.literal("clock-repeats"), wall: Name, at: At }),
    z.object({ kind: z.literal("jitter"), ms: Ms }),
    /* Missed times. */
    z.object({ kind: z.literal("missed-skipped"), count: Count, firstAt: At, lastAt: At }),
    z.object({ kind: z.literal("missed-too-old"), count: Count, lastAt: At, deadlineMs: Ms }),
    z.object({ kind: z.literal("missed-over-cap"), count: Count, cap: Count }),
    z.object({ kind: z.literal("catches-up"), nominalAt: At, stoodFor: Count }),
    z.object({ kind: z.literal("settles"), untilAt: At }),
    z.object({ kind: z.literal("clock-set-back"), byMs: Ms, goesOn: z.boolean() }),
    /* Windows and blackouts. */
    z.object({ kind: z.literal("waits-for-window"), window: Name, untilAt: At, ms: Ms }),
    z.object({ kind: z.literal("blackout"), name: Name, untilAt: At }),
    z.object({ kind: z.literal("outside-skipped"), because: Name }),
    z.object({ kind: z.literal("never-allowed") }),
    z.object({ kind: z.literal("window-closed"), window: Name, action: OnClose, resumesAt: At.nullable() }),
    z.object({ kind: z.literal("does-not-fit"), needsMs: Ms, leftMs: Ms }),
    z.object({ kind: z.literal("may-not-fit"), needsMs: Ms, leftMs: Ms }),
    /* Dependencies. */
    z.object({ kind: z.literal("waits-for-parent"), parent: Name, untilAt: At.nullable() }),
    z.object({ kind: z.literal("parent-agreed"), parent: Name, outcome: ParentOutcome }),
    z.object({ kind: z.literal("parent-refused"), parent: Name, outcome: ParentOutcome, on: EdgeCondition }),
    z.object({ kind: z.literal("parent-timed-out"), parent: Name, timeoutMs: Ms }),
    z.object({ kind: z.literal("parent-not-today"), parent: Name, day: Name }),
    /* Retry. */
    z.object({
      kind: z.literal("retries"),
      attempt: Count,
      attempts: Count,
      at: At,
      errorClass: ErrorClass,
      what: z.enum(["from-checkpoint", "from-start", "clean-up"]),
      /** What went wrong; left out in facts of earlier versions. */
      because: Name.optional(),
    }),
    z.object({ kind: z.literal("not-retried"), errorClass: ErrorClass }),
    z.object({ kind: z.literal("attempts-used"), attempts: Count }),
    z.object({ kind: z.literal("clean-up-failed") }),
    /* Order. */
    z.object({ kind: z.literal("waits-for-slot"), limit: Count }),
    z.object({ kind: z.literal("waits-for-group"), group: Name, limit: Count }),
    z.object({ kind: z.literal("lets-older-pass"), group: Name, other: Name }),
    z.object({ kind: z.literal("aged"), from: Count, to: Count }),
    /* Overlap, conditions, pause. */
    z.object({ kind: z.literal("overlap"), policy: OverlapPolicy, other: Name }),
    z.object({ kind: z.literal("condition"), name: Name, met: z.boolean(), found: Name, needed: Name }),
    z.object({ kind: z.literal("paused"), reason: Name, untilAt: At.nullable() }),
    z.object({ kind: z.literal("by-hand") }),
    /* What somebody, or a later run, did to it; what a rule of machines found. */
    z.object({ kind: z.literal("canceled-by-hand") }),
    z.object({ kind: z.literal("held-by-hand") }),
    z.object({ kind: z.literal("asked-again") }),
    z.object({ kind: z.literal("superseded"), by: Name }),
    z.object({ kind: z.literal("machines-found"), found: Count, planned: Count }),
  ])
  .meta({ id: "ScheduleFact" });
export type ScheduleFact = z.infer<typeof ScheduleFact>;
