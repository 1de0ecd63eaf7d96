/**
 * What a lane (a thread that helps a task with one disk after the other window) and the thread that started it say to each other.
 * Both ends are this program's own and start together, so nothing is parsed again.
 */
import type { FormatId } from "../../src-core/model/disk.ts";
import type { AppErrorData } from "../../src-core/model/error.ts";
import type { Profile, Slot } from "../disk/window.ts";
import type { MailboxMemory } from "./mailbox.ts";

/** A disk as a lane opens it for itself, and what tells that it is still the same. */
export interface LaneDisk {
  readonly path: string;
  readonly format: FormatId | undefined;
  readonly snapshot: string | null;
  readonly roots: readonly string[];
  /** `openIdentity` of its files. */
  readonly identity: string;
}

/** A file that is written: its descriptor is good in every thread of the process. */
export interface LaneTarget {
  readonly descriptor: number;
  readonly path: string;
}

/** What a lane does with the windows it is given. */
export type LaneWork =
  | {
      readonly kind: "prepare";
      /** Null: who asks has read the window into the slot. */
      readonly disk: LaneDisk | null;
      /** What deltas are compared with. */
      readonly parent: LaneDisk | null;
      readonly profiles: readonly Profile[];
      /** Where windows may be stored by whoever prepared them: files that the copying thread has open. */
      readonly targets: readonly LaneTarget[];
      /** Slots of the copying thread: the lane stores from them, too. */
      readonly lent: readonly Uint8Array[];
      readonly mailbox: MailboxMemory;
    }
  | { readonly kind: "compare"; readonly a: LaneDisk; readonly b: LaneDisk };

/** The first message to a lane. */
export interface LaneStart {
  readonly lane: LaneWork;
  /** The program's shared limit (permits.ts): its free permits, and the task's control cells. */
  readonly permits: { readonly free: SharedArrayBuffer; readonly control: SharedArrayBuffer };
}

/** To a comparing lane; one that prepares is asked through its mailbox. */
export type LaneRequest =
  | { readonly type: "compare"; readonly id: number; readonly start: number; readonly length: number }
  | { readonly type: "close" };

export type LaneAnswer =
  /** It has opened its disks; the memory its windows are prepared in. */
  | { readonly type: "ready"; readonly slots: readonly Slot[] }
  /** `at`: index of the first difference in the window, -1 = none. */
  | { readonly type: "compared"; readonly id: number; readonly at: number }
  /** `id`: of the request, or the slot of a mailbox. */
  | { readonly type: "failed"; readonly id: number; readonly error: AppErrorData };
