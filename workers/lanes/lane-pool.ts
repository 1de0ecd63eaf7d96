/**
 * Lanes from the side of the thread that started them: hands out windows, remembers what is under way, and sees to it that every
 * question is answered, by a lane's death if need be. Neighbours: lane.ts (the other side), disk/preparer.ts (what it serves as).
 */
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { AppError } from "../../src-core/model/error.ts";
import type { Asked, Comparer } from "../disk/compare.ts";
import type { Begun, Preparer } from "../disk/preparer.ts";
import type { Slot, WindowJob } from "../disk/window.ts";
import type { LaneWrites } from "./lane-writes.ts";
import type { LaneAnswer, LaneRequest, LaneStart, LaneWork } from "./messages.ts";
import { permitsOf } from "./permits.ts";

/** The part of a worker thread that a pool needs. */
export interface LaneThread {
  on(event: "message", listener: (message: LaneAnswer) => void): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "exit", listener: () => void): unknown;
  postMessage(message: LaneRequest): void;
  terminate(): Promise<unknown>;
}

/** How a task gets lanes. */
export interface LaneAccess {
  /** So many threads may compute at once, the calling one included. */
  readonly count: number;
  readonly permits: LaneStart["permits"];
  start(start: LaneStart): LaneThread;
}

/** Windows a lane has: one in work, one waiting for it, one being written. */
const SLOTS = 3;
/** Windows the calling thread has: one in work, one whose turn has not come. */
export const OWN_SLOTS = 2;
/** Windows a lane is asked to prepare at once; with more, the calling thread's would wait for their turn behind them. */
const MOST_ASKED = 2;
/** Answers that a comparison may have before their turn. */
const MOST_EARLY = 16;
/** How long a lane that was told to close may take before it is ended. */
const LEAVE_MS = 2_000;

interface Waiting {
  resolve(answer: LaneAnswer): void;
  reject(error: AppError): void;
}

class Lane {
  /** Windows it was asked for and has not answered. */
  preparing = 0;
  readonly #thread: LaneThread;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready = Promise.withResolvers<readonly Slot[]>();
  readonly #gone = Promise.withResolvers<void>();
  #nextId = 0;
  #dead: AppError | null = null;

  constructor(thread: LaneThread) {
    this.#thread = thread;
    this.#ready.promise.catch(() => {});
    thread.on("message", (answer) => this.#take(answer));
    thread.on("error", (error) => this.#die(error));
    thread.on("exit", () => {
      this.#die(null);
      this.#gone.resolve();
    });
  }

  /** Its memory, once it has opened its disks. @throws AppError why it could not */
  get ready(): Promise<readonly Slot[]> {
    return this.#ready.promise;
  }

  async ask(request: (id: number) => LaneRequest): Promise<LaneAnswer> {
    if (this.#dead !== null) throw this.#dead;
    const { promise, resolve, reject } = Promise.withResolvers<LaneAnswer>();
    const id = this.#nextId++;
    this.#waiting.set(id, { resolve, reject });
    this.#thread.postMessage(request(id));
    return promise;
  }

  async close(): Promise<void> {
    if (this.#dead === null) this.#thread.postMessage({ type: "close" });
    await Promise.race([this.#gone.promise, sleep(LEAVE_MS, undefined, { ref: false })]);
    await this.#thread.terminate();
  }

  #take(answer: LaneAnswer): void {
    if (answer.type === "ready") {
      this.#ready.resolve(answer.slots);
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.type === "failed") {
      const error = AppError.fromData(answer.error);
      this.#ready.reject(error);
      waiting?.reject(error);
    } else waiting?.resolve(answer);
  }

  #die(cause: unknown): void {
    if (this.#dead !== null) return;
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    this.#dead = new AppError("job.crashed", `A thread that reads the disk ended unexpectedly${why}.`, { cause });
    this.#ready.reject(this.#dead);
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
    this.#waiting.clear();
  }
}

/** Ends all lanes; afterwards none holds a permit. */
async function closeLanes({ permits }: LaneAccess, lanes: readonly Lane[]): Promise<void> {
  await Promise.all(lanes.map((lane) => lane.close()));
  permitsOf(permits.free, permits.control).giveBackAll();
}

/** One thread fewer than may compute at once: the one that hands out the work takes part. */
function startLanes(access: LaneAccess, work: LaneWork, slots: number): Lane[] {
  const start: LaneStart = { lane: work, slots, permits: access.permits };
  return Array.from({ length: Math.max(1, access.count - 1) }, () => new Lane(access.start(start)));
}

/** A slot of a lane. */
interface Place {
  readonly lane: Lane;
  readonly slot: number;
}

/** Slots in the order in which they became free, so that the lanes take turns. */
class Places {
  readonly #free: Place[];
  readonly #waiting: ((place: Place) => void)[] = [];

  constructor(lanes: readonly Lane[]) {
    this.#free = Array.from({ length: SLOTS }, (_, slot) => lanes.map((lane) => ({ lane, slot }))).flat();
  }

  /** One of a lane that has not enough to do. */
  takeNow(): Place | null {
    const index = this.#free.findIndex(({ lane }) => lane.preparing < MOST_ASKED);
    return index < 0 ? null : (this.#free.splice(index, 1)[0] ?? null);
  }

  /** Once there is one. */
  take(): Promise<Place> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(place: Place): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(place);
    else next(place);
  }
}

/**
 * Windows prepared by several threads at once: lanes, and when each of them has enough to do the calling thread by `own`. Lanes also
 * write what they prepared (`writes`).
 */
export function lanePreparer(
  access: LaneAccess,
  work: Extract<LaneWork, { kind: "prepare" }>,
  writes: LaneWrites,
  own: Preparer,
): Preparer {
  const lanes = startLanes(access, work, SLOTS);
  const places = new Places(lanes);
  const permits = permitsOf(access.permits.free, access.permits.control);
  /** Windows of lanes that were begun and not released yet. */
  let unreleased = 0;

  async function beginHere(job: WindowJob): Promise<Begun | null> {
    if (!permits.tryTake()) return null;
    const begun = await own.begin(job);
    permits.giveBack();
    return begun;
  }

  /** The slot is free once its lane has written what was left to it. */
  function release(place: Place, memory: Slot): void {
    unreleased--;
    const noted = writes.take(memory);
    if (noted.length === 0) {
      places.give(place);
      return;
    }
    const { lane, slot } = place;
    const writing = lane.ask((id) => ({ type: "write", id, slot, writes: noted })).then(() => {});
    writes.add(writing.finally(() => places.give(place)));
  }

  function beginInLane(place: Place, job: WindowJob): Begun {
    unreleased++;
    const { lane, slot } = place;
    const asked = lane.ask((id) => ({ type: "prepare", id, slot, job }));
    lane.preparing++;
    let ready = false;
    const answered = () => {
      lane.preparing--;
      ready = true;
    };
    // Its failure is told in its turn; until then nobody listens.
    asked.then(answered, answered);
    return {
      get ready() {
        return ready;
      },
      async take() {
        const answer = await asked;
        const memory = (await lane.ready)[slot];
        if (answer.type !== "prepared" || memory === undefined) {
          throw new AppError("internal.bug", `a lane answered ${answer.type} to prepare`);
        }
        for (const area of [memory.data, memory.encoded]) writes.share(area.buffer);
        return { pieces: answer.pieces, slot: memory, release: () => release(place, memory) };
      },
    };
  }

  return {
    async listen() {
      await turn();
    },
    async begin(job) {
      const place = places.takeNow();
      if (place !== null) return beginInLane(place, job);
      const begun = await beginHere(job);
      // With nothing to be released first, slots are still being written: one of them comes free by itself.
      if (begun !== null || unreleased > 0) return begun;
      return beginInLane(await places.take(), job);
    },
    async close() {
      await writes.retire();
      await closeLanes(access, lanes);
    },
  };
}

/**
 * Windows of two disks compared by several threads at once: lanes, and when each of them has enough to do the calling thread by
 * `own`, unless that one has other work.
 */
export function laneComparer(
  access: LaneAccess,
  work: Extract<LaneWork, { kind: "compare" }>,
  own: Comparer,
  takesPart: () => boolean,
): Comparer {
  const lanes = startLanes(access, work, 0);
  const permits = permitsOf(access.permits.free, access.permits.control);
  let next = 0;
  let open = 0;
  /** Answers of this thread whose turn has not come. */
  let early = 0;

  async function beginHere(start: number, length: number): Promise<Asked | null> {
    if (early >= MOST_EARLY || !takesPart() || !permits.tryTake()) return null;
    const asked = await own.begin(start, length);
    permits.giveBack();
    if (asked === null) return null;
    early++;
    return () => {
      early--;
      return asked();
    };
  }

  return {
    async begin(start, length) {
      // What the lanes have answered meanwhile counts.
      await turn();
      if (open >= lanes.length * SLOTS) return beginHere(start, length);
      open++;
      const lane = lanes[next++ % lanes.length];
      const asked = lane
        ?.ask((id) => ({ type: "compare", id, start, length }))
        .finally(() => {
          open--;
        });
      asked?.catch(() => {});
      return async () => {
        const answer = await asked;
        if (answer?.type !== "compared") throw new AppError("internal.bug", "a lane did not answer to compare");
        return answer.at;
      };
    },
    close: () => closeLanes(access, lanes),
  };
}
