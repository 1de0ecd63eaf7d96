import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { newRun, runStates, settled, taskEvents, testEngine } from "./testing/test-engine.ts";

const refusal = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return AppError.from(error).code;
  }
  return "accepted";
};

describe("accept", () => {
  it("writes the run with its tasks and starts it at once when a slot is free", () => {
    const { engine, threads, told } = testEngine();
    const { runId, jobId } = engine.accept(newRun("web01"));
    expect(engine.get(runId)).toMatchObject({
      jobId,
      name: "web01",
      state: "running",
      startedAt: "2030-01-01T12:00:00.000Z",
      tasks: [
        { kind: "convert", state: "running", dependsOn: [], attempts: [{ number: 1, state: "running" }] },
        { kind: "verify", state: "waiting", reason: "Waits for convert", attempts: [] },
      ],
    });
    expect(threads.running()).toHaveLength(1);
    expect(runStates(told, runId)).toEqual(["waiting", "running"]);
  });

  it("goes from convert to verify to success, and hands each task its spec", async () => {
    const { engine, threads, told } = testEngine();
    const { runId } = engine.accept(newRun("web01"));
    threads.last().finish();
    await settled();
    expect(threads.all.map((thread) => thread.spec.kind)).toEqual(["convert", "verify"]);
    threads.last().finish();
    await settled();
    const run = engine.get(runId);
    expect(run).toMatchObject({
      state: "succeeded",
      error: null,
      tasks: [{ result: { kind: "convert" } }, { result: { kind: "verify" } }],
    });
    expect(run.endedAt).not.toBeNull();
    expect(runStates(told, runId)).toEqual(["waiting", "running", "waiting", "running", "succeeded"]);
    expect(engine.active()).toEqual([]);
  });

  it("refuses a target that an open run writes to, and takes it once that has ended", async () => {
    const { engine, threads } = testEngine();
    const first = engine.accept(newRun("web01"));
    expect(refusal(() => engine.accept(newRun("web01")))).toBe("target.busy");
    expect(engine.list({ limit: 10 }).total).toBe(1);
    engine.cancel(first.runId);
    await settled();
    expect(refusal(() => engine.accept(newRun("web01")))).toBe("accepted");
    expect(threads.all).toHaveLength(2);
  });

  it("refuses a circle and a missing parent, leaving nothing behind", () => {
    const { engine } = testEngine();
    const [convert, verify] = newRun("a").tasks;
    if (convert === undefined || verify === undefined) throw new Error("no tasks");
    const circle = [{ ...convert, dependsOn: ["verify"] }, verify];
    expect(() => engine.accept({ ...newRun("a"), tasks: circle })).toThrow("convert → verify → convert");
    expect(() => engine.accept({ ...newRun("a"), tasks: [verify] })).toThrow("depends on convert");
    expect(refusal(() => engine.accept({ ...newRun("a"), tasks: [] }))).toBe("request.invalid");
    expect(engine.list({ limit: 10 }).total).toBe(0);
  });

  it("answers a repeated idempotency key with the same run, also after a restart", () => {
    const first = testEngine();
    const made = first.engine.accept({ ...newRun("web01"), idempotencyKey: "k1" });
    expect(first.engine.accept({ ...newRun("web01"), idempotencyKey: "k1" })).toEqual(made);
    expect(first.threads.all).toHaveLength(1);
    const { engine } = first.reborn();
    expect(engine.findByIdempotencyKey("k1", newRun("web01").request)).toEqual(made);
    expect(engine.findByIdempotencyKey("k2", newRun("web01").request)).toBeNull();
    expect(refusal(() => engine.accept({ ...newRun("db01"), idempotencyKey: "k1" }))).toBe("request.conflict");
    expect(engine.list({ limit: 10 }).total).toBe(1);
  });

  it("makes a retry another run of the same job", async () => {
    const { engine, threads } = testEngine();
    const first = engine.accept(newRun("web01"));
    threads.last().fail(new AppError("io.read", "sector 7"));
    await settled();
    const second = engine.accept({ ...newRun("web01"), jobId: first.jobId });
    expect(second.jobId).toBe(first.jobId);
    expect(second.runId).not.toBe(first.runId);
    expect(refusal(() => engine.accept({ ...newRun("x"), jobId: "nothing" }))).toBe("request.not-found");
  });
});

describe("what runs next", () => {
  it("is the highest priority, then the first come, never more than allowed", async () => {
    const { engine, threads } = testEngine({ concurrency: 1 });
    const priorities: [string, number][] = [
      ["first", 50],
      ["low", 0],
      ["high", 100],
      ["second", 50],
      ["high2", 100],
    ];
    for (const [name, priority] of priorities) {
      engine.accept(newRun(name, { priority, verify: { mode: "none" } }));
    }
    const order: string[] = [];
    while (threads.running().length > 0) {
      expect(threads.running()).toHaveLength(1);
      const { spec } = threads.last();
      if (spec.kind === "convert") order.push(spec.targets[0]?.path.slice(9, -6) ?? "");
      threads.last().finish();
      await settled();
    }
    expect(order).toEqual(["first", "high", "high2", "second", "low"]);
  });

  it("finishes a run of equal priority before it begins the next", async () => {
    const { engine, threads } = testEngine({ concurrency: 1 });
    engine.accept(newRun("a"));
    engine.accept(newRun("b"));
    const seen: string[] = [];
    while (threads.running().length > 0) {
      const { spec } = threads.last();
      if (spec.kind === "convert" || spec.kind === "verify") seen.push(`${spec.kind} ${spec.sourcePath}`);
      threads.last().finish();
      await settled();
    }
    expect(seen).toEqual(["convert /vm/a.vmdk", "verify /vm/a.vmdk", "convert /vm/b.vmdk", "verify /vm/b.vmdk"]);
  });

  it("says what is held back and why, and starts more when the limit is raised", () => {
    const { engine, threads } = testEngine({ concurrency: 1 });
    engine.accept(newRun("a"));
    const b = engine.accept(newRun("b"));
    expect(engine.get(b.runId)).toMatchObject({ state: "waiting", reason: "Waits for a free slot", startedAt: null });
    expect(engine.active().map((run) => run.name)).toEqual(["a", "b"]);
    engine.setLimits({ concurrency: 2 });
    expect(engine.get(b.runId)).toMatchObject({ state: "running", reason: null });
    engine.accept(newRun("c"));
    expect(threads.running()).toHaveLength(2);
  });
});

describe("failure", () => {
  it("passes the error through with its hint and skips what depended on it", async () => {
    const { engine, threads, told } = testEngine();
    const { runId } = engine.accept(newRun("web01"));
    threads.last().fail(new AppError("target.no-space", "/vm is full: 0 bytes left"));
    await settled();
    const error = {
      code: "target.no-space",
      message: "/vm is full: 0 bytes left",
      hint: expect.stringContaining("Free some space"),
    };
    expect(engine.get(runId)).toMatchObject({
      state: "failed",
      error,
      tasks: [
        { state: "failed", error, attempts: [{ state: "failed", error }] },
        { state: "skipped", reason: "Not begun, because convert failed", attempts: [] },
      ],
    });
    expect(taskEvents(told, "failed")).toMatchObject([{ runId, event: { error } }]);
    expect(engine.log(runId, 0, 100).at(-1)).toMatchObject({
      level: "error",
      message: expect.stringContaining("/vm is full"),
    });
  });

  it("of a thread that died is job.crashed, and the next run gets the slot", async () => {
    const { engine, threads } = testEngine({ concurrency: 1 });
    const a = engine.accept(newRun("a"));
    const b = engine.accept(newRun("b"));
    threads.last().fail(new AppError("job.crashed", "The convert worker ended unexpectedly: it ran out of memory"));
    await settled();
    expect(engine.get(a.runId)).toMatchObject({ state: "failed", error: { code: "job.crashed", retryable: true } });
    expect(engine.get(b.runId).state).toBe("running");
  });

  it("of a thread that cannot even start fails the run", async () => {
    const startTask = () => {
      throw new Error("no more threads");
    };
    const { engine } = testEngine({ startTask });
    const { runId } = engine.accept(newRun("a"));
    await settled();
    const error = { code: "job.crashed", message: expect.stringContaining("no more threads") };
    expect(engine.get(runId)).toMatchObject({ state: "failed", error });
  });
});

describe("cancel", () => {
  it("of a waiting run is done at once", () => {
    const { engine, threads, told } = testEngine({ concurrency: 1 });
    engine.accept(newRun("a"));
    const b = engine.accept(newRun("b"));
    expect(engine.cancel(b.runId)).toMatchObject({
      state: "canceled",
      tasks: [{ state: "canceled" }, { state: "canceled" }],
    });
    expect(runStates(told, b.runId)).toEqual(["waiting", "canceled"]);
    expect(threads.all).toHaveLength(1);
  });

  it("of a running one goes through canceling, and what follows never begins", async () => {
    const { engine, threads, told } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    expect(engine.cancel(runId)).toMatchObject({
      state: "canceling",
      tasks: [{ state: "canceling" }, { state: "canceled" }],
    });
    await settled();
    expect(engine.get(runId)).toMatchObject({
      state: "canceled",
      error: null,
      tasks: [{ state: "canceled", attempts: [{ state: "canceled" }] }, {}],
    });
    expect(threads.all).toHaveLength(1);
    expect(runStates(told, runId)).toEqual(["waiting", "running", "canceling", "canceled"]);
  });

  it("asked twice is asked once; of an ended run it is refused", async () => {
    const { engine, threads } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    threads.last().obeys = false;
    engine.cancel(runId);
    expect(engine.cancel(runId).state).toBe("canceling");
    expect(threads.last().asked).toEqual(["cancel"]);
    threads.last().fail(new AppError("job.canceled"));
    await settled();
    expect(refusal(() => engine.cancel(runId))).toBe("state.conflict");
    expect(refusal(() => engine.cancel("nothing"))).toBe("request.not-found");
  });

  it("calls whatever goes wrong in a task that was asked to stop canceled, and keeps the cause in the log", async () => {
    const { engine, threads } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    threads.last().obeys = false;
    engine.cancel(runId);
    threads.last().fail(new AppError("io.write", "the disk went away"));
    await settled();
    expect(engine.get(runId).state).toBe("canceled");
    expect(engine.log(runId, 0, 100).map((line) => line.message)).toContainEqual(
      expect.stringContaining("the disk went away"),
    );
  });

  it("that comes too late for the conversion keeps the target and says so", async () => {
    const { engine, threads } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    threads.last().obeys = false;
    engine.cancel(runId);
    threads.last().finish();
    await settled();
    expect(engine.get(runId)).toMatchObject({
      state: "canceled",
      reason: expect.stringContaining("the target stays, not verified"),
      tasks: [{ state: "succeeded" }, { state: "canceled" }],
    });
  });
});

describe("the unfinished file", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "engine-test-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each(["cancel", "failure", "crash"])("is gone after %s, whoever should have removed it", async (how) => {
    const { engine, threads } = testEngine();
    const { runId } = engine.accept(newRun("a", { folder }));
    writeFileSync(join(folder, ".a.partial"), "half");
    if (how === "cancel") engine.cancel(runId);
    else threads.last().fail(new AppError(how === "crash" ? "job.crashed" : "io.read"));
    await settled();
    expect(engine.get(runId).state).toBe(how === "cancel" ? "canceled" : "failed");
    expect(existsSync(join(folder, ".a.partial"))).toBe(false);
  });

  it("stays when the program stops, and goes when the run is then canceled before it went on", async () => {
    const first = testEngine();
    const { runId } = first.engine.accept(newRun("a", { folder }));
    writeFileSync(join(folder, ".a.partial"), "half");
    await first.engine.stop();
    expect(existsSync(join(folder, ".a.partial"))).toBe(true);
    first.engine.pauseAll();
    const second = first.reborn();
    second.engine.recover();
    expect(second.engine.get(runId)).toMatchObject({ state: "waiting", reason: "Paused" });
    second.engine.cancel(runId);
    expect(existsSync(join(folder, ".a.partial"))).toBe(false);
  });
});

describe("pause", () => {
  it("stops what runs, holds back what is new, and is remembered", () => {
    const first = testEngine();
    const a = first.engine.accept(newRun("a"));
    first.engine.pauseAll();
    const b = first.engine.accept(newRun("b"));
    expect(first.threads.last().asked).toEqual(["pause"]);
    expect(first.engine.get(a.runId)).toMatchObject({ state: "running", reason: "Paused" });
    expect(first.engine.get(b.runId)).toMatchObject({ state: "waiting", reason: "Paused" });
    expect(first.told.at(-1)?.event).toMatchObject({ type: "run", run: { reason: "Paused" } });
    expect(first.told.filter(({ event }) => event.type === "work")).toMatchObject([{ event: { paused: true } }]);

    const second = first.reborn();
    second.engine.recover();
    expect(second.engine.paused).toBe(true);
    expect(second.threads.all).toHaveLength(0);
    second.engine.resumeAll();
    expect(second.engine.paused).toBe(false);
    expect(second.threads.running()).toHaveLength(2);
    expect(second.engine.get(b.runId)).toMatchObject({ state: "running", reason: null });
  });

  it("lets go on exactly what it stopped", () => {
    const { engine, threads } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    engine.pauseAll();
    engine.pauseAll();
    engine.resumeAll();
    expect(threads.last().asked).toEqual(["pause", "resume"]);
    expect(engine.get(runId)).toMatchObject({ state: "running", reason: null });
  });

  it("does not keep a run from being canceled", async () => {
    const { engine } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    engine.pauseAll();
    engine.cancel(runId);
    await settled();
    expect(engine.get(runId).state).toBe("canceled");
  });
});

describe("a clean stop", () => {
  it("ends the threads, marks the attempts lost, and goes on from the last checkpoint however often", async () => {
    let program = testEngine();
    const { runId } = program.engine.accept(newRun("a"));
    for (let times = 1; times <= 7; times += 1) {
      const checkpoint = { doneBytes: 100, state: { times } };
      program.threads.last().say({ type: "checkpoint", at: new Date(0).toISOString(), checkpoint });
      await program.engine.stop();
      expect(program.threads.last().asked).toEqual(["abandon"]);
      expect(program.engine.get(runId)).toMatchObject({
        state: "waiting",
        reason: expect.stringContaining("goes on when it starts again"),
      });
      program = program.reborn();
      program.engine.recover();
      expect(program.threads.last().resumeFrom).toEqual(checkpoint);
    }
    expect(program.engine.get(runId).tasks[0]?.attempts).toHaveLength(8);
    expect(program.engine.get(runId)).toMatchObject({
      state: "running",
      reason: "Resumed at 0 MiB after the program had ended",
    });
  });

  it("asked for by whoever hears of the last end finds nothing to stop", async () => {
    const { engine, threads, hub, told } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    threads.last().fail(new AppError("io.read"));
    let stopped: Promise<void> | undefined;
    hub.listen(({ event }) => {
      if (event.type === "run" && event.run.state === "failed") stopped = engine.stop();
    });
    await settled();
    await stopped;
    expect(stopped).toBeDefined();
    expect(taskEvents(told, "lost")).toEqual([]);
    expect(engine.log(runId, 0, 100).at(-1)?.message).toContain("failed");
  });

  it("starts nothing any more", async () => {
    const { engine, threads } = testEngine({ concurrency: 1 });
    engine.accept(newRun("a"));
    engine.accept(newRun("b"));
    await engine.stop();
    engine.setLimits({ concurrency: 5 });
    await settled();
    expect(threads.all).toHaveLength(1);
  });
});
