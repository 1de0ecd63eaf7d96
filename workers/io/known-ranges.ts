/**
 * What was found out about the file that was walked last: a conversion walks its source two or three times (what is to do, how much
 * that is, doing it), and a file system may have to look at every page for an answer. Only whole walks of files that nobody has
 * touched for a while are kept, and only as long as the file looks the same.
 */
import type { SourceRange } from "./byte-source.ts";
import { monotonicMs } from "./monotonic.ts";

/** A file as fstat(2) tells it. */
export interface FileState {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly blocks: bigint;
}

/** Of one file; a disk torn into more is walked again. */
const MAX_RANGES = 4096;

/** A change within the grain of a file's times would not show: what was changed as recently as this before its walk is not kept. */
const SETTLED_MS = 2_000;

/** Not believed for longer: what is written through a mapping need not show in a file's times. */
const KEPT_MS = 10_000;

/** Per thread. */
let known: { readonly file: string; readonly ranges: readonly SourceRange[]; readonly atMs: number } | null = null;

/**
 * The ranges of [start, start+length) of a file, from memory where its last whole walk is known.
 * @param look the file's state now
 * @param walk finds them out: ascending and gap-free
 */
export async function* rangesOf(
  look: () => FileState,
  start: number,
  length: number,
  walk: () => AsyncIterable<SourceRange>,
): AsyncIterable<SourceRange> {
  const before = look();
  const file = nameOf(before);
  if (known?.file === file && monotonicMs() - known.atMs < KEPT_MS) {
    yield* cut(known.ranges, start, start + length);
    return;
  }
  const found: SourceRange[] = [];
  for await (const range of walk()) {
    if (found.length <= MAX_RANGES) found.push(range);
    yield range;
  }
  const whole = start === 0 && BigInt(length) === before.size && found.length <= MAX_RANGES;
  if (whole && isSettled(before) && nameOf(look()) === file) known = { file, ranges: found, atMs: monotonicMs() };
}

function nameOf({ dev, ino, size, mtimeNs, ctimeNs, blocks }: FileState): string {
  return [dev, ino, size, mtimeNs, ctimeNs, blocks].join(":");
}

/** False for times in the future, too: a clock that was set back says nothing. */
function isSettled({ mtimeNs, ctimeNs }: FileState): boolean {
  const changedMs = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
  return Date.now() - changedMs > SETTLED_MS;
}

function* cut(ranges: readonly SourceRange[], start: number, end: number): Iterable<SourceRange> {
  for (const range of ranges) {
    const from = Math.max(start, range.start);
    const to = Math.min(end, range.start + range.length);
    if (from < to) yield { start: from, length: to - from, hole: range.hole };
  }
}
