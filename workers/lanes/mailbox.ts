/**
 * The memory through which a copying thread and one of its lanes tell each other of windows. Messages would do the same, but each
 * costs more than a tenth of what copying a window takes, and keeps data waiting that is hot in a core's cache.
 *
 *   cells     | bell | closed | pace | state of slot 0 | slot 1 | …   Int32; a state is the last thing written and the first thing read
 *   jobs      start, length, count, segments                      Float64, a row a slot
 *   pieces    count, pieces; once a profile                       Int32, a row a slot
 *   writes    count; target, offset, place in the slot, length    Float64, a row a slot
 *
 * A slot goes free → asked → prepared → free, or → writing → free where the lane stores its window itself; unread and unwritten are
 * where that failed, of which a message tells more. Only whoever holds it by its state touches its rows. Behind the lane's own slots
 * come those that the copying thread lends it: prepared over there, they go free → writing → free. Both sides are this program's
 * own: nothing is checked again.
 */
import {
  MAX_SEGMENTS,
  MIN_UNIT_BYTES,
  PIECE_FIELDS,
  type Pieces,
  type Profile,
  type WindowJob,
  windowBytesOf,
} from "../disk/window.ts";
import type { HeldWrite } from "../disk/write-behind.ts";

export const SLOT_STATE = { free: 0, asked: 1, prepared: 2, writing: 3, unread: 4, unwritten: 5 } as const;
type SlotState = (typeof SLOT_STATE)[keyof typeof SLOT_STATE];

const BELL = 0;
const CLOSED = 1;
/** Nanoseconds a KiB that storing takes just now; 0 = not known. */
const PACE = 2;
const FIRST_SLOT = 3;

/** Writes of one window beyond this are not told: the copying thread does them. */
export const MAX_WRITES = 256;
const WRITE_FIELDS = 4;
const JOB_FIELDS = 3;

/** What both threads are given. */
export interface MailboxMemory {
  /** Of the lane's own. */
  readonly slots: number;
  /** That the copying thread lends. */
  readonly lent: number;
  readonly cells: SharedArrayBuffer;
  readonly jobs: SharedArrayBuffer;
  readonly pieces: SharedArrayBuffer;
  readonly writes: SharedArrayBuffer;
  /** Rung by every lane of one pool whenever it has done something. */
  readonly bell: SharedArrayBuffer;
}

/** The bell of one pool. */
export function createBell(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

export function createMailboxMemory(
  { slots, lent }: Pick<MailboxMemory, "slots" | "lent">,
  profiles: readonly Profile[],
  bell: SharedArrayBuffer,
): MailboxMemory {
  const float = Float64Array.BYTES_PER_ELEMENT;
  const all = slots + lent;
  return {
    slots,
    lent,
    cells: new SharedArrayBuffer((FIRST_SLOT + all) * Int32Array.BYTES_PER_ELEMENT),
    jobs: new SharedArrayBuffer(all * jobRow() * float),
    pieces: new SharedArrayBuffer(slots * piecesRow(profiles) * Int32Array.BYTES_PER_ELEMENT),
    writes: new SharedArrayBuffer(all * writesRow() * float),
    bell,
  };
}

const jobRow = () => JOB_FIELDS + 2 * (MAX_SEGMENTS + 1);
const writesRow = () => 1 + MAX_WRITES * WRITE_FIELDS;
/** At worst every unit is a piece of its own. */
const piecesRow = (profiles: readonly Profile[]) => {
  const units = windowBytesOf(profiles) / MIN_UNIT_BYTES + 1;
  return profiles.length * (1 + units * PIECE_FIELDS);
};

export class Mailbox {
  /** The lane's own, which come first. */
  readonly slots: number;
  /** With those that it is lent. */
  readonly allSlots: number;
  readonly #cells: Int32Array;
  readonly #bell: Int32Array;
  readonly #jobs: readonly Float64Array[];
  readonly #pieces: readonly Int32Array[];
  readonly #writes: readonly Float64Array[];

  constructor(memory: MailboxMemory) {
    this.slots = memory.slots;
    this.allSlots = memory.slots + memory.lent;
    this.#cells = new Int32Array(memory.cells);
    this.#bell = new Int32Array(memory.bell);
    this.#jobs = rows(new Float64Array(memory.jobs), this.allSlots);
    this.#pieces = rows(new Int32Array(memory.pieces), memory.slots);
    this.#writes = rows(new Float64Array(memory.writes), this.allSlots);
  }

  state(slot: number): SlotState {
    return Atomics.load(this.#cells, FIRST_SLOT + slot) as SlotState;
  }

  /** The slot in `state` whose window lies first in the disk; -1 = none. */
  first(state: SlotState): number {
    return this.#find(state, (start, best) => start < best);
  }

  /** The free slot of the lane's own whose window lies last in the disk: it is hot where the others are cold. -1 = none. */
  lastFree(): number {
    return this.#find(SLOT_STATE.free, (start, best) => start > best, this.slots);
  }

  /** How many slots are in `state`. */
  count(state: SlotState): number {
    let count = 0;
    for (let slot = 0; slot < this.allSlots; slot++) if (this.state(slot) === state) count++;
    return count;
  }

  // The copying thread's side.

  ask(slot: number, { start, length, segments }: WindowJob): void {
    const row = rowOf(this.#jobs, slot);
    row.set([start, length, segments.length]);
    row.set(segments, JOB_FIELDS);
    this.#tell(slot, SLOT_STATE.asked);
  }

  /** What the lane made of the slot's window. One list a profile; valid until the slot is given back. */
  prepared(slot: number): Pieces[] {
    const row = rowOf(this.#pieces, slot);
    const lists: Pieces[] = [];
    for (let at = 0; lists.length < (row[0] ?? 0); ) {
      const count = row[at + 1] ?? 0;
      lists.push(row.subarray(at + 2, at + 2 + count));
      at += 1 + count;
    }
    return lists;
  }

  /** The lane stores the slot's window, then the slot is free. @param writes at most MAX_WRITES */
  write(slot: number, writes: readonly HeldWrite[]): void {
    const row = rowOf(this.#writes, slot);
    row[0] = writes.length;
    let at = 1;
    for (const { target, offset, from, length } of writes) {
      row[at++] = target;
      row[at++] = offset;
      row[at++] = from;
      row[at++] = length;
    }
    this.#tell(slot, SLOT_STATE.writing);
  }

  /** The lane stores a window that was prepared in a slot it is lent. @param writes at most MAX_WRITES */
  lend(slot: number, start: number, writes: readonly HeldWrite[]): void {
    rowOf(this.#jobs, slot)[0] = start;
    this.write(slot, writes);
  }

  free(slot: number): void {
    Atomics.store(this.#cells, FIRST_SLOT + slot, SLOT_STATE.free);
  }

  /** The lane leaves as soon as it has done what is under way. */
  close(): void {
    Atomics.store(this.#cells, CLOSED, 1);
    this.#ring(this.#cells, BELL);
  }

  /** Blocks the copying thread until `slot` has left `state`, at most so long. @returns whether it has */
  awaitChange(slot: number, state: SlotState, mostMs: number): boolean {
    const heard = Atomics.load(this.#bell, 0);
    if (this.state(slot) !== state) return true;
    Atomics.wait(this.#bell, 0, heard, mostMs);
    return this.state(slot) !== state;
  }

  /** The same, letting everything else of the copying thread go on. */
  async awaitChangeAsync(slot: number, state: SlotState, mostMs: number): Promise<boolean> {
    const heard = Atomics.load(this.#bell, 0);
    if (this.state(slot) !== state) return true;
    // Waiting alone keeps no thread alive.
    const alive = setTimeout(() => {}, mostMs);
    await Atomics.waitAsync(this.#bell, 0, heard, mostMs).value;
    clearTimeout(alive);
    return this.state(slot) !== state;
  }

  // The lane's side.

  job(slot: number): WindowJob {
    const row = rowOf(this.#jobs, slot);
    const [start = 0, length = 0, count = 0] = row;
    return { start, length, segments: Array.from(row.subarray(JOB_FIELDS, JOB_FIELDS + count)) };
  }

  answer(slot: number, lists: readonly Pieces[]): void {
    const row = rowOf(this.#pieces, slot);
    row[0] = lists.length;
    let at = 1;
    for (const list of lists) {
      row[at++] = list.length;
      row.set(list, at);
      at += list.length;
    }
    this.done(slot, SLOT_STATE.prepared);
  }

  writes(slot: number): HeldWrite[] {
    const row = rowOf(this.#writes, slot);
    const writes: HeldWrite[] = [];
    for (let i = 0, at = 1; i < (row[0] ?? 0); i++, at += WRITE_FIELDS) {
      const [target = 0, offset = 0, from = 0, length = 0] = row.subarray(at, at + WRITE_FIELDS);
      writes.push({ target, offset, from, length });
    }
    return writes;
  }

  /** Tells the copying thread what became of a slot. */
  done(slot: number, state: SlotState): void {
    Atomics.store(this.#cells, FIRST_SLOT + slot, state);
    this.#ring(this.#bell, 0);
  }

  /** How long storing takes here, once that is known: of the last windows, the later the more. */
  get storingPace(): number {
    return Atomics.load(this.#cells, PACE);
  }

  stored(bytes: number, ms: number): void {
    Atomics.store(this.#cells, PACE, paceAfter(this.storingPace, bytes, ms));
  }

  /** Whether the lane is to leave. */
  get closed(): boolean {
    return Atomics.load(this.#cells, CLOSED) !== 0;
  }

  /** To be handed to `sleep`: what was told since is not slept through. */
  get heard(): number {
    return Atomics.load(this.#cells, BELL);
  }

  /** Blocks the lane until something new is told. */
  sleep(heard: number): void {
    Atomics.wait(this.#cells, BELL, heard);
  }

  #find(state: SlotState, isBetter: (start: number, best: number) => boolean, slots = this.allSlots): number {
    let found = -1;
    for (let slot = 0; slot < slots; slot++) {
      if (this.state(slot) !== state) continue;
      if (found < 0 || isBetter(this.#startOf(slot), this.#startOf(found))) found = slot;
    }
    return found;
  }

  #startOf(slot: number): number {
    return rowOf(this.#jobs, slot)[0] ?? 0;
  }

  #tell(slot: number, state: SlotState): void {
    Atomics.store(this.#cells, FIRST_SLOT + slot, state);
    this.#ring(this.#cells, BELL);
  }

  #ring(cells: Int32Array, at: number): void {
    Atomics.add(cells, at, 1);
    Atomics.notify(cells, at);
  }
}

/** Less than this is no measure of anything. */
const MEASURED_BYTES = 256 * 1024;

/** A pace (nanoseconds a KiB, 0 = not known) once `bytes` more took so long: an eighth of it is the newest. */
export function paceAfter(pace: number, bytes: number, ms: number): number {
  if (bytes < MEASURED_BYTES) return pace;
  const newest = Math.round((ms * 1e6) / (bytes / 1024));
  return pace === 0 ? newest : Math.round(pace + (newest - pace) / 8);
}

function rows<T extends Float64Array | Int32Array>(all: T, count: number): T[] {
  const length = all.length / count;
  return Array.from({ length: count }, (_, row) => all.subarray(row * length, (row + 1) * length) as T);
}

function rowOf<T>(rowsOfSlots: readonly T[], slot: number): T {
  const row = rowsOfSlots[slot];
  if (row === undefined) throw new RangeError(`no slot ${slot}`);
  return row;
}
