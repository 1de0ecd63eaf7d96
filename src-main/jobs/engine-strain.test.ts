/** The engine where things get tight: a full disk under the database, thousands of waiting runs. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { type Db, openDatabase } from "../db/open.ts";
import { newRun, runStates, settled, testEngine } from "./testing/test-engine.ts";

/** A database whose disk can be full: reading goes on, writing does not. */
function fillableDatabase(): { db: Db; full: boolean } {
  const inner = openDatabase(":memory:");
  const disk = {
    full: false,
    db: {
      ...inner,
      run(query: Parameters<Db["run"]>[0]) {
        if (disk.full) throw new AppError("io.write", "The program's database cannot be written: its disk is full.");
        return inner.run(query);
      },
    },
  };
  return disk;
}

describe("a full disk under the database", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("delays the start of a waiting run, also when nothing else ends that could give it a turn", async () => {
    const disk = fillableDatabase();
    const { engine } = testEngine({ db: disk.db, concurrency: 1 });
    engine.accept(newRun("a"));
    const late = engine.accept(newRun("b"));
    disk.full = true;
    engine.setLimits({ concurrency: 2 });
    expect(engine.get(late.runId).state).toBe("waiting");
    disk.full = false;
    vi.advanceTimersByTime(5_000);
    expect(engine.get(late.runId).state).toBe("running");
  });

  it("delays the record of an end, and with it nothing is left behind", async () => {
    const disk = fillableDatabase();
    const { engine, threads } = testEngine({ db: disk.db });
    const { runId } = engine.accept(newRun("a"));
    disk.full = true;
    threads.last().finish();
    await settled();
    expect(engine.get(runId).tasks[0]?.state).toBe("running");
    disk.full = false;
    vi.advanceTimersByTime(5_000);
    expect(engine.get(runId).tasks.map((task) => task.state)).toEqual(["succeeded", "running"]);
  });

  it("does not keep the program from ending: its threads end, the next start takes the work up", async () => {
    const disk = fillableDatabase();
    const first = testEngine({ db: disk.db });
    const { runId } = first.engine.accept(newRun("a"));
    disk.full = true;
    await first.engine.stop();
    expect(first.threads.last().asked).toEqual(["abandon"]);
    disk.full = false;
    const second = first.reborn();
    second.engine.recover();
    expect(second.engine.get(runId)).toMatchObject({
      state: "running",
      tasks: [{ attempts: [{ state: "lost" }, {}] }, {}],
    });
  });
});

describe("thousands of waiting runs", () => {
  const crowd = (count: number) => {
    const program = testEngine({ concurrency: 1 });
    for (let n = 0; n < count; n += 1) program.engine.accept(newRun(`r${n}`));
    program.told.length = 0;
    return program;
  };
  const reasons = (program: ReturnType<typeof testEngine>) =>
    new Set(program.engine.active().map((run) => `${run.state}: ${run.reason}`));

  it("are paused and go on in a moment, and one event says to read anew", () => {
    const program = crowd(1_000);
    const before = process.threadCpuUsage();
    program.engine.pauseAll();
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(200);
    expect(reasons(program)).toEqual(new Set(["running: Paused", "waiting: Paused"]));
    expect(program.told.map(({ event }) => event.type)).toEqual(["run", "reset", "work"]);
    // Who reconnects learns it as well.
    expect(program.told.every(({ id }) => id !== null)).toBe(true);
    program.engine.resumeAll();
    expect(reasons(program)).toEqual(new Set(["running: null", "waiting: Waits for a free slot"]));
    const waiting = program.engine.active()[1];
    expect(program.engine.get(waiting?.id ?? "").tasks.map((task) => task.reason)).toEqual([
      "Waits for a free slot",
      "Waits for convert",
    ]);
  });

  it("a few are told one by one", () => {
    const program = crowd(3);
    program.engine.pauseAll();
    expect(program.told.map(({ event }) => event.type)).toEqual(["run", "run", "run", "work"]);
    const [, second] = program.engine.active();
    expect(runStates(program.told, second?.id ?? "")).toEqual(["waiting"]);
  });

  it("are listed without reading the tasks of each", () => {
    const program = crowd(50);
    const read = vi.spyOn(program.db, "all");
    expect(program.engine.active()).toHaveLength(50);
    // The runs, and the one live run's tasks and attempts.
    expect(read.mock.calls.length).toBeLessThanOrEqual(3);
  });
});
