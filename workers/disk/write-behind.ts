/**
 * Writes of a window's data, held back so that the thread that prepared the window stores it itself, while it is hot in its core's
 * cache. Writers know nothing of it: they write to a target as ever. What lies in the window's slot is noted; everything else
 * (tables, headers, what a writer copied) is written at once. The two never overlap, so their order does not matter, except
 * where a file is synced, cut, read or closed: before that whatever is held or under way is waited for.
 */
import type { ByteTarget } from "../io/byte-source.ts";
import type { Slot } from "./window.ts";

/** One write of a slot's data: bytes [from, from+length) of `slot.data` go to `offset` of the target. */
export interface HeldWrite {
  /** Index of the target, in the order in which they were wrapped. */
  readonly target: number;
  readonly offset: number;
  readonly from: number;
  readonly length: number;
}

export interface WriteBehind {
  /** The target as a writer is to be given it. */
  wrap<T extends ByteTarget>(target: T): T;
  /** From now on writes of this slot's data are held. @param most so many; further ones are done at once */
  hold(slot: Slot, most: number): void;
  /** Ends `hold`. @returns what was held, for somebody else to do */
  take(): readonly HeldWrite[];
  /** Who waits for those writes that others are doing. */
  attach(drain: () => Promise<void>): void;
}

export function createWriteBehind(): WriteBehind {
  let slot: Slot | null = null;
  let held: HeldWrite[] = [];
  /** The held writes as this thread would do them. */
  let undone: (() => Promise<void>)[] = [];
  let most = 0;
  let targets = 0;
  let drain = async (): Promise<void> => {};

  /** Where in the slot's data `bytes` begin; -1 = they are no part of it. */
  function placeInSlot(bytes: Uint8Array): number {
    if (slot === null || bytes.buffer !== slot.data.buffer || held.length >= most) return -1;
    const from = bytes.byteOffset - slot.data.byteOffset;
    return from >= 0 && from + bytes.length <= slot.data.length ? from : -1;
  }

  /** Everything that was written so far is in the files. */
  async function settle(): Promise<void> {
    const now = undone;
    [held, undone] = [[], []];
    for (const write of now) await write();
    await drain();
  }

  return {
    wrap(target) {
      const index = targets++;
      return {
        ...target,
        write(offset, bytes) {
          const from = placeInSlot(bytes);
          if (from < 0) return target.write(offset, bytes);
          held.push({ target: index, offset, from, length: bytes.length });
          undone.push(() => target.write(offset, bytes));
          return DONE;
        },
        async read(offset, into) {
          await settle();
          await target.read(offset, into);
        },
        async resize(sizeBytes) {
          await settle();
          await target.resize(sizeBytes);
        },
        async sync() {
          await settle();
          await target.sync();
        },
      };
    },
    hold(next, limit) {
      slot = next;
      most = limit;
    },
    take() {
      const taken = held;
      slot = null;
      [held, undone] = [[], []];
      return taken;
    },
    attach(next) {
      drain = next;
    },
  };
}

const DONE = Promise.resolve();
