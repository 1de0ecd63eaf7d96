import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_LOST } from "./recover.ts";
import { newRun, runStates, settled, type TestEngine, taskEvents, testEngine } from "./testing/test-engine.ts";

const at = new Date(0).toISOString();
const checkpoint = (doneBytes: number) => ({ type: "checkpoint", at, checkpoint: { doneBytes, state: {} } }) as const;

/** The program after it died and was started again. */
function restarted(program: TestEngine): TestEngine {
  const next = program.reborn();
  next.engine.recover();
  return next;
}

describe("after the program died", () => {
  it("a running task is lost and goes on from its checkpoint, and both say so", () => {
    const first = testEngine();
    const { runId } = first.engine.accept(newRun("a"));
    first.threads.last().say({ type: "started", at, resumedFromBytes: null });
    first.threads.last().say(checkpoint(64 * 2 ** 20));
    const second = restarted(first);
    expect(taskEvents(second.told, "lost")).toMatchObject([{ runId }]);
    expect(second.threads.last().resumeFrom).toMatchObject({ doneBytes: 64 * 2 ** 20 });
    second.threads.last().say({ type: "started", at, resumedFromBytes: 64 * 2 ** 20 });
    expect(second.engine.get(runId)).toMatchObject({
      state: "running",
      reason: "Resumed at 64 MiB after the program had ended",
      tasks: [
        {
          attempts: [
            { state: "lost", error: { code: "job.lost" }, endedAt: "2030-01-01T12:01:00.000Z" },
            { state: "running", resumedFromBytes: 64 * 2 ** 20 },
          ],
        },
        { state: "waiting", attempts: [] },
      ],
    });
    expect(second.engine.log(runId, 0, 100).map((line) => line.message)).toEqual([
      "Accepted with priority 50",
      "Attempt 1 of convert started",
      "The program ended while convert ran (attempt 1 is lost)",
      "The program ended while this ran; it goes on from 64 MiB",
      "Attempt 2 of convert started, to go on from the checkpoint at 64 MiB",
      "Resumed at 64 MiB (byte 67108864)",
    ]);
  });

  it("a task without a checkpoint starts over, and says so to the end", async () => {
    const first = testEngine();
    const { runId } = first.engine.accept(newRun("a"));
    const second = restarted(first);
    expect(second.threads.last().resumeFrom).toBeNull();
    expect(second.engine.get(runId).reason).toBe("Started over after the program had ended");
    second.threads.last().finish();
    await settled();
    second.threads.last().finish();
    await settled();
    expect(second.engine.get(runId)).toMatchObject({
      state: "succeeded",
      reason: "Started over after the program had ended",
    });
  });

  it("a checkpoint that the task could not use is told as starting over", () => {
    const first = testEngine();
    const { runId } = first.engine.accept(newRun("a"));
    first.threads.last().say(checkpoint(500));
    const second = restarted(first);
    second.threads.last().say({ type: "started", at, resumedFromBytes: null });
    expect(second.engine.get(runId).reason).toBe("Started over after the program had ended");
    expect(second.engine.log(runId, 0, 100).at(-1)?.message).toBe("The checkpoint could not be used: started over");
  });

  it("what waits for a slot says how it will go on", () => {
    const first = testEngine({ concurrency: 1 });
    const low = first.engine.accept(newRun("low", { priority: 1 }));
    first.engine.accept(newRun("high", { priority: 99 }));
    const second = restarted(first);
    expect(second.engine.get(low.runId)).toMatchObject({
      state: "waiting",
      reason: "The program ended while this ran; it starts over",
    });
  });

  it("a task that was being canceled is canceled", () => {
    const first = testEngine();
    const { runId } = first.engine.accept(newRun("a"));
    first.threads.last().obeys = false;
    first.engine.cancel(runId);
    const second = restarted(first);
    expect(second.engine.get(runId)).toMatchObject({
      state: "canceled",
      tasks: [{ state: "canceled", attempts: [{ state: "lost" }] }, { state: "canceled" }],
    });
    expect(runStates(second.told, runId).at(-1)).toBe("canceled");
    expect(second.threads.all).toHaveLength(0);
  });

  it("what has ended stays as it was", async () => {
    const first = testEngine();
    const { runId } = first.engine.accept(newRun("a", { verify: { mode: "none" } }));
    first.threads.last().finish();
    await settled();
    first.threads.last().finish();
    await settled();
    const before = first.engine.get(runId);
    const second = restarted(first);
    expect(second.engine.get(runId)).toEqual(before);
    expect(second.told).toEqual([]);
  });

  it("a task that kills the program again and again is given up", () => {
    let program = testEngine();
    const { runId } = program.engine.accept(newRun("a"));
    for (let deaths = 1; deaths < MAX_LOST; deaths += 1) program = restarted(program);
    expect(program.engine.get(runId).state).toBe("running");
    program = restarted(program);
    expect(program.engine.get(runId)).toMatchObject({
      state: "failed",
      error: { code: "job.lost", message: expect.stringContaining(`${MAX_LOST} times`) },
      tasks: [{ state: "failed" }, { state: "skipped" }],
    });
    expect(restarted(program).threads.all).toHaveLength(0);
  });

  it("one that got further each time is not", () => {
    let program = testEngine();
    const { runId } = program.engine.accept(newRun("a"));
    for (let deaths = 1; deaths <= MAX_LOST * 2; deaths += 1) {
      program.threads.last().say(checkpoint(deaths * 100));
      program = restarted(program);
    }
    expect(program.engine.get(runId).state).toBe("running");
  });
});

describe("a target that was completed but not recorded", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "recover-test-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const dieAfter = (before: (partial: string, target: string) => void) => {
    const first = testEngine();
    first.engine.accept(newRun("a", { folder }));
    const partial = join(folder, ".a.partial");
    writeFileSync(partial, "whole");
    first.threads.last().say({ type: "written", at });
    before(partial, join(folder, "a.qcow2"));
    return restarted(first).threads.last().spec;
  };

  it("may be replaced, because it is the attempt's own file", () => {
    expect(dieAfter((partial, target) => renameSync(partial, target))).toMatchObject({
      targets: [{ overwrite: true }],
    });
  });

  it("may not, when somebody else put it there", () => {
    expect(dieAfter((_, target) => writeFileSync(target, "another"))).toMatchObject({
      targets: [{ overwrite: false }],
    });
  });
});
