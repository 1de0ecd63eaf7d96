/**
 * Lanes from the side of the thread that started them: hands out windows, remembers what is under way, and sees to it that every
 * question is answered, by a lane's death if need be. Neighbours: lane.ts (the other side), disk/preparer.ts (what it serves as).
 */
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { AppError } from "../../src-core/model/error.ts";
import type { Asked, Comparer } from "../disk/compare.ts";
import type { Begun, Preparer } from "../disk/preparer.ts";
import type { Slot, WindowJob } from "../disk/window.ts";
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

/** Windows a lane has: one in work, one waiting for it, one whose turn has not come. */
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
  /** Whether it has begun: until then it is faster to do without it. */
  isReady = false;
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
      this.isReady = true;
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

/**
 * Windows prepared by several threads at once: lanes, and when each of them has enough to do the calling thread by `own`.
 * @param own has `OWN_SLOTS` slots
 */
export function lanePreparer(
  access: LaneAccess,
  work: Extract<LaneWork, { kind: "prepare" }>,
  own: Preparer,
): Preparer {
  const lanes = startLanes(access, work, SLOTS);
  /** In the order in which they became free, so that the lanes take turns. */
  const free: Place[] = Array.from({ length: SLOTS }, (_, slot) => lanes.map((lane) => ({ lane, slot }))).flat();
  const permits = permitsOf(access.permits.free, access.permits.control);

  /** One of a lane that has not enough to do. @param orNot of one that has not begun, too */
  function takePlace(orNot: boolean): Place | null {
    const index = free.findIndex(({ lane }) => lane.preparing < MOST_ASKED && (lane.isReady || orNot));
    return index < 0 ? null : (free.splice(index, 1)[0] ?? null);
  }

  async function beginHere(job: WindowJob): Promise<Begun | null> {
    if (!permits.tryTake()) return null;
    const begun = await own.begin(job);
    permits.giveBack();
    return begun;
  }

  function beginInLane(place: Place, job: WindowJob): Begun {
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
        return { pieces: answer.pieces, slot: memory, release: () => void free.push(place) };
      },
    };
  }

  return {
    async listen() {
      await turn();
    },
    async begin(job) {
      const place = takePlace(false);
      if (place !== null) return beginInLane(place, job);
      const begun = await beginHere(job);
      if (begun !== null) return begun;
      // Where another task's threads compute and nothing is under way here, a lane is left to wait for its permit.
      const waiting = takePlace(true);
      return waiting === null ? null : beginInLane(waiting, job);
    },
    close: () => closeLanes(access, lanes),
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
      const ready = lanes.filter(({ isReady }) => isReady);
      if (open >= ready.length * SLOTS) {
        const asked = await beginHere(start, length);
        // With no answer to be taken first, a lane that has not begun is waited for.
        if (asked !== null || open + early > 0) return asked;
      }
      open++;
      const asking = ready.length > 0 ? ready : lanes;
      const lane = asking[next++ % asking.length];
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
