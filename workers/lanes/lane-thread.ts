/**
 * A lane from the side of the thread that started it: what it says is heard, and every question is answered, by its death if need
 * be. Neighbours: lane.ts (the other side), lane-preparer.ts and lane-comparer.ts (what it is asked).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../src-core/model/error.ts";
import type { Slot } from "../disk/window.ts";
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
  /** Starts threads before it is known what they will do, so that they are there when they are asked for. */
  warm(count: number): void;
  start(start: LaneStart): LaneThread;
}

/** How long a lane that was told to close may take before it is ended. */
const LEAVE_MS = 2_000;

interface Waiting {
  resolve(answer: LaneAnswer): void;
  reject(error: AppError): void;
}

export class Lane {
  /** Whether it has begun: until then it is faster to do without it. */
  isReady = false;
  readonly #thread: LaneThread;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready = Promise.withResolvers<readonly Slot[]>();
  readonly #failure = Promise.withResolvers<AppError>();
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

  /** Why it failed, once it has or is dead. */
  get failure(): Promise<AppError> {
    return this.#failure.promise;
  }

  get isDead(): boolean {
    return this.#dead !== null;
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
      this.#failure.resolve(error);
      waiting?.reject(error);
      // It could not begin and leaves: whatever it was asked has this answer.
      if (!this.isReady) this.#end(error);
    } else waiting?.resolve(answer);
  }

  #die(cause: unknown): void {
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    this.#end(new AppError("job.crashed", `A thread that reads the disk ended unexpectedly${why}.`, { cause }));
  }

  /** The first reason counts. */
  #end(reason: AppError): void {
    if (this.#dead !== null) return;
    this.#dead = reason;
    this.#ready.reject(reason);
    this.#failure.resolve(reason);
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}

/** Ends all lanes; afterwards none holds a permit. */
export async function closeLanes({ permits }: LaneAccess, lanes: readonly Lane[]): Promise<void> {
  await Promise.all(lanes.map((lane) => lane.close()));
  permitsOf(permits.free, permits.control).giveBackAll();
}

/** One thread fewer than may compute at once: the one that hands out the work takes part. */
export function laneCount(access: LaneAccess): number {
  return Math.max(1, access.count - 1);
}

/** Starts the lanes that a disk will probably have. */
export function warmLanes(access: LaneAccess | null): void {
  access?.warm(laneCount(access));
}

export function startLane(access: LaneAccess, work: LaneWork): Lane {
  return new Lane(access.start({ lane: work, permits: access.permits }));
}
