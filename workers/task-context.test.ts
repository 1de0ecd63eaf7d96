import { afterEach, describe, expect, test } from "vitest";
import type { TaskEvent } from "../src-core/model/task-event.ts";
import { CONTROL } from "./control.ts";
import { createTaskContext, type OwnedTaskContext } from "./task-context.ts";

interface Rig {
  ctx: OwnedTaskContext;
  events: TaskEvent[];
  cells: Int32Array;
  clock: { now: number };
}

const open: OwnedTaskContext[] = [];
afterEach(() => {
  for (const ctx of open.splice(0)) ctx.end();
});

function rig(cellCount: number = Object.keys(CONTROL).length): Rig {
  const control = new SharedArrayBuffer(cellCount * Int32Array.BYTES_PER_ELEMENT);
  const events: TaskEvent[] = [];
  const clock = { now: 1_000_000 };
  const ctx = createTaskContext({
    start: { control, resumeFrom: null },
    post: (event) => events.push(event),
    now: () => clock.now,
  });
  open.push(ctx);
  return { ctx, events, cells: new Int32Array(control), clock };
}

const done = (events: TaskEvent[]) => events.flatMap((event) => (event.type === "progress" ? [event.doneBytes] : []));

describe("createTaskContext", () => {
  test("progress is told at most four times a second, and the last one always", () => {
    const { ctx, events, clock } = rig();
    for (let i = 0; i <= 100; i += 1) {
      ctx.progress(i, 100, "copying");
      clock.now += 10;
    }
    ctx.end();
    expect(done(events)).toEqual([0, 25, 50, 75, 100]);
  });

  test("a change of phase is told at once, after the last figure of the phase before", () => {
    const { ctx, events } = rig();
    ctx.progress(1, 9, "copying");
    ctx.progress(9, 9, "copying");
    ctx.progress(0, 5, "hashing");
    expect(events.map((event) => event.type === "progress" && [event.phase, event.doneBytes])).toEqual([
      ["copying", 1],
      ["copying", 9],
      ["hashing", 0],
    ]);
  });

  test.each([0, 1])("a task told to halt leaves at its gate, paused or not (%i)", async (paused) => {
    const { ctx, cells } = rig();
    Atomics.store(cells, CONTROL.paused, paused);
    const outcome = ctx.gate().then(
      () => "passed",
      (error: unknown) => (error as { code?: string }).code,
    );
    Atomics.store(cells, CONTROL.halt, 1);
    expect(await (paused === 1 ? outcome : ctx.gate().catch((error: { code: string }) => error.code))).toBe("job.lost");
  });

  test("a written file waits until main has noted it, and does not where nobody can", async () => {
    const { ctx, events, cells } = rig();
    let isNoted = false;
    const waiting = ctx.written().then(() => {
      isNoted = true;
    });
    expect(events).toMatchObject([{ type: "written" }]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isNoted).toBe(false);
    Atomics.store(cells, CONTROL.noted, 1);
    await waiting;
    await rig(CONTROL.noted).ctx.written();
  });

  test("a written file is not held back for ever", async () => {
    const { ctx, clock } = rig();
    const waiting = ctx.written();
    clock.now += 5_000;
    await waiting;
  });

  test("the gate throws once canceled, and the signal is aborted", async () => {
    const { ctx, cells } = rig();
    await ctx.gate();
    expect(ctx.signal.aborted).toBe(false);
    Atomics.store(cells, CONTROL.cancel, 1);
    await expect(ctx.gate()).rejects.toMatchObject({ code: "job.canceled" });
    expect(ctx.signal.aborted).toBe(true);
  });

  test("the signal is aborted without any gate", async () => {
    const { ctx, cells } = rig();
    Atomics.store(cells, CONTROL.cancel, 1);
    await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve, { once: true }));
    expect(ctx.signal.aborted).toBe(true);
  });

  test("a paused gate holds, tells what was held back, and goes on when told", async () => {
    const { ctx, events, cells } = rig();
    ctx.progress(1, 10, "copying");
    ctx.progress(2, 10, "copying");
    Atomics.store(cells, CONTROL.paused, 1);
    let through = false;
    const gate = ctx.gate().then(() => {
      through = true;
    });
    await new Promise((resume) => setTimeout(resume, 150));
    expect(through).toBe(false);
    expect(done(events)).toEqual([1, 2]);
    Atomics.store(cells, CONTROL.paused, 0);
    await gate;
    expect(through).toBe(true);
  });

  test("cancel reaches a paused task", async () => {
    const { ctx, cells } = rig();
    Atomics.store(cells, CONTROL.paused, 1);
    const gate = ctx.gate();
    Atomics.store(cells, CONTROL.cancel, 1);
    await expect(gate).rejects.toMatchObject({ code: "job.canceled" });
  });

  test("the gate lets the event loop in after 50 ms, not on every call", async () => {
    const { ctx, clock } = rig();
    let turns = 0;
    const immediate = () => {
      turns += 1;
    };
    setImmediate(immediate);
    for (let i = 0; i < 100; i += 1) await ctx.gate();
    expect(turns).toBe(0);
    clock.now += 50;
    await ctx.gate();
    expect(turns).toBe(1);
  });
});

describe("a limit on speed", () => {
  /** A context whose limit is so many KiB a second, by the real clock: it sleeps. */
  function limited(kibibytes: number) {
    const control = new SharedArrayBuffer(Object.keys(CONTROL).length * Int32Array.BYTES_PER_ELEMENT);
    const cells = new Int32Array(control);
    Atomics.store(cells, CONTROL.limit, kibibytes);
    const ctx = createTaskContext({ start: { control, resumeFrom: null }, post: () => {}, now: Date.now });
    open.push(ctx);
    return { ctx, cells };
  }

  test("is shared fairly by all that read under it", async () => {
    const { ctx } = limited(400);
    const until = Date.now() + 1_500;
    const readers = [0, 0, 0];
    await Promise.all(
      readers.map(async (_, reader) => {
        while (Date.now() < until) {
          await ctx.spend(20 * 1024);
          readers[reader] = (readers[reader] ?? 0) + 1;
        }
      }),
    );
    expect(Math.min(...readers)).toBeGreaterThan(Math.max(...readers) / 2);
    const all = readers.reduce((sum, count) => sum + count, 0);
    expect(all).toBeGreaterThan(15);
    expect(all).toBeLessThan(45);
  });

  test("that is raised or lifted meanwhile frees who waits under the old one", async () => {
    const { ctx, cells } = limited(1);
    const beganAt = Date.now();
    const waiting = [ctx.spend(60 * 1024), ctx.spend(60 * 1024)];
    setTimeout(() => Atomics.store(cells, CONTROL.limit, 600), 50);
    await Promise.all(waiting);
    expect(Date.now() - beganAt).toBeLessThan(5_000);
    Atomics.store(cells, CONTROL.limit, 1);
    const again = ctx.spend(60 * 1024);
    setTimeout(() => Atomics.store(cells, CONTROL.limit, 0), 50);
    await again;
    expect(Date.now() - beganAt).toBeLessThan(8_000);
  });
});
