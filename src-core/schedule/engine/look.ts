/** What is known around a run that is looked at, and what looking at it says. */
import type { Pause } from "../../model/schedule.ts";
import type { Predicted } from "../window-end.ts";
import type { Permissions } from "../windows.ts";
import type { RunDecision } from "./decision.ts";
import type { RunPicture } from "./picture.ts";

export interface Around {
  readonly now: number;
  /** The pause of all. */
  readonly pause: Pause | null;
  /** As it is now; undefined: it was removed. */
  scheduleOf(scheduleId: string): { readonly name: string; readonly pause: Pause | null } | undefined;
  predictedOf(scheduleId: string): Predicted | null;
  /** In the order they came. */
  runsOfFiring(firingId: string): readonly RunPicture[];
  runsOfSchedule(scheduleId: string): readonly RunPicture[];
  /** Of those that came before it: it is being started, or this round starts it. */
  starts(run: RunPicture): boolean;
  permissionsOf(run: RunPicture): Permissions;
}

export interface Look {
  readonly decisions: readonly RunDecision[];
  /** When the answer may change by itself; null: only when something happens. */
  readonly nextAt: number | null;
}

export const NOTHING: Look = { decisions: [], nextAt: null };
