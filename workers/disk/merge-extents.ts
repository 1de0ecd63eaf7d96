/** Joins neighbours of one state. Formats merge only within a table window; whoever counts or compares wants them whole. */
import type { Extent } from "../formats/format.ts";

/**
 * The same ranges with neighbours of one state as one extent. Holds one extent back, nothing else.
 * `gate` is awaited per extent that comes in, so that a disk of many tables can be left midway.
 */
export async function* mergeExtents(extents: AsyncIterable<Extent>, gate?: () => Promise<void>): AsyncIterable<Extent> {
  let held = null as Extent | null;
  for await (const extent of extents) {
    if (gate !== undefined) await gate();
    if (held === null) held = extent;
    else if (held.state === extent.state) held = { ...held, length: held.length + extent.length };
    else {
      yield held;
      held = extent;
    }
  }
  if (held !== null) yield held;
}
