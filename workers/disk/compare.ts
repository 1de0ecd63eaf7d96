/**
 * Do two disks hold the same bytes? Ranges that both know to be empty are equal without a read; all else is read from both,
 * in full or for a seeded sample of fixed chunks. Constant memory. Neighbours: sample.ts, lanes/lane-comparer.ts, tasks/verify.ts.
 */
import type { VerifyMode } from "../../src-core/model/task.ts";
import { mergeExtents } from "../formats/format.ts";
import type { Layer } from "./chain.ts";
import { gated, type LoopHooks } from "./hooks.ts";
import { chooseSome, detectionProbability } from "./sample.ts";
import { createSlot, readPadded, WINDOW_BYTES } from "./window.ts";

/** Unit of comparing and of sampling. */
export const CHUNK_BYTES = WINDOW_BYTES;

/** How much to compare: everything, or a share of the chunks. */
export type CompareMode = Exclude<VerifyMode, { mode: "none" }>;

export interface Comparison {
  /** Guest offset of the first byte found different (in sample mode: among the chunks looked at); null = none. */
  readonly firstDifferenceBytes: number | null;
  /** Guest bytes whose equality was established, by reading or because both disks know them as empty. */
  readonly comparedBytes: number;
  /** Chunks with data in either disk, and how many of them were read. */
  readonly dataChunks: number;
  readonly readChunks: number;
  /** What was established, in words. */
  readonly statement: string;
}

/** A stretch in which at least one disk has data, or neither. */
interface Stretch {
  readonly start: number;
  readonly length: number;
  readonly data: boolean;
}

/** Ranges of the longer disk in which either has data; beyond a disk's end it counts as empty. */
async function* stretches(a: Layer, b: Layer, gate: () => Promise<void>): AsyncIterable<Stretch> {
  const end = Math.max(a.virtualSizeBytes, b.virtualSizeBytes);
  const walks = [a, b].map((disk) => ({
    walk: mergeExtents(gated(disk.virtualSizeBytes > 0 ? disk.extents(0, disk.virtualSizeBytes) : nothing(), gate))[
      Symbol.asyncIterator
    ](),
    /** Where the current extent ends, and whether it is data. */
    end: 0,
    data: false,
  }));
  try {
    for (let at = 0; at < end; ) {
      let stop = end;
      let data = false;
      for (const side of walks) {
        while (side.end <= at) {
          const next = await side.walk.next();
          if (next.done === true) {
            side.end = end;
            side.data = false;
          } else {
            side.end = next.value.start + next.value.length;
            side.data = next.value.state === "data";
          }
        }
        stop = Math.min(stop, side.end);
        data ||= side.data;
      }
      yield { start: at, length: stop - at, data };
      at = stop;
    }
  } finally {
    for (const side of walks) await side.walk.return?.(undefined);
  }
}

/** `disk` with all that is data in it or in `other` told as data: where the two may differ. As large as `disk`. */
export function dataInEither(disk: Layer, other: Layer): Pick<Layer, "virtualSizeBytes" | "extents"> {
  const { virtualSizeBytes } = disk;
  return {
    virtualSizeBytes,
    async *extents(start, length) {
      const end = start + length;
      for await (const stretch of stretches(disk, other, async () => {})) {
        const from = Math.max(start, stretch.start);
        const to = Math.min(end, stretch.start + stretch.length);
        if (from < to) yield { start: from, length: to - from, state: stretch.data ? "data" : "hole" };
        if (to >= end) return;
      }
    },
  };
}

async function* nothing(): AsyncIterable<never> {}

/** The chunks (aligned, at most CHUNK_BYTES long) that hold data in either disk, each once, ascending. */
async function* dataChunks(
  a: Layer,
  b: Layer,
  gate: () => Promise<void>,
): AsyncIterable<{ start: number; length: number }> {
  const end = Math.max(a.virtualSizeBytes, b.virtualSizeBytes);
  let next = 0; // chunks below this were given out
  for await (const stretch of stretches(a, b, gate)) {
    if (!stretch.data) continue;
    const stretchEnd = stretch.start + stretch.length;
    for (
      let at = Math.max(next, Math.floor(stretch.start / CHUNK_BYTES) * CHUNK_BYTES);
      at < stretchEnd;
      at += CHUNK_BYTES
    ) {
      yield { start: at, length: Math.min(CHUNK_BYTES, end - at) };
      next = at + CHUNK_BYTES;
    }
  }
}

/** Index of the first difference of two pieces of one length, or -1. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number {
  if (Buffer.compare(a, b) === 0) return -1;
  return a.findIndex((byte, index) => byte !== b[index]);
}

/** Answers with the index of the first difference, -1 = none; may be asked again. @throws AppError whatever reading throws */
export type Asked = () => Promise<number>;

/** Who reads and compares: the calling thread (localComparer), or threads of their own (lanes/lane-comparer.ts). */
export interface Comparer {
  /**
   * Asks for the first difference in [start, start+length) of the two disks; `length` is at most CHUNK_BYTES. Resolves once a thread
   * of its own has the question, or the calling one has answered it: until then nobody else may read the disks here. Null:
   * everybody has enough to do, the oldest answer is to be taken first. Never rejects.
   */
  begin(start: number, length: number): Promise<Asked | null>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** Answers of the calling thread that may wait for their turn: what is done is told, and a difference ends the work, within so many. */
const MOST_OPEN = 16;

/** Compares on the calling thread. */
export function localComparer(a: Layer, b: Layer): Comparer {
  const { data: bufferA, parent: bufferB } = createSlot({ data: CHUNK_BYTES, parent: CHUNK_BYTES, encoded: 0 });
  let open = 0;
  return {
    async begin(start, length) {
      if (open >= MOST_OPEN) return null;
      open += 1;
      const compare = async () => {
        const inA = bufferA.subarray(0, length);
        const inB = bufferB.subarray(0, length);
        await readPadded(a, start, inA);
        await readPadded(b, start, inB);
        return firstDifference(inA, inB);
      };
      const answer = compare();
      await Promise.allSettled([answer]);
      let taken = false;
      return () => {
        if (!taken) open -= 1;
        taken = true;
        return answer;
      };
    },
    async close() {},
  };
}

/** What is to be compared: how many chunks hold data, their bytes, and which of them are taken. */
async function survey(a: Layer, b: Layer, mode: CompareMode, gate: () => Promise<void>) {
  let count = 0;
  let dataBytes = 0;
  for await (const chunk of dataChunks(a, b, gate)) {
    count += 1;
    dataBytes += chunk.length;
  }
  const wanted = mode.mode === "full" ? count : Math.min(count, Math.ceil(mode.fraction * count));
  // The last chunk may be short; a sample's total is exact to within that.
  const totalBytes = wanted === count ? dataBytes : Math.min(dataBytes, wanted * CHUNK_BYTES);
  const take = mode.mode === "full" ? () => true : chooseSome(count, wanted, mode.seed);
  return { count, dataBytes, wanted, totalBytes, take };
}

/**
 * Compares two disks. Sizes may differ when the longer one's tail is zero. Stops at the first difference.
 * `hooks.progress` is told the bytes of chunks read; `total` is called once with what they will be, `begin` once after that: it
 * answers who compares (closed at the end), knowing how much there is.
 */
export async function compareDisks(
  a: Layer,
  b: Layer,
  mode: CompareMode,
  hooks: LoopHooks & { total(bytes: number): void },
  begin: (totalBytes: number) => Comparer = () => localComparer(a, b),
): Promise<Comparison> {
  const gate = () => hooks.gate();
  const end = Math.max(a.virtualSizeBytes, b.virtualSizeBytes);
  const { count, dataBytes, wanted, totalBytes, take } = await survey(a, b, mode, gate);
  hooks.total(totalBytes);
  const comparer = begin(totalBytes);
  const open: { start: number; length: number; asked: Asked }[] = [];
  let readBytes = 0;
  let readChunks = 0;
  let firstDifferenceBytes: number | null = null;

  /** Takes in the oldest answer. @returns whether to go on */
  async function settleOldest(): Promise<boolean> {
    const oldest = open.shift();
    if (oldest === undefined) return true;
    const at = await oldest.asked();
    if (at >= 0) {
      firstDifferenceBytes = oldest.start + at;
      return false;
    }
    readChunks += 1;
    readBytes += oldest.length;
    hooks.progress(readBytes);
    return true;
  }

  try {
    let equal = true;
    for await (const { start, length } of dataChunks(a, b, gate)) {
      if (!take()) continue;
      await hooks.gate();
      await hooks.spend(2 * length);
      let asked = await comparer.begin(start, length);
      for (; asked === null && equal; asked = await comparer.begin(start, length)) equal = await settleOldest();
      if (asked !== null) open.push({ start, length, asked });
      if (!equal) break;
    }
    while (equal && open.length > 0) {
      equal = await settleOldest();
      await hooks.gate();
    }
  } finally {
    await Promise.allSettled(open.map(({ asked }) => asked()));
    await comparer.close();
  }
  const comparedBytes = firstDifferenceBytes === null ? end - dataBytes + readBytes : readBytes;
  return {
    firstDifferenceBytes,
    comparedBytes,
    dataChunks: count,
    readChunks,
    statement: statementFor(mode, count, wanted),
  };
}

/** What a comparison without a difference establishes. */
function statementFor(mode: CompareMode, count: number, wanted: number): string {
  if (wanted === count || mode.mode === "full") return "every byte";
  const damaged = Math.max(1, Math.ceil(count / 100));
  // Rounded down: the sentence may promise less than is true, never more.
  const percent = (Math.floor(detectionProbability(count, wanted, damaged) * 1000) / 10).toFixed(1);
  const share = `${damaged} ${damaged === 1 ? "chunk" : "chunks"} (${((100 * damaged) / count).toPrecision(2)} %)`;
  return (
    `sample of ${wanted} of the ${count} chunks of 1 MiB that hold data, seed ${mode.seed}: ` +
    `damage in any ${share} of them is found with ${percent} % probability`
  );
}
