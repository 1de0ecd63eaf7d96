/** Follows one run of a running program to its end: the event stream for what moves, the run itself for what is true. */
import { contract } from "../../../src-core/contract/contract.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { AppEvent } from "../../../src-core/model/event.ts";
import { isFinal, type Run } from "../../../src-core/model/run.ts";
import type { Step } from "../progress-view.ts";
import type { RestClient } from "./rest-client.ts";

export interface RunWatcher {
  progress(step: Step): void;
  warning(message: string): void;
}

/**
 * @returns the run in its final state
 * @throws AppError job.canceled when `signal` aborts (the run goes on), request.not-found, service.unreachable
 */
export async function watchRun(
  client: RestClient,
  runId: string,
  watcher: RunWatcher,
  signal: AbortSignal,
): Promise<Run> {
  // Our own end of the stream is closed on return, whatever the reason.
  const leave = new AbortController();
  const both = AbortSignal.any([signal, leave.signal]);
  try {
    // The stream must be open before the state is read: an end between the two is then seen in one of them.
    const events = await client.events(null, both);
    let pending = events.next();
    pending.catch(() => {});
    for (;;) {
      const run = await client.call(contract.runs.get, { id: runId }, both);
      if (isFinal(run.state)) return run;
      for (let turn = await pending; ; turn = await pending) {
        if (turn.done === true) {
          if (signal.aborted) throw new AppError("job.canceled", "Watching was ended; the run goes on.");
          throw new AppError("service.unreachable", "The program ended while the run was going on.", {
            hint: "The run goes on when the program is started again.",
          });
        }
        pending = events.next();
        pending.catch(() => {});
        const parsed = AppEvent.safeParse(readJson(turn.value.data));
        if (parsed.success && tell(parsed.data, runId, watcher)) break;
      }
    }
  } finally {
    leave.abort();
  }
}

/** Passes on what concerns the run. True when the run should be read anew. */
function tell(event: AppEvent, runId: string, watcher: RunWatcher): boolean {
  if (event.type === "reset") return true;
  if (event.type === "run") return event.run.id === runId && isFinal(event.run.state);
  if (event.type === "run-removed") return event.runId === runId;
  if (event.type !== "task" || event.runId !== runId) return false;
  if (event.event.type === "progress") watcher.progress(event.event);
  if (event.event.type === "warning") watcher.warning(event.event.message);
  return false;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
