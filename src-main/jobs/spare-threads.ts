/**
 * Threads of the engine that wait for a task: those that finished one and may do another, and the one that is started before it is
 * known what it will do. Each waits a moment only, and keeps no program alive.
 */
import { Worker } from "node:worker_threads";

/** JavaScript heap of one worker; the bytes of disks lie outside of it. */
export const HEAP_MB = 512;
/**
 * Its young part: larger ones cost memory and save little. In 2 MB so much of what a walk over a disk's tables leaves behind counted as old
 * that the heap had grown by 20 MB, now and then, before it was looked through.
 */
const YOUNG_MB = 4;
/** How long a thread waits for the next task. */
const SPARE_MS = 1_000;

interface Spare {
  readonly worker: Worker;
  readonly leaves: NodeJS.Timeout;
}

const spares: Spare[] = [];

/** @param entry another worker file than the engine's */
export function newThread(entry: URL = workerEntry()): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB };
  return new Worker(entry, { name: "task", resourceLimits });
}

/** Starts a thread before its task is known. */
export function warmUp(): void {
  keepSpare(newThread());
}

/** Lets a thread that waits for a task wait for the next one; nobody else may listen to it. */
export function keepSpare(worker: Worker): void {
  const drop = () => {
    const index = spares.indexOf(spare);
    if (index >= 0) spares.splice(index, 1);
    clearTimeout(spare.leaves);
    void worker.terminate();
  };
  const spare = { worker, leaves: setTimeout(drop, SPARE_MS).unref() };
  worker.unref();
  worker.once("exit", drop);
  // Whoever asks next gets a new one.
  worker.once("error", drop);
  spares.push(spare);
}

/** A thread that waits for a task, or null. */
export function takeSpare(): Worker | null {
  const spare = spares.pop();
  if (spare === undefined) return null;
  clearTimeout(spare.leaves);
  for (const event of ["exit", "error"]) spare.worker.removeAllListeners(event);
  spare.worker.ref();
  return spare.worker;
}

/** From source the engine's own file, type-stripped by Node; in a bundle the file `worker` that the build puts beside the others. */
function workerEntry(): URL {
  const here = import.meta.url;
  if (here.endsWith(".ts")) return new URL("../../workers/entry.ts", here);
  const root = /\/chunks\/[^/]+$/.test(here) ? "../" : "./";
  return new URL(`${root}worker.js`, here);
}
