/**
 * Windows that the copying thread prepares itself beside its lanes. It stores them too, or lends their slots to a lane that does.
 * Neighbours: lane-preparer.ts (who decides), preparing-lane.ts (who stores what is lent), disk/window.ts (what preparing is).
 */
import type { Layer } from "../disk/chain.ts";
import type { Begun } from "../disk/preparer.ts";
import { createSlot, type Profile, prepareWindow, type Slot, slotBytesOf, type WindowJob } from "../disk/window.ts";
import type { WriteBehind } from "../disk/write-behind.ts";
import { monotonicMs } from "../io/monotonic.ts";
import type { Lane } from "./lane-thread.ts";
import { MAX_WRITES, type Mailbox, paceAfter, SLOT_STATE } from "./mailbox.ts";

/** One being read, the rest lanes store from or are to: they do it between windows of their own. */
const OWN_SLOTS = 5;
/** Windows that are not placed: one in work, one whose turn has not come. */
const MOST_BUSY = 2;

/** A lane as the copying thread has it. */
export interface Helper {
  readonly lane: Lane;
  readonly mailbox: Mailbox;
}

/** A slot that a lane has been lent. */
export interface Lent {
  readonly helper: Helper;
  /** As the lane's mailbox counts it. */
  readonly slot: number;
  /** Of its window. */
  readonly start: number;
}

interface OwnSlot {
  readonly memory: Slot;
  /** Whether it holds a window that is not placed. */
  busy: boolean;
  lent: Lent | null;
}

export interface OwnWindowsOptions {
  /** The disk as this thread reads it. */
  readonly reader: Pick<Layer, "read">;
  readonly parent: Layer | null;
  readonly profiles: readonly Profile[];
  readonly behind: WriteBehind | null;
}

export class OwnWindows {
  readonly #options: OwnWindowsOptions;
  readonly #slots: readonly OwnSlot[];
  #pace = 0;

  constructor(options: OwnWindowsOptions) {
    this.#options = options;
    const bytes = slotBytesOf(options.profiles);
    this.#slots = Array.from({ length: OWN_SLOTS }, () => ({ memory: createSlot(bytes), busy: false, lent: null }));
  }

  /** What lanes are to store from. */
  get memory(): readonly Uint8Array[] {
    return this.#slots.map(({ memory }) => memory.data);
  }

  /** Nanoseconds a KiB that preparing takes on this thread just now; 0 = not known. */
  get pace(): number {
    return this.#pace;
  }

  get isFree(): boolean {
    return this.#findFree() !== undefined;
  }

  /** The slot that comes back first: of those that a lane stores from, the one it was lent first. Null = none is lent. */
  get nextBack(): Lent | null {
    let next: Lent | null = null;
    for (const { lent } of this.#slots) {
      if (lent !== null && isOut(lent) && (next === null || lent.start < next.start)) next = lent;
    }
    return next;
  }

  /**
   * Prepares a window. Null: no slot is free. Never rejects: what reading throws is thrown by `take`.
   * @param storer who is to store it, asked when it is placed; null = this thread
   */
  async begin(job: WindowJob, storer: () => Helper | null): Promise<Begun | null> {
    const own = this.#findFree();
    if (own === undefined) return null;
    const { reader, parent, profiles, behind } = this.#options;
    own.busy = true;
    const beganAt = monotonicMs();
    const prepared = prepareWindow(reader, parent, profiles, job, own.memory);
    await Promise.allSettled([prepared]);
    this.#pace = paceAfter(this.#pace, dataBytesOf(job), monotonicMs() - beganAt);
    return {
      ready: true,
      take: async () => {
        const pieces = await prepared;
        const helper = behind === null ? null : storer();
        if (helper !== null) behind?.hold(own.memory, MAX_WRITES);
        return { pieces, slot: own.memory, release: () => this.#release(own, job, helper) };
      },
    };
  }

  #release(own: OwnSlot, { start }: WindowJob, helper: Helper | null): void {
    own.busy = false;
    if (helper === null) return;
    const writes = this.#options.behind?.take() ?? [];
    if (writes.length === 0) return;
    own.lent = { helper, slot: helper.mailbox.slots + this.#slots.indexOf(own), start };
    helper.mailbox.lend(own.lent.slot, start, writes);
  }

  #findFree(): OwnSlot | undefined {
    if (this.#slots.filter(({ busy }) => busy).length >= MOST_BUSY) return undefined;
    return this.#slots.find(({ busy, lent }) => !busy && (lent === null || !isOut(lent)));
  }
}

/** Whether the lane has not given it back. */
function isOut(lent: Lent): boolean {
  return lent.helper.mailbox.state(lent.slot) !== SLOT_STATE.free;
}

function dataBytesOf({ segments }: WindowJob): number {
  let bytes = 0;
  for (let i = 1; i < segments.length; i += 2) bytes += segments[i] ?? 0;
  return bytes;
}
