/**
 * The scheduling thread: holds all schedules, read, and says when something is due. Started by src-main/scheduler/scheduling-thread.ts;
 * what it says and is told: src-core/schedule/engine/messages.ts. It has no files, no network and no database.
 */
import { parentPort, workerData } from "node:worker_threads";
import { type SchedulingStart, type ToScheduling, testClockNow } from "../src-core/schedule/engine/messages.ts";
import { answer } from "../src-core/schedule/questions.ts";
import { createClockWatch } from "./scheduling/clock-watch.ts";
import { createLoop } from "./scheduling/loop.ts";

const port = parentPort;
if (port === null) throw new Error("workers/schedule-entry.ts is started as a worker thread");

const { startedAt, testClock }: SchedulingStart = workerData;
const speed = testClock?.speed ?? 1;

const loop = createLoop({
  startedAt,
  now: () => (testClock === null ? Date.now() : testClockNow(testClock, Date.now())),
  realMs: (ms) => ms / speed,
  watch: createClockWatch({ wall: () => Date.now(), monotonic: () => performance.now() }),
  post: (message) => port.postMessage(message),
  answer: (question, schedules, now) => answer(question, schedules, now),
  timer(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
});

port.on("message", (message: ToScheduling) => {
  if (message.type !== "stop") return loop.take(message);
  loop.stop();
  port.close();
});
