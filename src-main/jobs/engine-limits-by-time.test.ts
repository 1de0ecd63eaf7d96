/** Limits on reading by the hour of the day, of exports: set when an attempt begins, and again when the clock says so. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TimedLimit } from "../../src-core/model/export.ts";
import type { TaskSource } from "../../workers/task.ts";
import { newExport, newRun, settled, testEngine } from "./testing/test-engine.ts";

const MiB = 2 ** 20;
const office: TimedLimit = { from: "08:00", to: "18:00", maxBytesPerSecond: 10 * MiB };
/** The wall clock of this computer, wherever it stands. */
const clock = (hours: number, minutes: number) => new Date(2030, 0, 7, hours, minutes).getTime();
const until = "Limit of 10 MiB/s until 18:00";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

const access: TaskSource = {
  config: { kind: "local", address: "/vm", username: null, trust: { kind: "system" } },
  secret: { password: null, privateKey: null, passphrase: null },
};

const begin = (hours: number, minutes: number, limitsByTime: TimedLimit[] = [office], manual: number | null = null) => {
  const program = testEngine({ startMs: clock(hours, minutes), sourceAccess: () => access });
  const { runId } = program.engine.accept(newExport("web", { limitsByTime, maxBytesPerSecond: manual }));
  const later = (ms: number) => {
    program.pass(ms);
    vi.advanceTimersByTime(2_000);
  };
  const log = () => program.engine.log(runId, 0, 99).map(({ message }) => message);
  return {
    ...program,
    runId,
    later,
    log,
    run: () => program.engine.get(runId),
    limit: () => program.threads.last().limit,
  };
};

describe("limits by time of day", () => {
  it("hold from the start of an attempt within their hours, and say until when", () => {
    const { run, limit, log } = begin(9, 0);
    expect(limit()).toBe(10 * MiB);
    expect(run()).toMatchObject({ state: "running", reason: until, maxBytesPerSecond: null });
    expect(log()).toContain(until);
  });

  it("begin and end while it runs, each told once", () => {
    const { run, limit, log, later, told } = begin(7, 59);
    expect([limit(), run().reason]).toEqual([null, null]);
    later(59_000);
    expect(limit()).toBeNull();
    later(1_000);
    expect([limit(), run().reason]).toEqual([10 * MiB, until]);
    expect(told.at(-1)?.event).toMatchObject({ type: "run", run: { reason: until } });
    later(10 * 3_600_000);
    expect([limit(), run().reason]).toEqual([null, null]);
    for (let turn = 0; turn < 5; turn += 1) later(60_000);
    expect(log().filter((line) => /[Ll]imit/.test(line))).toEqual([
      until,
      "No limit by the time of day holds any more",
    ]);
  });

  it("count together with what is set by hand: the lower holds", () => {
    const { engine, runId, run, limit, later } = begin(7, 0, [office], 50 * MiB);
    expect(limit()).toBe(50 * MiB);
    later(3_600_000);
    expect(limit()).toBe(10 * MiB);
    engine.setLimit(runId, 4 * MiB);
    expect([limit(), run().reason]).toEqual([4 * MiB, null]);
    engine.setLimit(runId, null);
    expect([limit(), run().reason, run().maxBytesPerSecond]).toEqual([10 * MiB, until, null]);
    engine.setLimit(runId, 20 * MiB);
    later(10 * 3_600_000);
    expect(limit()).toBe(20 * MiB);
  });

  it("hold over a pause, which is what is said meanwhile", () => {
    const { engine, runId, run, limit, later } = begin(9, 0);
    engine.pause(runId);
    expect(run().reason).toBe("This job is paused");
    engine.resume(runId);
    expect(run().reason).toBe(until);
    engine.pauseAll();
    later(9 * 3_600_000);
    expect([limit(), run().reason]).toEqual([null, "Paused"]);
    engine.resumeAll();
    expect(run().reason).toBeNull();
  });

  it("take a prediction back when they change, and are no reason any more once it has ended", async () => {
    const { engine, runId, run, threads, pass, later } = begin(7, 59);
    for (let second = 0; second <= 6; second += 1) {
      threads.last().progress(second * 100);
      pass(1000);
    }
    expect(run().prediction).not.toBeNull();
    later(60_000);
    expect(run()).toMatchObject({ prediction: null, reason: until });
    threads.last().finish();
    await settled();
    expect(engine.get(runId)).toMatchObject({ state: "succeeded", reason: null });
    later(20 * 3_600_000);
    expect(threads.last().limit).toBe(10 * MiB);
  });

  it("hold for the attempt after a crash", () => {
    const program = begin(7, 0);
    program.pass(3_600_000);
    const next = program.reborn();
    next.engine.recover();
    expect(next.threads.last().limit).toBe(10 * MiB);
    expect(next.engine.get(program.runId).reason).toBe(until);
  });

  it("are nobody else's business", () => {
    const { engine, threads, later } = begin(9, 0);
    const { runId } = engine.accept(newRun("a", { maxBytesPerSecond: 5_000 }));
    later(60_000);
    expect(threads.last().limit).toBe(5_000);
    expect(engine.get(runId).reason).toBeNull();
  });
});
