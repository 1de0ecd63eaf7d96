/** Who prepares windows: the copying thread itself (here), or threads of their own (lane-pool.ts). */
import type { Layer } from "./chain.ts";
import {
  createSlot,
  type Pieces,
  type Profile,
  prepareWindow,
  type Slot,
  slotBytesOf,
  type WindowJob,
} from "./window.ts";

export interface Prepared {
  /** One list a profile, in their order. */
  readonly pieces: readonly Pieces[];
  readonly slot: Slot;
  /** The slot may be used again: nothing of it is needed any more. */
  release(): void;
}

export interface Preparer {
  /** So many windows may be in preparation at once; the next `prepare` waits until one is released. At least 1. */
  readonly capacity: number;
  /** @throws AppError whatever reading the disk throws */
  prepare(job: WindowJob): Promise<Prepared>;
  /** Ends what is under way and gives all back. Safe to call twice. */
  close(): Promise<void>;
}

/** Prepares on the calling thread, one window at a time. */
export function localPreparer(
  reader: Pick<Layer, "read">,
  parent: Layer | null,
  profiles: readonly Profile[],
): Preparer {
  const slot = createSlot(slotBytesOf(profiles));
  return {
    capacity: 1,
    async prepare(job) {
      return { pieces: await prepareWindow(reader, parent, profiles, job, slot), slot, release() {} };
    },
    async close() {},
  };
}
