/**
 * Windows prepared by several threads at once: lanes, and when each of them has enough to do the calling thread itself. What a lane
 * prepared it stores too, where the calling thread says. Where reading is quicker than storing (nothing is unpacked or packed) the
 * calling thread does all of it and a lane stores, as writes of one file exclude each other in the kernel. A disk that only
 * the calling thread can read (over a connection, from a pipe) is read into the lanes' slots by it: lanes then look for zeros and
 * compress. Neighbours: own-windows.ts (the calling thread's part), mailbox.ts (how they talk), preparing-lane.ts (the other
 * side), disk/preparer.ts (what this serves as), disk/write-behind.ts (where what is to be stored comes from).
 */
import { setImmediate as turn } from "node:timers/promises";
import { AppError } from "../../src-core/model/error.ts";
import type { Layer } from "../disk/chain.ts";
import type { Begun, Preparer } from "../disk/preparer.ts";
import { fillWindow, type Slot, type WindowJob } from "../disk/window.ts";
import type { WriteBehind } from "../disk/write-behind.ts";
import { monotonicMs } from "../io/monotonic.ts";
import { closeLanes, type Lane, type LaneAccess, laneCount, startLane } from "./lane-thread.ts";
import { createBell, createMailboxMemory, MAX_WRITES, Mailbox, SLOT_STATE } from "./mailbox.ts";
import type { LaneWork } from "./messages.ts";
import { type Helper, OwnWindows } from "./own-windows.ts";
import { permitsOf } from "./permits.ts";

/** Windows a lane has: two on their way to being prepared, one being stored. */
const SLOTS = 3;
/** Windows a lane is asked to prepare at once; with more, the calling thread's would wait for their turn behind them. */
const MOST_ASKED = 2;
/** Windows of one target that wait for a lane; where there are several targets the calling thread stores a further one itself. */
const MOST_LENT = 2;
/** The calling thread reads everything where that takes up to so many times as long as storing: turns cost more than the rest of it. */
const READS_FOR_ALL = 1.25;
/** How long the calling thread stands still for a lane before it looks up. */
const LOOK_MS = 5;
/** How often it lets in messages (a lane's beginning, its death) where nothing else makes it. */
const LISTEN_MS = 10;

export interface LanePreparerOptions {
  /** The disk as the calling thread reads it. */
  readonly reader: Pick<Layer, "read">;
  /** What deltas are compared with, as the calling thread reads it. */
  readonly parent: Layer | null;
  /** What writers write through where lanes store; null: the calling thread stores everything. */
  readonly behind: WriteBehind | null;
  /** Whether the calling thread reads for the lanes, which open no disk (`work.disk`). */
  readonly feeds: boolean;
  /** Lanes, at most. */
  readonly most?: number;
}

export function lanePreparer(
  access: LaneAccess,
  work: Omit<Extract<LaneWork, { kind: "prepare" }>, "mailbox" | "lent">,
  { reader, parent, behind, feeds, most = laneCount(access) }: LanePreparerOptions,
): Preparer {
  const bell = createBell();
  const own = new OwnWindows({ reader, parent, profiles: work.profiles, behind });
  const lent = own.memory;
  const helpers = Array.from({ length: Math.min(most, laneCount(access)) }, (): Helper => {
    const mailbox = createMailboxMemory({ slots: SLOTS, lent: lent.length }, work.profiles, bell);
    return { lane: startLane(access, { ...work, lent, mailbox }), mailbox: new Mailbox(mailbox) };
  });
  const permits = permitsOf(access.permits.free, access.permits.control);
  let listenedAt = Number.NEGATIVE_INFINITY;

  async function listen(): Promise<void> {
    const now = monotonicMs();
    if (now - listenedAt >= LISTEN_MS || helpers.some(({ lane }) => !lane.isReady)) {
      await turn();
      listenedAt = now;
    }
    for (const { lane, mailbox } of helpers) {
      if (mailbox.first(SLOT_STATE.unwritten) >= 0) throw await lane.failure;
    }
  }

  /** A free slot of a lane that has not enough to do. @param orNot of one that has not begun, too */
  function findPlace(orNot: boolean): { helper: Helper; slot: number } | null {
    for (const helper of helpers) {
      const { lane, mailbox } = helper;
      if (lane.isDead || !(lane.isReady || orNot)) continue;
      const slot = mailbox.lastFree();
      if (slot >= 0 && mailbox.count(SLOT_STATE.asked) < MOST_ASKED) return { helper, slot };
    }
    return null;
  }

  /** Whether it is quickest that the calling thread prepares everything and a lane stores it. */
  function readsForAll(): boolean {
    const helper = own.pace === 0 ? null : findStorer();
    return helper !== null && own.pace <= READS_FOR_ALL * helper.mailbox.storingPace;
  }

  /** A lane that can store what the calling thread prepared; null = none. */
  function findStorer(): Helper | null {
    if (behind === null || feeds) return null;
    return helpers.find(({ lane }) => lane.isReady && !lane.isDead) ?? null;
  }

  /**
   * Who stores a window of the calling thread's whose turn has come: a lane even where the two of them share the preparing, as
   * whoever stores holds up the other's writes, and the lane gets to it when it has none of its own.
   */
  function storerNow(): Helper | null {
    const helper = findStorer();
    const tooMuch = work.targets.length > 1 && (helper?.mailbox.count(SLOT_STATE.writing) ?? 0) >= MOST_LENT;
    return tooMuch ? null : helper;
  }

  async function beginHere(job: WindowJob): Promise<Begun | null> {
    // Reading for others mostly waits for a connection: a permit held over that would keep a lane from computing.
    if (feeds) return own.begin(job, storerNow);
    if (!permits.tryTake()) return null;
    const begun = await own.begin(job, storerNow);
    permits.giveBack();
    return begun;
  }

  /** Lets a lane store what it was lent first, where that is what a window waits for. */
  async function awaitOwn(): Promise<void> {
    const next = own.isFree ? null : own.nextBack;
    if (next !== null) await leaves(next.helper.lane, next.helper.mailbox, next.slot, SLOT_STATE.writing, true);
  }

  async function beginSomewhere(job: WindowJob): Promise<Begun | null> {
    if (readsForAll()) {
      await awaitOwn();
      const begun = await beginHere(job);
      if (begun !== null || !own.isFree) return begun;
    }
    const place = findPlace(false);
    if (place !== null) return beginThere(place.helper, place.slot, job);
    const begun = await beginHere(job);
    if (begun !== null) return begun;
    // Where another task's threads compute and nothing is under way here, a lane is left to wait for its permit.
    const waiting = findPlace(true);
    return waiting === null ? null : beginThere(waiting.helper, waiting.slot, job);
  }

  async function slotOf(lane: Lane, slot: number): Promise<Slot> {
    const memory = (await lane.ready)[slot];
    if (memory === undefined) throw new AppError("internal.bug", `a lane has no slot ${slot}`);
    return memory;
  }

  async function beginThere({ lane, mailbox }: Helper, slot: number, job: WindowJob): Promise<Begun> {
    if (feeds) {
      try {
        await fillWindow(reader, job, (await slotOf(lane, slot)).data);
      } catch (error) {
        return { ready: true, take: () => Promise.reject(error) };
      }
    }
    mailbox.ask(slot, job);
    return {
      get ready() {
        return mailbox.state(slot) !== SLOT_STATE.asked;
      },
      async take() {
        await leaves(lane, mailbox, slot, SLOT_STATE.asked, !feeds);
        const memory = await slotOf(lane, slot);
        behind?.hold(memory, MAX_WRITES);
        return {
          pieces: mailbox.prepared(slot),
          slot: memory,
          release() {
            const writes = behind?.take() ?? [];
            if (writes.length > 0) mailbox.write(slot, writes);
            else mailbox.free(slot);
          },
        };
      },
    };
  }

  async function settle(): Promise<void> {
    for (const { lane, mailbox } of helpers) {
      for (let slot = 0; slot < mailbox.allSlots; slot++) {
        await leaves(lane, mailbox, slot, SLOT_STATE.writing, true);
      }
    }
  }
  behind?.attach(settle);

  return {
    listen,
    settle,
    begin: beginSomewhere,
    async close() {
      behind?.attach(async () => {});
      for (const { mailbox } of helpers) mailbox.close();
      await closeLanes(
        access,
        helpers.map(({ lane }) => lane),
      );
    },
  };
}

/** Waits until a slot has left a state. @param blocks the thread has nothing else to do. @throws AppError why the lane cannot do it */
async function leaves(
  lane: Lane,
  mailbox: Mailbox,
  slot: number,
  state: typeof SLOT_STATE.asked | typeof SLOT_STATE.writing,
  blocks: boolean,
): Promise<void> {
  while (mailbox.state(slot) === state) {
    if (lane.isDead) throw await lane.failure;
    // Only a thread that lets in messages learns of a lane's death.
    if (!blocks) await mailbox.awaitChangeAsync(slot, state, LOOK_MS);
    else if (!mailbox.awaitChange(slot, state, LOOK_MS)) await turn();
  }
  const now = mailbox.state(slot);
  if (now === SLOT_STATE.unread || now === SLOT_STATE.unwritten) throw await lane.failure;
}
