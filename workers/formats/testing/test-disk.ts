/**
 * Disks for tests: which ranges hold data is known, and every 16 bytes of data say where they belong, so that a read from the
 * wrong place shows. The content compresses, but no two grains are alike.
 */
import type { DiskReader } from "../format.ts";

export interface TestDisk {
  readonly virtualSizeBytes: number;
  /** Ranges that hold data, ascending, apart from each other; everything else reads as zeros. */
  readonly data: readonly { readonly start: number; readonly length: number }[];
}

/** Fills `into` with what belongs at `offset`: per 16 bytes their own offset and a mark mixed from it. */
export function stamp(into: Uint8Array, offset: number): void {
  const first = offset - (offset % 16);
  const units = Math.ceil((offset + into.length - first) / 16);
  const whole = new DataView(new ArrayBuffer(units * 16));
  for (let i = 0; i < units; i++) {
    const at = first + i * 16;
    whole.setFloat64(i * 16, at + 1);
    whole.setUint32(i * 16 + 8, Math.imul(at / 16 + 1, 0x9e3779b1));
    whole.setUint32(i * 16 + 12, 0x5354414d);
  }
  into.set(new Uint8Array(whole.buffer, offset - first, into.length));
}

/** What the disk holds in [offset, offset + into.length). */
export function fillExpected(disk: TestDisk, offset: number, into: Uint8Array): void {
  into.fill(0);
  const end = offset + into.length;
  for (const range of disk.data) {
    const from = Math.max(offset, range.start);
    const to = Math.min(end, range.start + range.length);
    if (from < to) stamp(into.subarray(from - offset, to - offset), from);
  }
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A disk with random ranges of data whose borders are multiples of `unitBytes` (the disk's end excepted). */
export function randomDisk(seed: number, virtualSizeBytes: number, unitBytes: number, ranges: number): TestDisk {
  const random = seededRandom(seed);
  const units = Math.ceil(virtualSizeBytes / unitBytes);
  const cuts = new Set<number>();
  while (cuts.size < Math.min(ranges * 2, units)) cuts.add(Math.floor(random() * (units + 1)));
  const sorted = [...cuts].sort((a, b) => a - b);
  const data: { start: number; length: number }[] = [];
  for (let i = 0; i + 1 < sorted.length; i += 2) {
    const start = (sorted[i] ?? 0) * unitBytes;
    const end = Math.min((sorted[i + 1] ?? 0) * unitBytes, virtualSizeBytes);
    if (start < end) data.push({ start, length: end - start });
  }
  return { virtualSizeBytes, data };
}

/** Reads the whole disk in pieces of `pieceBytes` and returns the offset of the first piece that differs, or null. */
export async function firstDifference(
  reader: DiskReader,
  disk: TestDisk,
  pieceBytes = 1024 * 1024,
): Promise<number | null> {
  const [got, expected] = [new Uint8Array(pieceBytes), new Uint8Array(pieceBytes)];
  for (let offset = 0; offset < disk.virtualSizeBytes; offset += pieceBytes) {
    const length = Math.min(pieceBytes, disk.virtualSizeBytes - offset);
    const [gotPart, expectedPart] = [got.subarray(0, length), expected.subarray(0, length)];
    gotPart.fill(0xa5);
    await reader.read(offset, gotPart);
    fillExpected(disk, offset, expectedPart);
    if (Buffer.compare(gotPart, expectedPart) !== 0) return offset;
  }
  return null;
}

/** The whole content; for small disks. */
export function contentOf(disk: TestDisk): Uint8Array {
  const content = new Uint8Array(disk.virtualSizeBytes);
  fillExpected(disk, 0, content);
  return content;
}
