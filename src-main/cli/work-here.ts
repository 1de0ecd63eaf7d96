/** Work that this very process does for a command: one task on a thread of the engine, with its progress told. */
import type { ResultOf, TaskKind, TaskSpec } from "../../src-core/model/task.ts";
import { runTask } from "../jobs/worker-thread.ts";
import type { CliContext } from "./context.ts";
import type { Report } from "./report.ts";

/** @throws AppError the task's own, job.canceled */
export function workHere<K extends TaskKind>(
  context: CliContext,
  spec: Extract<TaskSpec, { kind: K }>,
  report: Report,
): Promise<ResultOf<K>> {
  return runTask(spec, {
    signal: context.signal,
    onEvent(event) {
      if (event.type === "progress") report.progress(event);
      if (event.type === "warning") report.warning(event.message);
    },
  });
}
