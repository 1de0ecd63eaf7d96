/**
 * Threads of which every word is checked by its schema before anybody acts on it: for what is kept in the database and sent to
 * pages. The command line, which keeps nothing, takes its own thread's word (worker-thread.ts) and loads no schema.
 */
import { TaskEvent } from "../../src-core/model/task-event.ts";
import { runTask, startTask } from "./worker-thread.ts";

const parse = (message: unknown) => TaskEvent.parse(message);

/** As startTask; an event that is none ends the thread with internal.bug. */
export const startChecked: typeof startTask = (spec, options = {}) => startTask(spec, { ...options, parse });

/** As runTask; an event that is none ends the thread with internal.bug. */
export const runChecked: typeof runTask = (spec, options = {}) => runTask(spec, { ...options, parse });
