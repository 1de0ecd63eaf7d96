/** Follows runs of a running program to their end: the event stream for what moves, the runs themselves for what is true. */
import { contract } from "../../../src-core/contract/contract.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { AppEvent } from "../../../src-core/model/event.ts";
import { isFinal, type Run } from "../../../src-core/model/run.ts";
import type { Step } from "../progress-view.ts";
import type { RestClient } from "./rest-client.ts";

export interface RunWatcher {
  progress(step: Step): void;
  warning(message: string): void;
  /** Why it waits or is slow, whenever that changed. */
  reason?(text: string): void;
  /** It is in its final state. */
  ended?(run: Run): void;
}

type NoteReason = (runId: string, reason: string | null) => void;

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
  const [run] = await watchRuns(client, new Map([[runId, watcher]]), signal);
  if (run === undefined) throw new AppError("internal.bug", "A run was watched and none was answered.");
  return run;
}

/**
 * Several at once, by one stream.
 * @param watchers by the runs' ids
 * @returns the runs in their final states, in the order of `watchers`
 * @throws AppError as {@link watchRun}
 */
export async function watchRuns(
  client: RestClient,
  watchers: ReadonlyMap<string, RunWatcher>,
  signal: AbortSignal,
): Promise<Run[]> {
  const ended = new Map<string, Run>();
  const reasons = new Map<string, string | null>();
  const note: NoteReason = (id, reason) => {
    if (reason !== null && reason !== (reasons.get(id) ?? null)) watchers.get(id)?.reason?.(reason);
    reasons.set(id, reason);
  };
  // Our own end of the stream is closed on return, whatever the reason.
  const leave = new AbortController();
  const both = AbortSignal.any([signal, leave.signal]);
  try {
    // The stream must be open before the state is read: an end between the two is then seen in one of them.
    const events = await client.events(null, both);
    let pending = events.next();
    pending.catch(() => {});
    for (let look = new Set(watchers.keys()); ; ) {
      for (const id of look) {
        const run = await client.call(contract.runs.get, { id }, both);
        if (!isFinal(run.state)) note(id, run.reason);
        if (!isFinal(run.state) || ended.has(id)) continue;
        ended.set(id, run);
        watchers.get(id)?.ended?.(run);
      }
      if (ended.size === watchers.size) return [...watchers.keys()].flatMap((id) => ended.get(id) ?? []);
      for (look = new Set(); look.size === 0; ) {
        const turn = await pending;
        if (turn.done === true) {
          if (signal.aborted) throw new AppError("job.canceled", "Watching was ended; the run goes on.");
          throw new AppError("service.unreachable", "The program ended while the run was going on.", {
            hint: "The run goes on when the program is started again.",
          });
        }
        pending = events.next();
        pending.catch(() => {});
        const parsed = AppEvent.safeParse(readJson(turn.value.data));
        if (parsed.success) look = tell(parsed.data, watchers, note);
      }
    }
  } finally {
    leave.abort();
  }
}

/** Passes on what concerns the runs. @returns those that should be read anew */
function tell(event: AppEvent, watchers: ReadonlyMap<string, RunWatcher>, note: NoteReason): Set<string> {
  if (event.type === "reset") return new Set(watchers.keys());
  const id = event.type === "run" ? event.run.id : "runId" in event ? event.runId : null;
  const watcher = id === null ? undefined : watchers.get(id);
  if (id === null || watcher === undefined) return new Set();
  if (event.type === "run-removed") return new Set([id]);
  if (event.type === "run") {
    if (isFinal(event.run.state)) return new Set([id]);
    note(id, event.run.reason);
  }
  if (event.type === "task" && event.event.type === "progress") watcher.progress(event.event);
  if (event.type === "task" && event.event.type === "warning") watcher.warning(event.event.message);
  return new Set();
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
