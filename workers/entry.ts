/**
 * A worker thread: reads one WorkerStart from its workerData, runs the task and posts TaskEvents, the last of which is
 * `finished`, `failed` or `canceled`. Started by src-main/jobs/worker-thread.ts. With a LaneStart it is a lane of such a thread
 * instead (lanes/lane.ts). The only file that knows how threads are made.
 */
import { type MessagePort, parentPort, Worker, workerData } from "node:worker_threads";
import { AppError } from "../src-core/model/error.ts";
import { Checkpoint, type TaskEvent, TaskSpec } from "../src-core/model/task.ts";
import { runLane } from "./lanes/lane.ts";
import type { LaneAccess } from "./lanes/lane-pool.ts";
import type { LaneStart } from "./lanes/messages.ts";
import type { WorkerStart } from "./task.ts";
import { createTaskContext } from "./task-context.ts";
import { runTask } from "./tasks/run-task.ts";

/** JavaScript heap of a lane; windows lie outside of it. */
const LANE_HEAP_MB = 256;

const start = workerData as WorkerStart | LaneStart;
if (parentPort === null) {
  throw new Error("workers/entry.ts is started as a worker thread, with a WorkerStart as its workerData");
}
if ("lane" in start) await runLane(start, parentPort);
else await runAttempt(start, parentPort);

async function runAttempt(start: WorkerStart, port: MessagePort): Promise<void> {
  const post = (event: TaskEvent) => port.postMessage(event);
  const now = () => Date.now();
  const at = () => new Date(now()).toISOString();
  const ctx = createTaskContext({
    start: {
      control: start.control,
      resumeFrom: start.resumeFrom === null ? null : Checkpoint.parse(start.resumeFrom),
    },
    lanes: laneAccess(start),
    post,
    now,
  });
  try {
    const result = await runTask(TaskSpec.parse(start.spec), ctx);
    ctx.end();
    post({ type: "finished", at: at(), result });
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
  }
}

/** Lanes are threads of this same file. */
function laneAccess({ lanes, control }: WorkerStart): LaneAccess | null {
  if (lanes === null) return null;
  const resourceLimits = { maxOldGenerationSizeMb: LANE_HEAP_MB };
  return {
    count: lanes.count,
    permits: { free: lanes.permits, control },
    start: (workerData) => new Worker(new URL(import.meta.url), { name: "lane", workerData, resourceLimits }),
  };
}
