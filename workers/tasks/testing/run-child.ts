/**
 * Runs one task in a process of its own: `node run-child.ts` with `{ spec, resumeFrom, controlBytes }` as JSON on standard input. Each event is a
 * line of JSON on standard output; each progress event carries the process's memory in `rssBytes`.
 */
import { readFileSync, writeSync } from "node:fs";
import { AppError } from "../../../src-core/model/error.ts";
import type { Checkpoint, TaskEvent, TaskSpec } from "../../../src-core/model/task.ts";
import { createTaskContext } from "../../task-context.ts";
import { runTask } from "../run-task.ts";

const { spec, resumeFrom, controlBytes } = JSON.parse(readFileSync(0, "utf8")) as {
  spec: TaskSpec;
  resumeFrom: Checkpoint | null;
  controlBytes: number;
};
const now = () => Date.now();
const post = (event: TaskEvent) => {
  const more = event.type === "progress" ? { rssBytes: process.memoryUsage.rss() } : {};
  writeSync(1, `${JSON.stringify({ ...event, ...more })}\n`);
};
const ctx = createTaskContext({ start: { resumeFrom, control: new SharedArrayBuffer(controlBytes) }, post, now });
try {
  const result = await runTask(spec, ctx);
  ctx.end();
  post({ type: "finished", at: new Date(now()).toISOString(), result });
} catch (thrown) {
  ctx.end();
  post({ type: "failed", at: new Date(now()).toISOString(), error: AppError.from(thrown).toData() });
}
