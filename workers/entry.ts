/**
 * A worker thread: reads one WorkerStart from its workerData, runs the task and posts TaskEvents, the last of which is
 * `finished`, `failed` or `canceled`. The only file that knows the port. Started by src-main/jobs/worker-thread.ts.
 */
import { parentPort, workerData } from "node:worker_threads";
import { AppError } from "../src-core/model/error.ts";
import { Checkpoint, type TaskEvent, TaskSpec } from "../src-core/model/task.ts";
import type { WorkerStart } from "./task.ts";
import { createTaskContext } from "./task-context.ts";
import { runTask } from "./tasks/run-task.ts";

const port = parentPort;
if (port === null)
  throw new Error("workers/entry.ts is started as a worker thread, with a WorkerStart as its workerData");

const start = workerData as WorkerStart;
const post = (event: TaskEvent) => port.postMessage(event);
const now = () => Date.now();
const at = () => new Date(now()).toISOString();
const ctx = createTaskContext({
  start: { control: start.control, resumeFrom: start.resumeFrom === null ? null : Checkpoint.parse(start.resumeFrom) },
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
