/** Who prepares windows: the copying thread itself (here), or threads of their own (lane-preparer.ts). */
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

/** A window that is begun. */
export interface Begun {
  /** Whether its turn would have to wait for it. */
  readonly ready: boolean;
  /** Once it is prepared; asked once. @throws AppError whatever reading the disk throws */
  take(): Promise<Prepared>;
}

export interface Preparer {
  /** Lets in what other threads have to say. @throws AppError what went wrong when one stored a window */
  listen(): Promise<void>;
  /**
   * Resolves once the window is given to a thread of its own, or done where the calling thread does it: until then nobody else may
   * read the disk here. Null: everybody has enough to do, the oldest window is to be taken and released first. What reading throws
   * is thrown by `take`.
   * @throws AppError what went wrong when a thread stored a window
   */
  begin(job: WindowJob): Promise<Begun | null>;
  /** Resolves once all that was released is stored. @throws AppError what went wrong when a thread stored a window */
  settle(): Promise<void>;
  /** Ends what is under way and gives all back. Safe to call twice. */
  close(): Promise<void>;
}

/** Prepares on the calling thread, one window after the other. */
export function localPreparer(
  reader: Pick<Layer, "read">,
  parent: Layer | null,
  profiles: readonly Profile[],
): Preparer {
  let free: Slot | null = createSlot(slotBytesOf(profiles));
  return {
    async listen() {},
    async begin(job) {
      if (free === null) return null;
      const slot = free;
      free = null;
      const prepared = prepareWindow(reader, parent, profiles, job, slot);
      await Promise.allSettled([prepared]);
      const release = () => {
        free = slot;
      };
      return { ready: true, take: async () => ({ pieces: await prepared, slot, release }) };
    },
    async settle() {},
    async close() {},
  };
}
