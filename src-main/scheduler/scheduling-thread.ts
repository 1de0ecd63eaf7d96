/** The scheduling thread (workers/schedule-entry.ts) as main sees it: starts it, starts it again should it die, sees to its end. */
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { FromScheduling, SchedulingStart, ToScheduling } from "../../src-core/schedule/engine/messages.ts";

export interface SchedulingThread {
  post(message: ToScheduling): void;
  stop(): Promise<void>;
}

export interface SchedulingThreadOptions {
  /** Asked for each start. */
  start(): SchedulingStart;
  /** Must not throw. */
  take(message: FromScheduling): void;
  /** It died and has been started anew: it knows nothing. */
  reborn(why: string): void;
}

/** JavaScript heap of the thread: 10,000 schedules with 2,000 blackouts each would be more than anybody has. */
const HEAP_MB = 512;
const GRACE_MS = 2_000;
/** A thread that died is started again after so long. */
const AGAIN_MS = 1_000;

export function startSchedulingThread(options: SchedulingThreadOptions): SchedulingThread {
  let stopping = false;
  let again: NodeJS.Timeout | undefined;

  const begin = () => {
    const started = new Worker(scheduleEntry(), {
      name: "schedule",
      workerData: options.start(),
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    const gone = Promise.withResolvers<void>();
    let crash: unknown = null;
    // Schedules alone keep no program alive that wants to end.
    started.unref();
    started.on("message", (message: FromScheduling) => {
      if (!stopping) options.take(message);
    });
    started.on("error", (error) => {
      crash = error;
    });
    started.on("exit", (code) => {
      gone.resolve();
      if (stopping) return;
      again = setTimeout(() => {
        thread = begin();
        options.reborn(crash instanceof Error ? crash.message : `exit code ${code}`);
      }, AGAIN_MS);
    });
    return { worker: started, gone: gone.promise };
  };
  let thread = begin();

  return {
    post: (message) => thread.worker.postMessage(message),
    async stop() {
      stopping = true;
      clearTimeout(again);
      // Whoever waits for its end is kept alive by it: else the program would be gone before the rest of it has stopped.
      thread.worker.ref();
      thread.worker.postMessage({ type: "stop" } satisfies ToScheduling);
      const late = await Promise.race([thread.gone.then(() => false), sleep(GRACE_MS, true, { ref: false })]);
      if (late) await thread.worker.terminate();
    },
  };
}

/** From source the file itself; in a bundle the file `schedule` that the build puts beside the others. */
function scheduleEntry(): URL {
  const here = import.meta.url;
  if (here.endsWith(".ts")) return new URL("../../workers/schedule-entry.ts", here);
  const root = /\/chunks\/[^/]+$/.test(here) ? "../" : "./";
  return new URL(`${root}schedule.js`, here);
}
