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

/** A window that is begun. @throws AppError whatever reading the disk throws */
export type Begun = () => Promise<Prepared>;

export interface Preparer {
  /**
   * Resolves once the window is given to a thread of its own, or done where the calling thread does it: until then nobody else may
   * read the disk here. Null: everybody has enough to do, the oldest window is to be taken and released first. Never rejects.
   */
  begin(job: WindowJob): Promise<Begun | null>;
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
  let taken = false;
  return {
    async begin(job) {
      if (taken) return null;
      taken = true;
      const prepared = prepareWindow(reader, parent, profiles, job, slot);
      await Promise.allSettled([prepared]);
      return async () => ({
        pieces: await prepared,
        slot,
        release() {
          taken = false;
        },
      });
    },
    async close() {},
  };
}
