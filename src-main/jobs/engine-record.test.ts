/** What the engine tells and keeps of the work: progress, log, lists, charts. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { newRun, settled, taskEvents, testEngine } from "./testing/test-engine.ts";

const refusal = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return AppError.from(error).code;
  }
  return "accepted";
};

describe("progress", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is told at most four times a second, the last always, and never written", () => {
    const { engine, threads, told, db, pass } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    const write = vi.spyOn(db, "run");
    for (let n = 1; n <= 1000; n += 1) {
      pass(1);
      vi.advanceTimersByTime(1);
      threads.last().progress(n);
    }
    vi.advanceTimersByTime(300);
    const events = taskEvents(told, "progress");
    expect(events.length).toBeGreaterThanOrEqual(4);
    expect(events.length).toBeLessThanOrEqual(6);
    expect(events.at(-1)).toMatchObject({ runId, event: { doneBytes: 1000 } });
    expect(write).not.toHaveBeenCalled();
    expect(told.filter(({ id, event }) => id !== null && event.type === "task")).toEqual([]);
    // Of the run: the conversion's bytes, and the verification's that are to come.
    expect(engine.get(runId).progress).toMatchObject({ doneBytes: 1000, totalBytes: 2000 });
    expect(engine.active()[0]?.progress?.doneBytes).toBe(1000);
  });

  it("writes checkpoints at most once a second, the newest always", () => {
    const { engine, threads, db, pass } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    threads.last().progress(1);
    const write = vi.spyOn(db, "run");
    for (let n = 1; n <= 50; n += 1) {
      pass(10);
      const checkpoint = { doneBytes: n * 10, state: { n } };
      threads.last().say({ type: "checkpoint", at: new Date(0).toISOString(), checkpoint });
    }
    vi.advanceTimersByTime(1000);
    // Two checkpoints, each with the chart so far.
    expect(write).toHaveBeenCalledTimes(4);
    expect(engine.samples(runId)).toHaveLength(1);
    const after = testEngine({ db });
    after.engine.recover();
    expect(after.threads.last().resumeFrom).toEqual({ doneBytes: 500, state: { n: 50 } });
  });
});

describe("the record", () => {
  it("keeps a log of every decision and of what the tasks say, page by page", async () => {
    const { engine, threads } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    const at = new Date(0).toISOString();
    threads.last().say({ type: "started", at, resumedFromBytes: null });
    threads.last().say({ type: "log", at, level: "info", message: "qcow2, 64 KiB clusters" });
    threads.last().say({ type: "warning", at, message: "the source has snapshots" });
    threads.last().finish();
    await settled();
    const lines = engine.log(runId, 0, 100);
    expect(lines.map((line) => line.message)).toEqual([
      "Accepted with priority 50",
      "Attempt 1 of convert started",
      "qcow2, 64 KiB clusters",
      "the source has snapshots",
      "The convert task succeeded",
      "Attempt 1 of verify started",
    ]);
    expect(lines[3]).toMatchObject({ level: "warning", taskId: engine.get(runId).tasks[0]?.id });
    expect(engine.log(runId, lines[3]?.id ?? 0, 1)).toEqual([lines[4]]);
    expect(engine.get(runId).tasks[0]?.warnings).toEqual(["the source has snapshots"]);
  });

  it("cuts off a task that floods the log", async () => {
    const { engine, threads } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    for (let n = 0; n < 1100; n += 1)
      threads.last().say({ type: "log", at: new Date(0).toISOString(), level: "info", message: `${n}` });
    const lines = engine.log(runId, 0, 5000);
    expect(lines).toHaveLength(1003);
    expect(lines.at(-1)?.message).toContain("left out");
  });

  it("lists runs newest first, filtered, page by page, and forgets an ended one on demand", async () => {
    const { engine, told } = testEngine({ concurrency: 1 });
    const runs = ["a", "b", "c", "d"].map((name) => engine.accept(newRun(name)));
    engine.cancel(runs[1]?.runId ?? "");
    const first = engine.list({ limit: 3 });
    expect(first.items.map((run) => run.name)).toEqual(["d", "c", "b"]);
    expect(first.total).toBe(4);
    expect(engine.list({ limit: 3, cursor: first.nextCursor ?? "" })).toMatchObject({
      items: [{ name: "a" }],
      nextCursor: null,
    });
    expect(engine.list({ limit: 9, active: true }).items.map((run) => run.name)).toEqual(["d", "c", "a"]);
    expect(engine.list({ limit: 9, active: false }).items.map((run) => run.name)).toEqual(["b"]);
    expect(engine.list({ limit: 9, state: "running" })).toMatchObject({ items: [{ name: "a" }], total: 1 });
    expect(refusal(() => engine.list({ limit: 3, cursor: "x" }))).toBe("request.invalid");

    expect(refusal(() => engine.remove(runs[0]?.runId ?? ""))).toBe("state.conflict");
    engine.remove(runs[1]?.runId ?? "");
    expect(refusal(() => engine.get(runs[1]?.runId ?? ""))).toBe("request.not-found");
    expect(engine.list({ limit: 9 }).total).toBe(3);
    expect(told.at(-1)).toMatchObject({
      id: expect.any(Number),
      event: { type: "run-removed", runId: runs[1]?.runId },
    });
  });

  it("keeps the throughput of a run after its end and a restart", async () => {
    const program = testEngine();
    const { runId } = program.engine.accept(newRun("a"));
    for (let n = 1; n <= 4; n += 1) {
      program.pass(1000);
      program.threads.last().progress(n * 250);
    }
    program.threads.last().finish();
    await settled();
    for (let n = 1; n <= 2; n += 1) {
      program.pass(1000);
      program.threads.last().progress(n * 500);
    }
    program.threads.last().finish();
    await settled();
    const points = program.reborn().engine.samples(runId);
    expect(points.map((point) => `${point.taskKind} ${point.doneBytes}`)).toEqual([
      "convert 250",
      "convert 500",
      "convert 750",
      "convert 1000",
      "verify 1500",
      "verify 2000",
    ]);
  });
});
