/** Work that failed and is tried again: when, how often, from where, and what ends it. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { viewOf } from "../../src-core/job/fold.ts";
import { AppError, type ErrorCode } from "../../src-core/model/error.ts";
import { RetryPolicy } from "../../src-core/model/retry-policy.ts";
import { ScheduleDefinition } from "../../src-core/model/schedule.ts";
import { checkpointOf } from "../db/checkpoints.ts";
import type { Db } from "../db/open.ts";
import { factsOfRun } from "../db/schedule-facts.ts";
import { insertScheduledRun } from "../db/scheduled-runs.ts";
import { newExport, newRun, settled, type TestEngine, taskEvents, testEngine } from "./testing/test-engine.ts";

const MINUTE = 60_000;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "retry-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function policy(change: Partial<RetryPolicy> = {}): RetryPolicy {
  return RetryPolicy.parse({ attempts: 4, backoff: "linear", initialMs: MINUTE, capMs: 60 * MINUTE, ...change });
}

/** A conversion that is tried again, which has begun. */
function begun(program: TestEngine, change: Partial<RetryPolicy> = {}) {
  const { runId } = program.engine.accept({ ...newRun("a", { folder }), retry: policy(change) });
  return { runId, now: () => program.engine.get(runId), task: () => program.engine.get(runId).tasks[0] };
}

async function fail({ threads }: TestEngine, code: ErrorCode = "target.no-space", message = "The disk is full.") {
  threads.last().fail(new AppError(code, message));
  await settled();
}

const checkpoint = (doneBytes: number) => ({ doneBytes, state: { at: doneBytes } });

function sayCheckpoint({ threads }: TestEngine, doneBytes: number) {
  threads.last().say({ type: "checkpoint", at: "2030-01-01T12:00:00.000Z", checkpoint: checkpoint(doneBytes) });
}

describe("the wait before another attempt", () => {
  it.each([
    ["linear", {}, [1, 2, 3]],
    ["exponential", { backoff: "exponential" }, [1, 2, 4]],
    ["fibonacci", { backoff: "fibonacci", attempts: 7 }, [1, 1, 2, 3, 5, 8]],
    ["a cap", { backoff: "exponential", attempts: 6, capMs: 5 * MINUTE }, [1, 2, 4, 5, 5]],
    ["chance takes half off", { jitter: 1 }, [0.5, 1, 1.5]],
  ] as const)("is as the policy says: %s", async (_, change, minutes) => {
    const program = testEngine({ random: () => 0.5 });
    const { runId, now } = begun(program, change);
    for (const [index, wait] of minutes.entries()) {
      await fail(program);
      expect(now().state).toBe("waiting");
      program.pass(wait * MINUTE - 1);
      expect(program.threads.all).toHaveLength(index + 1);
      program.pass(1);
      expect(program.threads.all).toHaveLength(index + 2);
      expect(now().state).toBe("running");
    }
    await fail(program);
    expect(now()).toMatchObject({ state: "failed", error: { code: "target.no-space" } });
    program.pass(1000 * MINUTE);
    expect(program.threads.all).toHaveLength(minutes.length + 1);
    expect(program.engine.get(runId).tasks[0]?.attempts).toHaveLength(minutes.length + 1);
  });

  it("is said, with the attempt to come, and the slot is free meanwhile", async () => {
    const program = testEngine({ concurrency: 1, startMs: new Date(2030, 0, 1, 14, 4).getTime() });
    const { now, task } = begun(program);
    const { runId: other } = program.engine.accept(newRun("b"));
    await fail(program);
    const reason = "Tried again at 14:05 (attempt 2 of 4): The disk is full.";
    expect(now()).toMatchObject({ state: "waiting", reason, error: null });
    expect(task()).toMatchObject({
      reason,
      error: null,
      attempts: [{ state: "failed", error: { code: "target.no-space" } }],
    });
    expect(program.engine.get(other).state).toBe("running");
    program.pass(MINUTE);
    expect(now()).toMatchObject({ state: "waiting", reason: "Waits for a free slot" });
    program.threads.last().finish();
    await settled();
    // First come, first served: the other's second task comes after it.
    expect(now().state).toBe("running");
    expect(program.engine.get(other).state).toBe("waiting");
  });

  it("is the same state in the pages as in the rows", async () => {
    const program = testEngine();
    const { foldTaskEvent } = await import("../../src-core/job/fold.ts");
    const { runId, task } = begun(program);
    const before = task();
    await fail(program);
    const [event] = taskEvents(program.told, "failed");
    if (before === undefined || event === undefined) throw new Error("nothing was told");
    expect(event.runId).toBe(runId);
    expect(foldTaskEvent(viewOf(before), event.attemptId, event.event).task).toEqual(task());
  });

  it("makes how long the run takes unpredictable", async () => {
    const program = testEngine();
    const { runId } = begun(program);
    await fail(program);
    program.pass(MINUTE);
    program.threads.last().finish();
    await settled();
    program.threads.last().finish();
    await settled();
    expect(program.engine.get(runId)).toMatchObject({ state: "succeeded", prediction: null });
    expect(program.db.get(program.db.sql.selectFrom("runs").select("predictable"))).toEqual({ predictable: 0 });
  });
});

describe("what is tried again", () => {
  it.each([
    ["io.write", {}, "waiting"],
    ["job.crashed", {}, "waiting"],
    ["source.lost", { classes: ["capacity"] }, "failed"],
    ["target.no-space", { classes: ["transient"] }, "failed"],
    ["verify.mismatch", {}, "failed"],
    ["source.auth", {}, "failed"],
    ["path.not-found", {}, "failed"],
    ["target.no-space", { attempts: 1 }, "failed"],
  ] as const)("%s under %j: %s", async (code, change, state) => {
    const program = testEngine();
    const { now } = begun(program, change as Partial<RetryPolicy>);
    await fail(program, code);
    expect(now().state).toBe(state);
  });

  it("is nothing where nobody asked for it", async () => {
    const program = testEngine();
    const { runId } = program.engine.accept(newRun("a"));
    expect(program.threads.last().again).toBeNull();
    await fail(program);
    expect(program.engine.get(runId).state).toBe("failed");
  });

  it("counts for each task of a run on its own", async () => {
    const program = testEngine();
    const { now } = begun(program, { attempts: 2 });
    await fail(program);
    program.pass(MINUTE);
    program.threads.last().finish();
    await settled();
    await fail(program, "io.read");
    expect(now()).toMatchObject({ state: "waiting", tasks: [{ state: "succeeded" }, { state: "waiting" }] });
    program.pass(MINUTE);
    program.threads.last().finish();
    await settled();
    expect(now().state).toBe("succeeded");
  });

  it("is told to the thread, so that it keeps what the next attempt needs, and the last one does not", async () => {
    const program = testEngine();
    begun(program, { attempts: 2 });
    expect(program.threads.last().again).toEqual(["transient", "capacity"]);
    await fail(program);
    program.pass(MINUTE);
    expect(program.threads.last().again).toEqual([]);
  });
});

describe("what was made so far", () => {
  const partial = () => join(folder, ".a.partial");

  it("is gone on with: the newest checkpoint, also one that was held back, and the partial file", async () => {
    const program = testEngine();
    const { task } = begun(program);
    writeFileSync(partial(), "half");
    sayCheckpoint(program, 100);
    sayCheckpoint(program, 200);
    await fail(program);
    expect(existsSync(partial())).toBe(true);
    program.pass(MINUTE);
    expect(program.threads.last().resumeFrom).toEqual(checkpoint(200));
    expect(task()?.attempts[1]).toMatchObject({ number: 2, resumedFromBytes: 200 });
  });

  it.each([
    ["when the attempts are used up", { attempts: 1 }, "target.no-space"],
    ["when the error is not one to try again after", {}, "disk.damaged"],
  ] as const)("goes %s", async (_, change, code) => {
    const program = testEngine();
    const { task } = begun(program, change);
    writeFileSync(partial(), "half");
    sayCheckpoint(program, 100);
    await fail(program, code);
    expect(existsSync(partial())).toBe(false);
    expect(checkpointOf(program.db, task()?.id ?? "")).toBeNull();
  });

  it("goes where there is no checkpoint: it would only take the room", async () => {
    const program = testEngine();
    begun(program);
    writeFileSync(partial(), "half");
    await fail(program);
    expect(existsSync(partial())).toBe(false);
    program.pass(MINUTE);
    expect(program.threads.last().resumeFrom).toBeNull();
  });

  it("goes when it is canceled while it waits", async () => {
    const program = testEngine();
    const { runId, now, task } = begun(program);
    writeFileSync(partial(), "half");
    sayCheckpoint(program, 100);
    await fail(program);
    expect(existsSync(partial())).toBe(true);
    expect(program.engine.cancel(runId).state).toBe("canceled");
    expect(existsSync(partial())).toBe(false);
    expect(checkpointOf(program.db, task()?.id ?? "")).toBeNull();
    program.pass(10 * MINUTE);
    expect(now().state).toBe("canceled");
    expect(program.threads.all).toHaveLength(1);
  });
});

describe("a pause while it waits", () => {
  it("holds it back beyond its time, for the reason given, also over a restart", async () => {
    const program = testEngine();
    const { runId, now } = begun(program);
    await fail(program);
    expect(program.engine.pause(runId, "Waits for window nights")).toMatchObject({
      state: "waiting",
      reason: "Waits for window nights",
    });
    program.pass(2 * MINUTE);
    expect(now()).toMatchObject({ state: "waiting", reason: "Waits for window nights" });
    expect(program.threads.all).toHaveLength(1);
    await program.engine.stop();
    const next = program.reborn();
    next.engine.recover();
    expect(next.engine.get(runId)).toMatchObject({ paused: true, reason: "Waits for window nights" });
    expect(next.engine.resume(runId).state).toBe("running");
  });

  it("that ends before its time changes nothing about that", async () => {
    const program = testEngine();
    const { runId, now } = begun(program);
    await fail(program);
    program.engine.pause(runId);
    program.pass(MINUTE / 2);
    expect(program.engine.resume(runId).reason).toContain("attempt 2 of 4");
    program.pass(MINUTE / 2);
    expect(now().state).toBe("running");
  });

  it("of all work holds it too", async () => {
    const program = testEngine();
    const { now } = begun(program);
    await fail(program);
    program.engine.pauseAll();
    program.pass(2 * MINUTE);
    expect(now()).toMatchObject({ state: "waiting", reason: "Paused" });
    program.engine.resumeAll();
    expect(now().state).toBe("running");
  });
});

describe("a restart of the program", () => {
  it("in the middle of the wait leaves the rest of it", async () => {
    const program = testEngine();
    // Ten minutes, of which the restart takes one.
    const { runId } = begun(program, { initialMs: 10 * MINUTE });
    sayCheckpoint(program, 300);
    await fail(program);
    program.pass(4 * MINUTE);
    await program.engine.stop();
    const next = program.reborn();
    next.engine.recover();
    expect(next.engine.get(runId).state).toBe("waiting");
    next.pass(5 * MINUTE - 1);
    expect(next.threads.all).toHaveLength(0);
    next.pass(1);
    expect(next.threads.last().resumeFrom).toEqual(checkpoint(300));
  });

  it("after the wait's end starts it at once", async () => {
    const program = testEngine();
    const { runId } = begun(program);
    await fail(program);
    const next = program.reborn();
    next.engine.recover();
    expect(next.engine.get(runId).state).toBe("running");
  });

  it("uses up no attempt: the program's end is not the work's failure", async () => {
    let program = testEngine();
    const { runId } = begun(program, { attempts: 2 });
    for (let deaths = 0; deaths < 3; deaths += 1) {
      program = program.reborn();
      program.engine.recover();
    }
    await fail(program);
    expect(program.engine.get(runId)).toMatchObject({
      state: "waiting",
      reason: expect.stringContaining("attempt 2 of 2"),
    });
    program.pass(MINUTE);
    await fail(program);
    expect(program.engine.get(runId)).toMatchObject({ state: "failed" });
    expect(program.engine.get(runId).tasks[0]?.attempts.map(({ state }) => state)).toEqual([
      ...["lost", "lost", "lost"],
      ...["failed", "failed"],
    ]);
  });
});

describe("an export of which only the clean-up failed", () => {
  const untidy = (code: ErrorCode) =>
    new AppError("source.clean-up", "The export is complete, but …", { details: { code } });

  function exporting(change: Partial<RetryPolicy> = {}, more = {}) {
    const program = testEngine({ sourceAccess: () => ({}) as never });
    const { runId } = program.engine.accept({ ...newExport("web"), ...more, retry: policy(change) });
    return { program, now: () => program.engine.get(runId) };
  }

  it("is gone on with for that alone", async () => {
    const { program, now } = exporting();
    sayCheckpoint(program, 900);
    program.threads.last().fail(untidy("source.lost"));
    await settled();
    expect(now().state).toBe("waiting");
    program.pass(MINUTE);
    expect(program.threads.last().resumeFrom).toEqual(checkpoint(900));
    program.threads.last().finish();
    await settled();
    expect(now().state).toBe("succeeded");
  });

  it.each([
    ["its attempts are used up", { attempts: 1 }, "source.lost"],
    ["somebody must let the program in", {}, "source.auth"],
  ] as const)("ends so that it can be told from a failure where %s", async (_, change, code) => {
    const { program, now } = exporting(change);
    program.threads.last().fail(untidy(code));
    await settled();
    expect(now()).toMatchObject({ state: "failed", error: { code: "source.clean-up" } });
  });
});

describe("facts", () => {
  it("are stored with the scheduled run", async () => {
    const program = testEngine();
    scheduledRun(program.db, "s1");
    const asked = { ...newRun("a", { folder }), retry: policy({ attempts: 2 }), scheduledRunId: "s1" };
    const { runId } = program.engine.accept(asked);
    expect(program.engine.get(runId).scheduledRunId).toBe("s1");
    await fail(program);
    program.pass(MINUTE);
    await fail(program);
    expect(factsOfRun(program.db, "s1").map(({ fact }) => fact)).toMatchObject([
      { kind: "retries", attempt: 2, attempts: 2, errorClass: "capacity", what: "from-start" },
      { kind: "attempts-used", attempts: 2 },
    ]);
  });

  it("of an error that is not retried and of a clean-up", async () => {
    const program = testEngine({ sourceAccess: () => ({}) as never });
    scheduledRun(program.db, "s1");
    program.engine.accept({ ...newExport("web"), retry: policy(), scheduledRunId: "s1" });
    program.threads.last().fail(new AppError("source.clean-up", "…", { details: { code: "source.auth" } }));
    await settled();
    expect(factsOfRun(program.db, "s1").map(({ fact }) => fact)).toEqual([
      { kind: "not-retried", errorClass: "auth" },
      { kind: "clean-up-failed" },
    ]);
  });
});

function scheduledRun(db: Db, id: string): void {
  const at = "2030-01-01T12:00:00.000Z";
  const definition = ScheduleDefinition.parse({
    name: "nightly",
    when: { kind: "interval", everyMs: 3_600_000, fromAt: at },
    zone: "Etc/UTC",
    work: { kind: "job", request: newRun("a").request },
  });
  insertScheduledRun(db, {
    ...{ id, scheduleId: "schedule", scheduleName: "nightly", firingId: "f", nominalAt: at, madeAt: at },
    ...{ byHand: false, anyway: false, catchesUp: false, waitsFor: null, reason: null, mayStartAt: null, definition },
  });
}
