/** What the engine's round decides. Whoever applies a decision does so whole or not at all, and only while `version` still holds. */
import type { Condition } from "../../model/condition.ts";
import type { AppErrorData } from "../../model/error.ts";
import type { ScheduleFact } from "../../model/schedule-fact.ts";
import type { ScheduledRunState, WaitsFor } from "../../model/scheduled-run.ts";

/** A run to be made, waiting. */
export interface MadeRun {
  readonly scheduleId: string;
  readonly firingId: string;
  readonly nominalAt: number;
  readonly catchesUp: boolean;
  readonly waitsFor: WaitsFor | null;
  readonly facts: readonly ScheduleFact[];
}

export interface FireDecision {
  readonly kind: "fire";
  readonly scheduleId: string;
  /** The mark the decision began at: with another one it was taken already. */
  readonly from: number;
  /** The mark after it. */
  readonly to: number;
  /** Parents first. */
  readonly runs: readonly MadeRun[];
  /** About times for which no run is made. */
  readonly facts: readonly ScheduleFact[];
}

interface OfRun {
  readonly runId: string;
  readonly version: number;
  /** To be stored with the run, in this order. */
  readonly facts: readonly ScheduleFact[];
}

export type RunDecision =
  | (OfRun & {
      readonly kind: "wait";
      readonly waitsFor: WaitsFor;
      readonly mayStartAt: number | null;
      /** In words. */
      readonly reason: string;
    })
  /** Its conditions must be measured now. */
  | (OfRun & { readonly kind: "measure"; readonly conditions: readonly Condition[] })
  | (OfRun & { readonly kind: "start" })
  | (OfRun & { readonly kind: "skip" })
  /** Its window closed: its job runs stand still. */
  | (OfRun & { readonly kind: "hold"; readonly untilAt: number | null; readonly reason: string })
  | (OfRun & { readonly kind: "release" })
  /** Its window closed, or a later run takes its place: its job runs are canceled, or it never begins. */
  | (OfRun & { readonly kind: "cancel"; readonly reason: string })
  /** Its window closed, and it runs to its end. */
  | (OfRun & { readonly kind: "note"; readonly reason: string })
  | (OfRun & { readonly kind: "end"; readonly state: ScheduledRunState; readonly error: AppErrorData | null });

export type Decision = FireDecision | RunDecision;
