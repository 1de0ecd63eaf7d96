/** What a long loop over a disk is handed by whoever started it. */
import type { Extent } from "../formats/format.ts";

export interface LoopHooks {
  /** Awaited between chunks: lets messages in, holds while work is paused, throws when the work is canceled. Cheap. */
  gate(): Promise<void>;
  /** Awaited before `bytes` are read: waits where reading is slowed down; throws as `gate`. */
  spend(bytes: number): Promise<void>;
  /** Bytes of data dealt with so far, ascending. */
  progress(doneBytes: number): void;
}

/** The same extents with `gate` awaited before each, so that a disk of many tables can be left midway. */
export async function* gated(extents: AsyncIterable<Extent>, gate: () => Promise<void>): AsyncIterable<Extent> {
  for await (const extent of extents) {
    await gate();
    yield extent;
  }
}
