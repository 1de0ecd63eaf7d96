import { describe, expect, it } from "vitest";
import { isFinal, type JobRequest, type Progress, type Task, WorkState } from "../model/run.ts";
import {
  canMove,
  hasEnded,
  predictionOf,
  runError,
  runOutcome,
  runProgress,
  runState,
  SETTLED_MS,
} from "./run-state.ts";

const task = (change: Partial<Task>): Task => ({
  id: "t",
  runId: "r",
  kind: "convert",
  subject: null,
  state: "queued",
  dependsOn: [],
  reason: null,
  progress: null,
  attempts: [],
  error: null,
  result: null,
  warnings: [],
  ...change,
});
const progress = (doneBytes: number, totalBytes: number, eta: Progress["eta"] = null): Progress => ({
  doneBytes,
  totalBytes,
  rateBytesPerSecond: 10,
  eta,
  phase: "copying",
});

describe("moves between states", () => {
  it("end where the model says that nothing more happens", () => {
    for (const state of WorkState.options) expect(hasEnded(state)).toBe(isFinal(state));
  });

  it.each([
    ["queued", "waiting", true],
    ["waiting", "running", true],
    ["running", "waiting", true],
    ["running", "canceling", true],
    ["canceling", "canceled", true],
    ["canceling", "succeeded", true],
    ["canceling", "running", false],
    ["canceling", "waiting", false],
    ["succeeded", "running", false],
    ["failed", "waiting", false],
    ["canceled", "succeeded", false],
    ["skipped", "queued", false],
    ["queued", "succeeded", false],
    ["running", "skipped", false],
  ] as const)("from %s to %s: %s", (from, to, legal) => {
    expect(canMove(from, to)).toBe(legal);
  });
});

describe("runState", () => {
  it.each([
    [["queued", "queued"], false, "queued"],
    [["waiting", "waiting"], false, "waiting"],
    [["running", "waiting"], false, "running"],
    [["succeeded", "waiting"], false, "waiting"],
    [["succeeded", "running"], false, "running"],
    [["succeeded", "succeeded"], false, "succeeded"],
    [["failed", "skipped"], false, "failed"],
    [["succeeded", "failed"], false, "failed"],
    [["canceling", "canceled"], true, "canceling"],
    [["canceled", "canceled"], true, "canceled"],
    [["succeeded", "canceled"], true, "canceled"],
    [["succeeded", "succeeded"], true, "succeeded"],
    [["failed", "canceled"], true, "failed"],
    [["skipped", "skipped"], false, "skipped"],
  ] as const)("of %j, cancel asked %s, is %s", (states, cancelAsked, expected) => {
    expect(
      runState(
        states.map((state) => ({ state })),
        cancelAsked,
      ),
    ).toBe(expected);
  });
});

describe("runError", () => {
  it("is that of the task that failed", () => {
    const error = { code: "io.read", message: "sector 7", retryable: true } as const;
    const other = { ...error, message: "of a lost attempt" };
    expect(runError([task({ state: "succeeded", error: other }), task({ state: "failed", error })])).toBe(error);
    expect(runError([task({ state: "canceled", error: other })])).toBeNull();
  });
});

describe("runProgress", () => {
  const verify = (change: Partial<Task>) => task({ id: "v", kind: "verify", dependsOn: ["t"], ...change });
  const sampled = { kind: "convert", verify: { mode: "sample", fraction: 0.1, seed: 1 } } as JobRequest;

  it("is null before anything began", () => {
    expect(runProgress([task({}), verify({})])).toBeNull();
  });

  it.each([
    ["a verification to come counts as much again", undefined, 2000],
    ["a sample counts its share", sampled, 1100],
  ])("%s", (_, request, totalBytes) => {
    const tasks = [task({ state: "running", progress: progress(200, 1000) }), verify({ state: "waiting" })];
    expect(runProgress(tasks, request)).toMatchObject({ doneBytes: 200, totalBytes });
  });

  it("adds up both tasks by their bytes and shows the phase of the one that runs", () => {
    const tasks = [
      task({ state: "succeeded", progress: progress(1000, 1000) }),
      verify({ state: "running", progress: { ...progress(100, 400), phase: "comparing" } }),
    ];
    expect(runProgress(tasks)).toMatchObject({ doneBytes: 1100, totalBytes: 1400, phase: "comparing" });
  });

  it("leaves out what was skipped", () => {
    const tasks = [task({ state: "failed", progress: progress(300, 1000) }), verify({ state: "skipped" })];
    expect(runProgress(tasks)).toMatchObject({ doneBytes: 300, totalBytes: 1000 });
  });

  it("widens the time left by what has not begun", () => {
    const running = task({ state: "running", progress: progress(500, 1000, { lowMs: 40_000, highMs: 60_000 }) });
    expect(runProgress([running])?.eta).toEqual({ lowMs: 40_000, highMs: 60_000 });
    // 500 bytes left of this task and 1000 to come: twice as much again, at double or half the speed.
    expect(runProgress([running, verify({ state: "waiting" })])?.eta).toEqual({ lowMs: 80_000, highMs: 300_000 });
  });
});

describe("runOutcome", () => {
  const checked = (errors: number, leaks: number, warnings: number) => {
    const report = { path: "/a", format: "qcow2" as const, findings: [], errors, leaks, warnings, statement: "tables" };
    return runOutcome([task({ kind: "check", result: { kind: "check", report, durationMs: 1 } })]);
  };

  it.each([
    [0, 0, 0, true, "no errors"],
    [0, 0, 2, true, "no errors, 2 warnings"],
    [0, 1, 0, false, "no errors, 1 leak"],
    [1200, 1, 0, false, "1,200 errors, 1 leak"],
  ])("of a check with %d errors, %d leaks, %d warnings", (errors, leaks, warnings, good, text) => {
    expect(checked(errors, leaks, warnings)).toEqual({ good, text });
  });

  it("of a comparison says where the disks differ; a conversion has none", () => {
    const compared = (firstDifferenceBytes: number | null, statement: string) => ({
      kind: "compare" as const,
      equal: firstDifferenceBytes === null,
      aVirtualSizeBytes: 10,
      bVirtualSizeBytes: 10,
      firstDifferenceBytes,
      comparedBytes: 10,
      statement,
      durationMs: 1,
    });
    const of = (result: Task["result"]) => runOutcome([task({ kind: "compare", result })]);
    expect(of(compared(null, "every byte"))).toEqual({ good: true, text: "equal: every byte" });
    expect(of(compared(7, "the first difference is at byte 7"))).toEqual({
      good: false,
      text: "the first difference is at byte 7",
    });
    expect(runOutcome([task({ state: "succeeded" })])).toBeNull();
  });
});

describe("predictionOf", () => {
  const eta = { lowMs: 1000, highMs: 3000 };

  it("adds what has passed to what is left, once that has settled", () => {
    expect(predictionOf(SETTLED_MS, progress(1, 10, eta))).toEqual({ lowMs: 6000, highMs: 8000 });
    expect(predictionOf(SETTLED_MS - 1, progress(1, 10, eta))).toBeNull();
    expect(predictionOf(SETTLED_MS, progress(1, 10))).toBeNull();
    expect(predictionOf(SETTLED_MS, null)).toBeNull();
  });
});
