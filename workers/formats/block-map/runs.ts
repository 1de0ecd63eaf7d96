/**
 * What the readers of images of blocks share: a walk over a format's tables tells, piece by piece, where ranges of the guest are;
 * extents and reads are made of it. The walk does its work without waiting, a page of a table at a time.
 */
import type { ExtentState } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import type { Extent } from "../format.ts";

/** A range of the guest with one source. `hostOffset`, a place in the file, counts for data. Bytes. */
export interface Run {
  readonly start: number;
  length: number;
  readonly state: ExtentState;
  readonly hostOffset: number;
}

/**
 * The runs from `start` on, ascending and gap-free, at least one: up to `end`, or as many as a page of tables or `MOST_RUNS` say.
 * Neighbours of which one continues the other are one run.
 */
export type RunWalk = (start: number, end: number) => Promise<readonly Run[]>;

/** A walk that has so many is to give them out: its caller may be content with the first. */
export const MOST_RUNS = 64;

/** After so many steps extents are told even where they have not ended, so that a walk over a huge disk can be left midway. */
const MOST_STEPS = 16;

/** Adds a run, or lengthens the last one by it. */
export function addRun(runs: Run[], start: number, length: number, state: ExtentState, hostOffset = 0): void {
  const last = runs.at(-1);
  if (last?.state === state && (state !== "data" || last.hostOffset + last.length === hostOffset))
    last.length += length;
  else runs.push({ start, length, state, hostOffset });
}

/** For `DiskReader.extents`. */
export async function* extentsOf(walk: RunWalk, start: number, end: number): AsyncIterable<Extent> {
  const found: Run[] = [];
  let steps = 0;
  for (let at = start; at < end; ) {
    for (const { length, state } of await walk(at, end)) {
      // Where in the file it is makes no difference here.
      if (state === "data") addRun(found, at, length, state, at);
      else addRun(found, at, length, state);
      at += length;
    }
    steps++;
    const kept = steps % MOST_STEPS === 0 ? 0 : 1;
    while (found.length > kept) {
      const [told] = found.splice(0, 1);
      if (told) yield { start: told.start, length: told.length, state: told.state };
    }
  }
  for (const { start: at, length, state } of found) yield { start: at, length, state };
}

/** For `DiskReader.read`: one read of the file for each run of data. */
export async function readRuns(source: ByteSource, walk: RunWalk, offset: number, into: Uint8Array): Promise<void> {
  const end = offset + into.length;
  for (let at = offset; at < end; ) {
    for (const { length, state, hostOffset } of await walk(at, end)) {
      const part = at === offset && length === into.length ? into : into.subarray(at - offset, at - offset + length);
      if (state === "data") await source.read(hostOffset, part);
      else part.fill(0);
      at += length;
    }
  }
}
