/**
 * Lanes from the side of the thread that started them: hands out windows, remembers what is under way, and sees to it that every
 * question is answered, by a lane's death if need be. Neighbours: lane.ts (the other side), disk/preparer.ts (what it serves as).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../src-core/model/error.ts";
import type { Comparer } from "../disk/compare.ts";
import type { Preparer } from "../disk/preparer.ts";
import type { Slot } from "../disk/window.ts";
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
  /** So many may compute at once. */
  readonly count: number;
  readonly permits: LaneStart["permits"];
  start(start: LaneStart): LaneThread;
}

/** Windows a lane has: one in work, one waiting for it, one being written. */
const SLOTS = 3;
/** How long a lane that was told to close may take before it is ended. */
const LEAVE_MS = 2_000;

interface Waiting {
  resolve(answer: LaneAnswer): void;
  reject(error: AppError): void;
}

class Lane {
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

function startLanes(access: LaneAccess, work: LaneWork, slots: number): Lane[] {
  const start: LaneStart = { lane: work, slots, permits: access.permits };
  return Array.from({ length: access.count }, () => new Lane(access.start(start)));
}

/** Windows prepared by `access.count` lanes at once, which also write what they prepared (`writes`). */
export function lanePreparer(
  access: LaneAccess,
  work: Extract<LaneWork, { kind: "prepare" }>,
  writes: LaneWrites,
): Preparer {
  const lanes = startLanes(access, work, SLOTS);
  interface Place {
    readonly lane: Lane;
    readonly slot: number;
  }
  /** Free slots, in the order in which they became free: so the lanes take turns. */
  const free: Place[] = Array.from({ length: SLOTS }, (_, slot) => lanes.map((lane) => ({ lane, slot }))).flat();
  const waiting: ((place: Place) => void)[] = [];
  const give = (place: Place) => {
    const next = waiting.shift();
    if (next === undefined) free.push(place);
    else next(place);
  };
  /** The slot is free once its lane has written what was left to it. */
  const release = (place: Place) => {
    const noted = writes.take();
    if (noted.length === 0) return give(place);
    const writing = place.lane.ask((id) => ({ type: "write", id, writes: noted })).then(() => {});
    writes.add(writing.finally(() => give(place)));
  };
  return {
    capacity: free.length,
    async prepare(job) {
      const place = free.shift() ?? (await new Promise<Place>((resolve) => waiting.push(resolve)));
      const { lane, slot } = place;
      const answer = await lane.ask((id) => ({ type: "prepare", id, slot, job }));
      const memory = (await lane.ready)[slot];
      if (answer.type !== "prepared" || memory === undefined) {
        throw new AppError("internal.bug", `a lane answered ${answer.type} to prepare`);
      }
      for (const area of [memory.data, memory.encoded]) writes.share(area.buffer);
      return { pieces: answer.pieces, slot: memory, release: () => release(place) };
    },
    async close() {
      await writes.retire();
      await closeLanes(access, lanes);
    },
  };
}

/** Windows of two disks compared by `access.count` lanes at once. */
export function laneComparer(access: LaneAccess, work: Extract<LaneWork, { kind: "compare" }>): Comparer {
  const lanes = startLanes(access, work, 0);
  let turn = 0;
  return {
    capacity: lanes.length * SLOTS,
    async compare(start, length) {
      const lane = lanes[turn++ % lanes.length];
      const answer = await lane?.ask((id) => ({ type: "compare", id, start, length }));
      if (answer?.type !== "compared") throw new AppError("internal.bug", "a lane did not answer to compare");
      return answer.at;
    },
    close: () => closeLanes(access, lanes),
  };
}
