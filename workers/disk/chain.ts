/** Lays a disk over its parent: what the child does not allocate is read from the parent. Wraps two readers, owns neither. */
import type { DiskReader, Extent } from "../formats/format.ts";

/** The part of a reader that reading through a chain needs. */
export type Layer = Pick<DiskReader, "virtualSizeBytes" | "extents" | "read">;

/**
 * `child` over `parent`. As large as the child; where the parent is shorter its missing tail is a hole, where it is longer the
 * surplus does not exist. `parent` may itself be a chain.
 */
export function overlay(child: Layer, parent: Layer): Layer {
  /** The parent's view of a range that is a hole in the child. */
  async function* below(start: number, length: number): AsyncIterable<Extent> {
    const end = start + length;
    const parentEnd = Math.min(end, parent.virtualSizeBytes);
    if (start < parentEnd) yield* parent.extents(start, parentEnd - start);
    const tail = Math.max(start, parentEnd);
    if (tail < end) yield { start: tail, length: end - tail, state: "hole" };
  }

  return {
    virtualSizeBytes: child.virtualSizeBytes,
    async *extents(start, length) {
      for await (const extent of child.extents(start, length)) {
        if (extent.state === "hole") yield* below(extent.start, extent.length);
        else yield extent;
      }
    },
    async read(offset, into) {
      for await (const extent of child.extents(offset, into.length)) {
        const at = extent.start - offset;
        const part = into.subarray(at, at + extent.length);
        if (extent.state === "data") await child.read(extent.start, part);
        else if (extent.state === "zero") part.fill(0);
        else {
          const fromParent = Math.max(0, Math.min(part.length, parent.virtualSizeBytes - extent.start));
          if (fromParent > 0) await parent.read(extent.start, part.subarray(0, fromParent));
          part.fill(0, fromParent);
        }
      }
    },
  };
}
