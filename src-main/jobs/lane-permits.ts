/**
 * The program's one limit on how many threads compute at once: permits in shared memory that the lanes of all tasks take and give
 * back (workers/lanes). Made once a process; here too what a thread held that is gone is given back.
 */
import { availableParallelism } from "node:os";
import { CONTROL, type WorkerStart } from "../../workers/task.ts";

/** More lanes than this only wait for each other's memory. */
const MOST_LANES = 8;

/** Lanes a task may have: all there are. */
export const laneAccess: NonNullable<WorkerStart["lanes"]> = makeLanes(Math.min(availableParallelism(), MOST_LANES));

function makeLanes(count: number): NonNullable<WorkerStart["lanes"]> {
  const permits = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  Atomics.store(new Int32Array(permits), 0, count);
  return { count, permits };
}

/** Gives back the permits that the lanes of an ended thread still held. @param control the thread's cells */
export function giveBackHeld(permits: SharedArrayBuffer, control: Int32Array): void {
  const held = Atomics.exchange(control, CONTROL.held, 0);
  if (held <= 0) return;
  const free = new Int32Array(permits);
  Atomics.add(free, 0, held);
  Atomics.notify(free, 0, held);
}
