/** Tasks of the server: followed to their end, canceled when whoever asked does not want it any more. */
import { AppError } from "../../../../src-core/model/error.ts";
import { pause } from "../pause.ts";
import type { Session } from "../session.ts";
import { localizedFault } from "../soap/fault.ts";
import { needRef, type Ref, sizeAt } from "../soap/read-value.ts";
import type { SoapCall } from "../soap/soap-client.ts";
import type { XmlNode } from "../soap/xml-node.ts";
import { retrieveOne } from "./properties.ts";

const PATHS = ["info.state", "info.progress", "info.error", "info.result"];

export interface TaskEnd {
  /** What the task made; null = nothing. */
  readonly result: XmlNode | null;
  /** It succeeded although it was told to stop: what it made is there. */
  readonly stopped: boolean;
}

/**
 * Starts a task and waits for its end. When `signal` aborts the task is canceled and its end waited for all the same, so that nothing
 * goes on behind one's back.
 * @param progress 0 to 100
 * @throws AppError what the task failed with; job.canceled when it ended because it was canceled
 */
export async function runTask(
  session: Session,
  call: SoapCall,
  signal: AbortSignal,
  progress: (percent: number) => void = () => {},
): Promise<TaskEnd> {
  const what = `${call.method} of ${call.target.id}`;
  if (signal.aborted) throw new AppError("job.canceled");
  const end = session.context.signal;
  // Not cut short: a task that was started must be known.
  const task = needRef(await session.call(call, end), "returnval");
  const [first, most] = session.tuning.taskPollMs;
  let giveUp: AbortSignal | null = null;
  for (let wait = first; ; wait = Math.min(most, wait * 1.5)) {
    if (signal.aborted && giveUp === null) {
      giveUp = AbortSignal.any([end, AbortSignal.timeout(session.tuning.cancelMs)]);
      wait = first;
      await cancelTask(session, task, giveUp);
    }
    const properties = await retrieveOne(session, task, PATHS, giveUp ?? end);
    const state = properties.get("info.state")?.text;
    if (state === "success") return { result: properties.get("info.result") ?? null, stopped: giveUp !== null };
    if (state === "error") {
      if (giveUp !== null) throw new AppError("job.canceled");
      const error = properties.get("info.error");
      throw error ? localizedFault(what, error) : new AppError("source.refused", `${what} failed`);
    }
    const percent = sizeAt(properties.get("info.progress"));
    if (percent !== null) progress(Math.min(100, percent));
    await pauseUnless(wait, giveUp, signal, end);
  }
}

/** Wakes up also when it is told to stop. */
async function pauseUnless(
  ms: number,
  giveUp: AbortSignal | null,
  signal: AbortSignal,
  end: AbortSignal,
): Promise<void> {
  try {
    await pause(ms, giveUp ?? AbortSignal.any([signal, end]));
  } catch (error) {
    if (giveUp !== null || end.aborted) throw error;
  }
}

async function cancelTask(session: Session, task: Ref, signal: AbortSignal): Promise<void> {
  try {
    await session.call({ method: "CancelTask", target: task, content: [], reads: false }, signal);
  } catch (error) {
    // Many tasks cannot be canceled, or are done by now: then their end is waited for.
    session.context.log("info", `${task.id} could not be canceled: ${AppError.from(error).message}`);
  }
}
