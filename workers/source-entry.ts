/**
 * The thread of a source: is sent a `start`, and lives as long as the source is enabled. Started by
 * src-main/sources/session-thread.ts; what it says and is told: src-core/model/source-session.ts. Loads no schema.
 */
import { parentPort } from "node:worker_threads";
import type { ToSession } from "../src-core/model/source-session.ts";
import { loadProvider } from "./providers/registry.ts";
import { createSession } from "./sessions/session.ts";

const port = parentPort;
if (port === null) throw new Error("workers/source-entry.ts is started as a worker thread");

/** Longest time a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

const session = createSession({
  post: (message) => port.postMessage(message),
  load: loadProvider,
  now: () => performance.now(),
  wait: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const over = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", over);
        resolve();
      };
      const timer = setTimeout(over, Math.min(ms, LONGEST_MS));
      signal.addEventListener("abort", over, { once: true });
    }),
  random: Math.random,
});
port.on("message", (message: ToSession) => session.take(message));
void session.ended.then(() => port.close());
