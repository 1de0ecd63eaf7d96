/**
 * What a lane (a thread that helps a task with one disk after the other window) and the thread that started it say to each other.
 * Both ends are this program's own and start together, so nothing is parsed again.
 */
import type { FormatId } from "../../src-core/model/disk.ts";
import type { AppErrorData } from "../../src-core/model/error.ts";
import type { Pieces, Profile, Slot, WindowJob } from "../disk/window.ts";

/** A disk as a lane opens it for itself, and what tells that it is still the same. */
export interface LaneDisk {
  readonly path: string;
  readonly format: FormatId | undefined;
  readonly snapshot: string | null;
  readonly roots: readonly string[];
  /** `openIdentity` of its files. */
  readonly identity: string;
}

/** What a lane does with the windows it is given. */
export type LaneWork =
  | {
      readonly kind: "prepare";
      readonly disk: LaneDisk;
      /** What deltas are compared with. */
      readonly parent: LaneDisk | null;
      readonly profiles: readonly Profile[];
    }
  | { readonly kind: "compare"; readonly a: LaneDisk; readonly b: LaneDisk };

/** The `workerData` of a lane. */
export interface LaneStart {
  readonly lane: LaneWork;
  /** Windows it may hold at once. */
  readonly slots: number;
  /** The program's shared limit (permits.ts): its free permits, and the task's control cells. */
  readonly permits: { readonly free: SharedArrayBuffer; readonly control: SharedArrayBuffer };
}

export type LaneRequest =
  | { readonly type: "prepare"; readonly id: number; readonly slot: number; readonly job: WindowJob }
  | { readonly type: "compare"; readonly id: number; readonly start: number; readonly length: number }
  | { readonly type: "close" };

export type LaneAnswer =
  | { readonly type: "ready"; readonly slots: readonly Slot[] }
  | { readonly type: "prepared"; readonly id: number; readonly pieces: readonly Pieces[] }
  /** `at`: index of the first difference in the window, -1 = none. */
  | { readonly type: "compared"; readonly id: number; readonly at: number }
  | { readonly type: "failed"; readonly id: number; readonly error: AppErrorData };
