/** One run held back, slowed down, and what was said of how long it takes. */
import { describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { newRun, settled, testEngine } from "./testing/test-engine.ts";

const refusal = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return AppError.from(error).code;
  }
  return "accepted";
};

describe("a pause of one run", () => {
  it("stops its thread and says so, and gives its slot to the next until it goes on", async () => {
    const { engine, threads, told } = testEngine({ concurrency: 1 });
    const a = engine.accept(newRun("a"));
    const b = engine.accept(newRun("b"));
    const [first] = threads.all;
    expect(engine.pause(a.runId)).toMatchObject({ state: "running", paused: true, reason: "This job is paused" });
    expect(first?.asked).toEqual(["pause"]);
    expect(engine.get(b.runId)).toMatchObject({ state: "running", paused: false });
    expect(told.at(-1)?.event).toMatchObject({ type: "run" });
    expect(engine.resume(a.runId)).toMatchObject({ paused: false, reason: null });
    expect(first?.asked).toEqual(["pause", "resume"]);
    // Both run now, one more than there are slots: the third waits for both.
    const c = engine.accept(newRun("c", { priority: 100 }));
    threads.all[1]?.finish();
    await settled();
    expect(engine.get(c.runId).state).toBe("waiting");
    expect(engine.log(a.runId, 0, 9).map(({ message }) => message)).toEqual(
      expect.arrayContaining(["Paused", "Goes on"]),
    );
  });

  it("keeps a waiting run from beginning, whatever all work does, also over a restart", () => {
    const program = testEngine({ concurrency: 1 });
    program.engine.accept(newRun("a"));
    const { runId } = program.engine.accept(newRun("b"));
    program.engine.pause(runId);
    program.engine.pauseAll();
    expect(program.engine.get(runId).reason).toBe("This job is paused");
    program.engine.resumeAll();
    expect(program.engine.get(runId).reason).toBe("This job is paused");
    const next = program.reborn();
    next.engine.setLimits({ concurrency: 2 });
    next.engine.recover();
    expect(next.threads.all.map(({ spec }) => "sourcePath" in spec && spec.sourcePath)).toEqual(["/vm/a.vmdk"]);
    expect(next.engine.get(runId)).toMatchObject({ state: "waiting", paused: true, reason: "This job is paused" });
    expect(next.engine.resume(runId).state).toBe("running");
  });

  it("does not let it go on while all work is paused, nor the other way round", () => {
    const { engine, threads } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    engine.pause(runId);
    engine.pauseAll();
    engine.resumeAll();
    expect(threads.last().asked).toEqual(["pause", "pause"]);
    engine.pauseAll();
    engine.resume(runId);
    expect(threads.last().asked.at(-1)).toBe("pause");
    engine.resumeAll();
    expect(threads.last().asked.at(-1)).toBe("resume");
  });

  it("is refused of an ended run, and once is enough", () => {
    const { engine, threads } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    engine.pause(runId);
    engine.pause(runId);
    expect(threads.last().asked).toEqual(["pause"]);
    engine.cancel(runId);
    for (const call of [engine.pause, engine.resume]) expect(refusal(() => call("nothing"))).toBe("request.not-found");
    const done = engine.accept(newRun("b", { verify: { mode: "none" } }));
    engine.cancel(done.runId);
  });

  it("can be canceled out of", async () => {
    const { engine } = testEngine();
    const { runId } = engine.accept(newRun("a"));
    engine.pause(runId);
    engine.cancel(runId);
    await settled();
    expect(engine.get(runId).state).toBe("canceled");
    expect(refusal(() => engine.resume(runId))).toBe("state.conflict");
  });
});

describe("a limit", () => {
  it("of the request is the thread's from the start, and changes while it runs, also for tasks to come", async () => {
    const { engine, threads, told } = testEngine();
    const { runId } = engine.accept(newRun("a", { maxBytesPerSecond: 5_000 }));
    expect(threads.last().limit).toBe(5_000);
    expect(engine.setLimit(runId, 9_000).maxBytesPerSecond).toBe(9_000);
    expect(threads.last().limit).toBe(9_000);
    expect(told.at(-1)?.event).toMatchObject({ type: "run", run: { maxBytesPerSecond: 9_000 } });
    threads.last().finish();
    await settled();
    expect(threads.last()).toMatchObject({ spec: { kind: "verify" }, limit: 9_000 });
    engine.setLimit(runId, null);
    expect(threads.last().limit).toBeNull();
    expect(engine.get(runId).maxBytesPerSecond).toBeNull();
    expect(refusal(() => engine.setLimit("nothing", null))).toBe("request.not-found");
  });

  it("is remembered over a restart", () => {
    const program = testEngine();
    const { runId } = program.engine.accept(newRun("a"));
    program.engine.setLimit(runId, 7_000);
    const next = program.reborn();
    next.engine.recover();
    expect(next.threads.last().limit).toBe(7_000);
  });
});

describe("the prediction", () => {
  /** A run of one task that has done 100 of 1,000 bytes a second, for six seconds. */
  const measured = () => {
    const program = testEngine();
    const made = newRun("a", { verify: { mode: "none" } });
    const { runId } = program.engine.accept({ ...made, tasks: made.tasks.slice(0, 1) });
    for (let second = 0; second <= 6; second += 1) {
      program.threads.last().progress(second * 100);
      program.pass(1000);
    }
    return { ...program, runId };
  };

  it("is the first settled range, kept with the run and counted once it has succeeded", async () => {
    const { engine, threads, pass, runId } = measured();
    const { prediction } = engine.get(runId);
    expect(prediction?.lowMs).toBeGreaterThan(5_000);
    expect(prediction?.lowMs).toBeLessThan(10_000);
    expect(prediction?.highMs).toBeGreaterThan(10_000);
    threads.last().progress(990);
    pass(3000);
    threads.last().finish();
    await settled();
    expect(engine.get(runId)).toMatchObject({ state: "succeeded", prediction });
    expect(engine.predicted(9)).toMatchObject([{ id: runId, prediction }]);
  });

  it.each([
    ["paused", ({ engine, runId }: ReturnType<typeof measured>) => engine.pause(runId)],
    ["paused with all", ({ engine }: ReturnType<typeof measured>) => engine.pauseAll()],
    ["slowed down", ({ engine, runId }: ReturnType<typeof measured>) => engine.setLimit(runId, 1024)],
  ])("is taken back once the run was %s, and none is made again", async (_, disturb) => {
    const program = measured();
    const { engine, threads, pass, runId } = program;
    disturb(program);
    expect(engine.get(runId).prediction).toBeNull();
    for (const bytes of [700, 800, 900]) {
      pass(3000);
      threads.last().progress(bytes);
    }
    threads.last().finish();
    await settled();
    expect(engine.get(runId).prediction).toBeNull();
    expect(engine.predicted(9)).toEqual([]);
  });

  it("is taken back when the program died", () => {
    const { runId, reborn } = measured();
    const next = reborn();
    next.engine.recover();
    expect(next.engine.get(runId).prediction).toBeNull();
  });
});
