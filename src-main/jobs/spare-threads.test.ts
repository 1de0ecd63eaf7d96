import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { keepSpare, newThread, takeSpare } from "./spare-threads.ts";
import { runTask } from "./worker-thread.ts";

/** A thread that answers every message with itself, until it is told "end". */
function echo() {
  const code = `import { parentPort } from "node:worker_threads";
    parentPort.on("message", (message) => (message === "end" ? process.exit(1) : parentPort.postMessage(message)));`;
  return newThread(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
}

afterEach(async () => {
  for (let left = takeSpare(); left !== null; left = takeSpare()) await left.terminate();
});

describe("a spare thread", () => {
  it("is handed out once, alive, with nobody listening to it", async () => {
    const worker = echo();
    keepSpare(worker);
    expect(takeSpare()).toBe(worker);
    expect(takeSpare()).toBeNull();
    for (const event of ["message", "error", "exit"]) expect(worker.listenerCount(event)).toBe(0);
    const answered = once(worker, "message");
    worker.postMessage("hello");
    expect(await answered).toEqual(["hello"]);
    await worker.terminate();
  });

  it("leaves when nobody wants it", async () => {
    const worker = echo();
    const gone = once(worker, "exit");
    keepSpare(worker);
    await gone;
    expect(takeSpare()).toBeNull();
  });

  it("that ended is not handed out", async () => {
    const worker = echo();
    keepSpare(worker);
    const gone = once(worker, "exit");
    worker.postMessage("end");
    await gone;
    expect(takeSpare()).toBeNull();
  });

  it("is left by a task that finished, and by none that failed", async () => {
    await expect(runTask({ kind: "inspect", path: "/nowhere/at-all.qcow2", roots: ["/nowhere"] })).rejects.toThrow();
    expect(takeSpare()).toBeNull();
    await runTask({ kind: "formats" });
    const spare = takeSpare();
    expect(spare).not.toBeNull();
    if (spare !== null) keepSpare(spare);
    const { formats } = await runTask({ kind: "formats" });
    expect(formats.length).toBeGreaterThan(0);
    expect(takeSpare()?.threadId).toBe(spare?.threadId);
  });
});
