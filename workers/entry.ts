/**
 * A worker thread: is sent a WorkerStart, runs the task and posts TaskEvents, the last of which is `finished`, `failed` or
 * `canceled`; after a task that finished it waits for the next one where it was told to stay. Started by
 * src-main/jobs/worker-thread.ts; starts lanes itself (lane-entry.ts). What it is sent was parsed where it came in (a call, the
 * database), so it loads no schema: that would take longer than a short task.
 */
import { type MessagePort, parentPort, Worker } from "node:worker_threads";
import { AppError } from "../src-core/model/error.ts";
import type { TaskEvent } from "../src-core/model/task-event.ts";
import { releaseKernels } from "./codec/engine.ts";
import type { LaneAccess } from "./lanes/lane-thread.ts";
import type { WorkerStart } from "./task.ts";
import { createTaskContext } from "./task-context.ts";
import { runTask } from "./tasks/run-task.ts";

/** JavaScript heap of a lane; windows lie outside of it. The young part may not grow, which costs memory and saves little. */
const LANE_HEAP = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 2 };

if (parentPort === null) throw new Error("workers/entry.ts is started as a worker thread");
serve(parentPort);

/** With nobody listening to its port any more a thread ends by itself. */
function serve(port: MessagePort): void {
  port.once("message", async (start: WorkerStart) => {
    const finished = await runAttempt(start, port);
    releaseKernels();
    if (finished && start.stays) serve(port);
  });
}

/** @returns whether the task finished */
async function runAttempt(start: WorkerStart, port: MessagePort): Promise<boolean> {
  const post = (event: TaskEvent) => port.postMessage(event);
  const now = () => Date.now();
  const at = () => new Date(now()).toISOString();
  const ctx = createTaskContext({
    start,
    lanes: laneAccess(start),
    post,
    now,
  });
  try {
    const result = await runTask(start.spec, ctx);
    ctx.end();
    post({ type: "finished", at: at(), result });
    return true;
  } catch (thrown) {
    ctx.end();
    const error = AppError.from(thrown);
    if (error.code === "job.canceled") post({ type: "canceled", at: at() });
    else {
      // A bug is told with its stack, which is what a report needs; every other error says all in its message.
      if (error.code === "internal.bug" && thrown instanceof Error) {
        post({ type: "log", at: at(), level: "error", message: thrown.stack ?? thrown.message });
      }
      post({ type: "failed", at: at(), error: error.toData() });
    }
    return false;
  }
}

/** Lanes that were started before it was known what they will do; they end with this thread. */
const idleLanes: Worker[] = [];

function laneAccess({ lanes, control }: WorkerStart): LaneAccess | null {
  if (lanes === null) return null;
  return {
    count: lanes.count,
    permits: { free: lanes.permits, control },
    warm(count) {
      while (idleLanes.length < count) idleLanes.push(newLane());
    },
    start(start) {
      const lane = idleLanes.pop() ?? newLane();
      lane.ref();
      lane.postMessage(start);
      return lane;
    },
  };
}

function forget(lane: Worker): void {
  const index = idleLanes.indexOf(lane);
  if (index >= 0) idleLanes.splice(index, 1);
}

function newLane(): Worker {
  const lane = new Worker(laneEntry(), { name: "lane", resourceLimits: LANE_HEAP });
  // One that nobody needs keeps nothing alive, and its end is nobody's business.
  lane.unref();
  lane.once("error", () => forget(lane)).once("exit", () => forget(lane));
  return lane;
}

/** From source the file beside this one; in a bundle the file `lane` that the build puts there. */
function laneEntry(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "./lane-entry.ts" : "./lane.js", import.meta.url);
}
