import { describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import type { TaskEvent } from "../../src-core/model/task-event.ts";
import { startChecked } from "./checked-thread.ts";
import { laneAccess } from "./lane-permits.ts";
import type { StartTaskOptions } from "./worker-thread.ts";

/** A worker file with this body; `start` is its WorkerStart, `cells` the control cells, `say` posts an event. */
function worker(body: string): URL {
  const code = `import { once } from "node:events";
    import { parentPort } from "node:worker_threads";
    const [start] = await once(parentPort, "message");
    const at = new Date(0).toISOString();
    const cells = new Int32Array(start.control);
    const say = (event) => parentPort.postMessage({ at, ...event });
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    ${body}`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** Runs a thread to its end. */
async function run(body: string, options: StartTaskOptions = {}) {
  const events: TaskEvent[] = [];
  const thread = startChecked(
    { kind: "describe" },
    { entry: worker(body), onEvent: (event) => events.push(event), ...options },
  );
  const outcome = () =>
    thread.result.then(
      (result) => ({ result, error: null }),
      (error: unknown) => ({ result: null, error: AppError.from(error) }),
    );
  return { thread, events, outcome };
}

const finish = `say({ type: "finished", result: { kind: "scan", filesSeen: 3, warnings: [] } });`;

describe("startTask", () => {
  it("hands over spec and checkpoint and passes the events on in order", async () => {
    const body = `say({ type: "log", level: "info", message: JSON.stringify([start.spec, start.resumeFrom]) }); ${finish}`;
    const { events, outcome } = await run(body, { resumeFrom: { doneBytes: 7, state: { a: [1] } } });
    expect((await outcome()).result).toEqual({ kind: "scan", filesSeen: 3, warnings: [] });
    expect(events).toMatchObject([
      { type: "log", message: '[{"kind":"describe"},{"doneBytes":7,"state":{"a":[1]}}]' },
      { type: "finished" },
    ]);
  });

  it("tells a task that its written file was noted, once that is so", async () => {
    const body = `say({ type: "written" });
      while (Atomics.load(cells, 2) === 0) await sleep(1);
      say({ type: "log", level: "info", message: "noted" }); ${finish}`;
    const order: string[] = [];
    const { outcome } = await run(body, {
      onEvent: (event) => order.push(event.type === "log" ? event.message : event.type),
    });
    await outcome();
    expect(order).toEqual(["written", "noted", "finished"]);
  });

  it.each<[string, string, string, RegExp]>([
    [
      "the task's own error",
      `say({ type: "failed", error: { code: "io.read", message: "sector 7", retryable: true } });`,
      "io.read",
      /sector 7/,
    ],
    ["an exit without a word", `process.exit(3);`, "job.crashed", /exit code 3/],
    ["a clean exit without a word", `await sleep(1);`, "job.crashed", /exit code 0/],
    ["a throw", `throw new Error("no such thing");`, "job.crashed", /no such thing/],
    ["a file that is no program", `this is not a program`, "job.crashed", /ended unexpectedly/],
    ["words nobody knows", `say({ type: "boasting" }); await sleep(60_000);`, "internal.bug", /unknown/],
    [
      "figures that are none",
      `say({ type: "progress", doneBytes: -1, totalBytes: 2, phase: "x" }); await sleep(60_000);`,
      "internal.bug",
      /unknown/,
    ],
  ])("ends on %s", async (_, body, code, message) => {
    const { outcome, thread } = await run(body);
    const { error } = await outcome();
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(message);
    await thread.gone;
  });

  it("names running out of memory, and lives", async () => {
    const { outcome } = await run(`const hoard = []; for (;;) hoard.push(new Array(1e5).fill({}));`);
    const { error } = await outcome();
    expect(error).toMatchObject({
      code: "job.crashed",
      message: expect.stringContaining("ran out of memory (limit 512 MB)"),
    });
  }, 60_000);

  it("pauses and resumes through the control cells", async () => {
    const body = `say({ type: "log", level: "info", message: String(Atomics.load(cells, 1)) });
      while (Atomics.load(cells, 1) === 1) await sleep(5);
      say({ type: "log", level: "info", message: "goes on" }); ${finish}`;
    const { thread, events, outcome } = await run(body);
    thread.pause();
    while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(events).toMatchObject([{ message: "1" }]);
    thread.resume();
    expect((await outcome()).error).toBeNull();
    expect(events[1]).toMatchObject({ message: "goes on" });
  });

  it("lets a task that sees the cancel clean up, also while it sleeps on pause", async () => {
    const body = `say({ type: "log", level: "info", message: "here" });
      while (Atomics.load(cells, 0) === 0) Atomics.wait(cells, 1, 1, 50);
      say({ type: "canceled" });`;
    const { thread, events, outcome } = await run(body);
    thread.pause();
    while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    thread.cancel();
    expect((await outcome()).error?.code).toBe("job.canceled");
    expect(events.at(-1)?.type).toBe("canceled");
  });

  it("ends a stuck task, but not before it had time to clean up", async () => {
    const { thread, events, outcome } = await run(`say({ type: "log", level: "info", message: "here" }); for (;;);`);
    while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const askedAt = performance.now();
    thread.cancel();
    expect((await outcome()).error?.code).toBe("job.canceled");
    expect(performance.now() - askedAt).toBeGreaterThan(700);
    await thread.gone;
  });

  it("does not let a thread stay that forgot to end", async () => {
    const { thread, outcome } = await run(`${finish} setInterval(() => {}, 1000);`);
    expect((await outcome()).error).toBeNull();
    await thread.gone;
  });

  it("lets an abandoned thread leave by itself", async () => {
    const { thread, events, outcome } = await run(`
      say({ type: "log", level: "info", message: "here" });
      while (Atomics.load(cells, 3) === 0) await sleep(5);
      const farewell = new BroadcastChannel("farewell");
      farewell.postMessage("by myself");
      farewell.close();`);
    const farewell = new BroadcastChannel("farewell");
    const heard = new Promise((resolve) => farewell.addEventListener("message", resolve, { once: true }));
    while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await thread.abandon();
    expect(await heard).toMatchObject({ data: "by myself" });
    farewell.close();
    expect((await outcome()).error?.code).toBe("job.lost");
    await thread.gone;
  });

  it("terminates an abandoned thread that stays, and hears no other word of it", async () => {
    const { thread, events, outcome } = await run(`say({ type: "log", level: "info", message: "here" }); for (;;);`);
    while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await thread.abandon();
    expect((await outcome()).error?.code).toBe("job.lost");
    expect(events).toHaveLength(1);
    await thread.gone;
  });

  it("tells the task how fast it may read, in KiB, while it runs", async () => {
    // Each value is told as it is seen, and answered with the next: however slow the thread is, it misses none.
    const body = `const told = [];
      const look = () => {
        const limit = Atomics.load(cells, 5);
        if (told.at(-1) !== limit) {
          told.push(limit);
          say({ type: "log", level: "info", message: told.join() });
        }
        if (told.length < 3) setTimeout(look, 1);
        else { ${finish} }
      };
      look();`;
    const next = new Map([
      ["0", 3_000_000],
      ["0,2930", null],
    ]);
    const said: string[] = [];
    const { thread, outcome } = await run(body, {
      onEvent(event) {
        if (event.type !== "log") return;
        said.push(event.message);
        const limit = next.get(event.message);
        if (limit !== undefined) thread.setLimit(limit);
      },
    });
    await outcome();
    expect(said).toEqual(["0", "0,2930", "0,2930,0"]);
  });

  it("gives back what the lanes of a thread held that died", async () => {
    const free = new Int32Array(laneAccess.permits);
    const before = Atomics.load(free, 0);
    const { thread, outcome } = await run(`Atomics.sub(new Int32Array(start.lanes.permits), 0, 1);
      Atomics.add(cells, 4, 1);
      process.exit(3);`);
    expect((await outcome()).error?.code).toBe("job.crashed");
    await thread.gone;
    expect(Atomics.load(free, 0)).toBe(before);
  });
});
