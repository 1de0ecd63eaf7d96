/**
 * One stretch of a disk on its way from reader to writers: read, cut into each writer's units, zeros left out, compressed where a
 * writer wants that. Pure of threads: the same code runs on the copying thread and in lanes (lane-preparer.ts), so the bytes of a
 * target never depend on how many of them there are.
 *
 *   window   |###########......######|    read whole; what no segment covers is zero
 *   units    |##|##|##|##|..|..|##|##|    of each profile: zero units are left out, runs of others are one piece
 */
import { compressUnit } from "../codec/compress.ts";
import { kernelBytes, kernels } from "../codec/engine.ts";
import type { DiskWriter, UnitEncoding } from "../formats/format.ts";
import type { Layer } from "./chain.ts";

/** What a comparison reads at once; the windows of a copy follow from it (`windowBytesOf`). */
export const WINDOW_BYTES = 1024 * 1024;
/** Zero runs shorter than this are not worth a hole in the target; every unit is a multiple of it. */
export const MIN_UNIT_BYTES = 4096;

/** Segments of one window beyond this are merged with what lies between them: a list without end is no list. */
export const MAX_SEGMENTS = 1024;

/** How one writer (or several that are alike) wants its data. */
export interface Profile {
  /** A power of two, at least MIN_UNIT_BYTES. */
  readonly unitBytes: number;
  readonly encoding: UnitEncoding | null;
  /** Only units that differ from the parent are wanted; zero ones too where the parent has data. */
  readonly delta: boolean;
}

/** What to prepare: bytes [start, start+length) of the disk, of which only the segments hold data. */
export interface WindowJob {
  /** On a multiple of the window's size. */
  readonly start: number;
  /** The window's size, less at the disk's end. */
  readonly length: number;
  /** Start (guest offset) and length of each, ascending, in turn: a flat list travels well between threads. */
  readonly segments: readonly number[];
}

/** What a piece is, in `Pieces`. */
export const PIECE = { plain: 0, encoded: 1, zero: 2 } as const;

/**
 * Four numbers a piece, ascending: kind, offset in the window, length in the window, and for an encoded unit where its stored form
 * begins in the slot's second area; that form's length follows as the fifth number of every piece (0 for others).
 */
export type Pieces = readonly number[] | Int32Array;
export const PIECE_FIELDS = 5;

/** Memory that windows are prepared in, over and over. */
export interface Slot {
  /** One window. */
  readonly data: Uint8Array;
  /** The parent's window, for deltas; empty otherwise. */
  readonly parent: Uint8Array;
  /** Encoded units of all profiles that encode. */
  readonly encoded: Uint8Array;
}

/** Sizes of a slot's areas. */
export interface SlotBytes {
  readonly data: number;
  readonly parent: number;
  readonly encoded: number;
}

/** Memory for a slot. */
export function createSlot(bytes: SlotBytes): Slot {
  return { data: kernelBytes(bytes.data), parent: kernelBytes(bytes.parent), encoded: kernelBytes(bytes.encoded) };
}

/** The profile a writer wants its data in. */
export function profileOf(writer: Pick<DiskWriter, "grainBytes" | "encoding">, delta: boolean): Profile {
  return { unitBytes: Math.max(writer.grainBytes, MIN_UNIT_BYTES), encoding: writer.encoding, delta };
}

/**
 * Size of all windows of a copy: every unit divides it. What each of them costs beside the moving of its bytes is felt where nothing
 * is computed; compressing takes so long that larger ones save nothing but cost memory.
 */
export function windowBytesOf(profiles: readonly Profile[]): number {
  const usual = profiles.some(({ encoding }) => encoding !== null) ? WINDOW_BYTES / 4 : WINDOW_BYTES * 2;
  return Math.max(usual, ...profiles.map(({ unitBytes }) => unitBytes));
}

/** Room a unit may take encoded: where it would take more it is stored plain, or the encoder has a stored form within this. */
function encodedLimit({ unitBytes, encoding }: Profile): number {
  return encoding === null ? 0 : encoding.plainWhenLarger ? unitBytes - 1 : unitBytes + Math.ceil(unitBytes / 256) + 64;
}

export function slotBytesOf(profiles: readonly Profile[]): SlotBytes {
  const data = windowBytesOf(profiles);
  const encoded = profiles.reduce((sum, profile) => sum + encodedLimit(profile) * (data / profile.unitBytes), 0);
  return { data, parent: profiles.some(({ delta }) => delta) ? data : 0, encoded };
}

/**
 * Reads a window into `slot.data` and says what each profile's writer is to be given of it.
 * @param parent what deltas are compared with; null when no profile is one
 * @throws AppError whatever the reader throws
 */
export async function prepareWindow(
  reader: Pick<Layer, "read">,
  parent: Layer | null,
  profiles: readonly Profile[],
  job: WindowJob,
  slot: Slot,
): Promise<Pieces[]> {
  await fillWindow(reader, job, slot.data);
  return cutWindow(parent, profiles, job, slot);
}

/** Reads a window into `data`; what no segment covers is zero. @throws AppError whatever the reader throws */
export async function fillWindow(
  reader: Pick<Layer, "read">,
  { start, length, segments }: WindowJob,
  data: Uint8Array,
): Promise<void> {
  let filled = 0;
  for (let i = 0; i + 1 < segments.length; i += 2) {
    const [at = 0, size = 0] = [(segments[i] ?? 0) - start, segments[i + 1]];
    if (at > filled) data.fill(0, filled, at);
    await reader.read(start + at, data.subarray(at, at + size));
    filled = at + size;
  }
  // At the disk's end whole units are handed on, whatever their size.
  const zeroTo = length < data.length ? data.length : lookedAt(length);
  if (filled < zeroTo) data.fill(0, filled, zeroTo);
}

/** Bytes of a window of `length` that are looked at for zeros. */
const lookedAt = (length: number): number => Math.ceil(length / MIN_UNIT_BYTES) * MIN_UNIT_BYTES;

/**
 * Says what each profile's writer is to be given of a window that was read into `slot.data`.
 * @throws AppError whatever reading the parent throws
 */
export async function cutWindow(
  parent: Layer | null,
  profiles: readonly Profile[],
  job: WindowJob,
  slot: Slot,
): Promise<Pieces[]> {
  // A copy: the next call of a kernel may take the place of the answer.
  const zeros = kernels()
    .zeroUnits(slot.data.subarray(0, lookedAt(job.length)), MIN_UNIT_BYTES)
    .slice();
  if (parent !== null && slot.parent.length > 0) {
    await readPadded(parent, job.start, slot.parent.subarray(0, job.length));
  }
  let encodedAt = 0;
  return profiles.map((profile) => {
    const pieces: number[] = [];
    if (profile.encoding === null) plainPieces(pieces, profile, job, slot, zeros);
    else encodedAt = encodedPieces(pieces, profile, profile.encoding, job, slot, zeros, encodedAt);
    return pieces;
  });
}

/** Reads [start, start+into.length) of a disk; what lies beyond its end reads as zero. */
export async function readPadded(disk: Layer, start: number, into: Uint8Array): Promise<void> {
  const inside = Math.max(0, Math.min(into.length, disk.virtualSizeBytes - start));
  if (inside > 0) await disk.read(start, into.subarray(0, inside));
  into.fill(0, inside);
}

type PieceKind = (typeof PIECE)[keyof typeof PIECE];

/** What is to become of one unit; null = nothing: it reads as it should without being written. */
function unitKind(profile: Profile, job: WindowJob, slot: Slot, zeros: Uint8Array, at: number): PieceKind | null {
  const zero = isZeroUnit(zeros, at, profile.unitBytes);
  if (!profile.delta) return zero ? null : PIECE.plain;
  const end = Math.min(at + profile.unitBytes, job.length);
  if (Buffer.compare(slot.data.subarray(at, end), slot.parent.subarray(at, end)) === 0) return null;
  return zero ? PIECE.zero : PIECE.plain;
}

function isZeroUnit(zeros: Uint8Array, at: number, unitBytes: number): boolean {
  const first = at / MIN_UNIT_BYTES;
  const end = Math.min(zeros.length, first + unitBytes / MIN_UNIT_BYTES);
  for (let i = first; i < end; i++) if (zeros[i] === 0) return false;
  return true;
}

/** Neighbouring units of one kind are one piece. */
function plainPieces(pieces: number[], profile: Profile, job: WindowJob, slot: Slot, zeros: Uint8Array): void {
  const { unitBytes } = profile;
  let begun: PieceKind | null = null;
  let from = 0;
  for (let at = 0; at <= job.length + unitBytes; at += unitBytes) {
    const kind = at < job.length ? unitKind(profile, job, slot, zeros, at) : null;
    if (kind === begun) continue;
    if (begun !== null) pieces.push(begun, from, Math.min(at, job.length) - from, 0, 0);
    begun = kind;
    from = at;
  }
}

/** One piece a unit; what does not shrink stays plain where the format has that. @returns where the next encoded unit may begin */
function encodedPieces(
  pieces: number[],
  profile: Profile,
  encoding: UnitEncoding,
  job: WindowJob,
  slot: Slot,
  zeros: Uint8Array,
  startAt: number,
): number {
  const { unitBytes } = profile;
  const limit = encodedLimit(profile);
  let free = startAt;
  for (let at = 0; at < job.length; at += unitBytes) {
    const kind = unitKind(profile, job, slot, zeros, at);
    if (kind === null) continue;
    const length = Math.min(unitBytes, job.length - at);
    const end = at + unitBytes;
    const stored =
      kind === PIECE.zero
        ? 0
        : compressUnit(encoding, slot.data.subarray(at, end), slot.encoded.subarray(free, free + limit));
    if (stored > 0) {
      pieces.push(PIECE.encoded, at, length, free, stored);
      free += stored;
    } else pieces.push(kind, at, length, 0, 0);
  }
  return free;
}
