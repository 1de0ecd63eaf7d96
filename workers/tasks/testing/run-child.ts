/**
 * Runs one task in a process of its own: `node run-child.ts` with `{ spec, resumeFrom, doomed?, lanes? }` as JSON on standard
 * input. Each event is a line of JSON on standard output; each progress event carries the process's memory in `rssBytes`.
 */
import { readFileSync, writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { AppError } from "../../../src-core/model/error.ts";
import type { TaskSpec } from "../../../src-core/model/task.ts";
import type { Checkpoint, TaskEvent } from "../../../src-core/model/task-event.ts";
import type { LaneAccess } from "../../lanes/lane-thread.ts";
import { createPermits } from "../../lanes/permits.ts";
import { createTaskContext } from "../../task-context.ts";
import { runTask } from "../run-task.ts";
import { controlOf } from "./rig.ts";

interface Asked {
  readonly spec: TaskSpec;
  readonly resumeFrom: Checkpoint | null;
  readonly doomed?: boolean;
  readonly lanes?: number;
}

const { spec, resumeFrom, doomed = false, lanes = 0 } = JSON.parse(readFileSync(0, "utf8")) as Asked;
const now = () => Date.now();
const post = (event: TaskEvent) => {
  const more = event.type === "progress" ? { rssBytes: process.memoryUsage.rss() } : {};
  writeSync(1, `${JSON.stringify({ ...event, ...more })}\n`);
};
const control = controlOf({ doomed });
const access: LaneAccess | null =
  lanes === 0
    ? null
    : {
        count: lanes,
        permits: { free: createPermits(lanes), control },
        warm() {},
        start(start) {
          const lane = new Worker(new URL("../../lane-entry.ts", import.meta.url), { name: "lane" });
          lane.postMessage(start);
          return lane;
        },
      };
const ctx = createTaskContext({ start: { resumeFrom, control }, lanes: access, post, now });
try {
  const result = await runTask(spec, ctx);
  ctx.end();
  post({ type: "finished", at: new Date(now()).toISOString(), result });
} catch (thrown) {
  ctx.end();
  post({ type: "failed", at: new Date(now()).toISOString(), error: AppError.from(thrown).toData() });
}
