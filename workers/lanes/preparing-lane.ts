/**
 * A lane that prepares windows and stores them where it is told, until its mailbox is closed. Neighbours: mailbox.ts (how it is
 * told), lane.ts (who opened its disks), disk/window.ts (what preparing is).
 */
import { AppError } from "../../src-core/model/error.ts";
import type { Layer } from "../disk/chain.ts";
import { createSlot, cutWindow, prepareWindow, type Slot, slotBytesOf, type WindowJob } from "../disk/window.ts";
import { writeAt } from "../io/file.ts";
import { monotonicMs } from "../io/monotonic.ts";
import { Mailbox, SLOT_STATE } from "./mailbox.ts";
import type { LaneWork } from "./messages.ts";
import type { Permits } from "./permits.ts";

type Work = Extract<LaneWork, { kind: "prepare" }>;

/** Memory for as many windows as the lane may have. */
export function createSlots({ profiles, mailbox }: Work): Slot[] {
  const bytes = slotBytesOf(profiles);
  return Array.from({ length: mailbox.slots }, () => createSlot(bytes));
}

/**
 * Works until the mailbox is closed.
 * @param source null: windows are in their slots when they are asked for
 * @param failed is told what went wrong before the slot's state says that something did
 */
export async function prepareWindows(
  { profiles, targets, lent, mailbox: memory }: Work,
  source: Layer | null,
  parent: Layer | null,
  slots: readonly Slot[],
  permits: Permits,
  failed: (slot: number, error: AppError) => void,
): Promise<void> {
  const mailbox = new Mailbox(memory);

  const prepare = (job: WindowJob, slot: Slot) =>
    source === null ? cutWindow(parent, profiles, job, slot) : prepareWindow(source, parent, profiles, job, slot);

  /** What the windows lie in, the lane's own and those that it is lent. */
  const data = [...slots.map((slot) => slot.data), ...lent];

  function store(slot: number): void {
    const window = data[slot];
    const beganAt = monotonicMs();
    let bytes = 0;
    for (const { target, offset, from, length } of mailbox.writes(slot)) {
      const file = targets[target];
      if (file === undefined || window === undefined)
        throw new AppError("internal.bug", `no target ${target} or slot ${slot}`);
      writeAt(file.descriptor, file.path, offset, window.subarray(from, from + length));
      bytes += length;
    }
    mailbox.stored(bytes, monotonicMs() - beganAt);
  }

  function ownSlot(slot: number): Slot {
    const memoryOfSlot = slots[slot];
    if (memoryOfSlot === undefined) throw new AppError("internal.bug", `a lane has no slot ${slot}`);
    return memoryOfSlot;
  }

  for (;;) {
    const heard = mailbox.heard;
    // What is asked for comes first: the copying thread may be waiting for it.
    const asked = mailbox.closed ? -1 : mailbox.first(SLOT_STATE.asked);
    const stored = asked >= 0 ? -1 : mailbox.first(SLOT_STATE.writing);
    const slot = Math.max(stored, asked);
    if (slot < 0) {
      if (mailbox.closed) return;
      mailbox.sleep(heard);
      continue;
    }
    permits.take();
    try {
      if (stored >= 0) {
        store(slot);
        mailbox.done(slot, SLOT_STATE.free);
      } else mailbox.answer(slot, await prepare(mailbox.job(slot), ownSlot(slot)));
    } catch (error) {
      failed(slot, AppError.from(error));
      mailbox.done(slot, stored >= 0 ? SLOT_STATE.unwritten : SLOT_STATE.unread);
    } finally {
      permits.giveBack();
    }
  }
}
