/**
 * The scheduling thread: holds all schedules, read, and says when something is due. Started by src-main/scheduler/scheduling-thread.ts;
 * what it says and is told: src-core/schedule/engine/messages.ts. It has no files, no network and no database.
 */
import { parentPort, workerData } from "node:worker_threads";
import { type SchedulingStart, type ToScheduling, testClockNow } from "../src-core/schedule/engine/messages.ts";
import { createClockWatch } from "./scheduling/clock-watch.ts";
import { createLoop } from "./scheduling/loop.ts";

const port = parentPort;
if (port === null) throw new Error("workers/schedule-entry.ts is started as a worker thread");

const { startedAt, testClock }: SchedulingStart = workerData;
const speed = testClock?.speed ?? 1;

type Questions = typeof import("../src-core/schedule/questions.ts");
/** Answering parses what people filled in. Firing does not, and is not to wait for schemas when the program starts. */
let questions: Questions | null = null;
let loading: Promise<void> | null = null;
async function loadQuestions(): Promise<void> {
  questions = await import("../src-core/schedule/questions.ts");
}

const loop = createLoop({
  startedAt,
  now: () => (testClock === null ? Date.now() : testClockNow(testClock, Date.now())),
  realMs: (ms) => ms / speed,
  watch: createClockWatch({ wall: () => Date.now(), monotonic: () => performance.now() }),
  post: (message) => port.postMessage(message),
  answer(question, schedules, now) {
    if (questions === null) throw new Error("a question came before what answers it was there");
    return questions.answer(question, schedules, now);
  },
  timer(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
});

port.on("message", (message: ToScheduling) => {
  if (message.type === "ask" && questions === null) {
    loading ??= loadQuestions();
    // Should it fail the thread dies of it, and is started anew.
    void loading.then(() => loop.take(message));
    return;
  }
  if (message.type !== "stop") return loop.take(message);
  loop.stop();
  port.close();
});
