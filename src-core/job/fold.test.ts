import { describe, expect, it } from "vitest";
import type { Task, WorkState } from "../model/run.ts";
import type { TaskResult } from "../model/task.ts";
import type { TaskEvent } from "../model/task-event.ts";
import { beginAttempt, foldTaskEvent, refreshView, type TaskView, viewOf } from "./fold.ts";

const at = (seconds: number) => new Date(Date.UTC(2030, 0, 1, 12, 0, seconds)).toISOString();
const fresh: Task = {
  id: "t",
  runId: "r",
  kind: "convert",
  subject: null,
  state: "waiting",
  dependsOn: [],
  reason: "Waits for a free slot",
  progress: null,
  attempts: [],
  error: null,
  result: null,
  warnings: [],
};
const started = (resumedFromBytes: number | null = null): TaskEvent => ({
  type: "started",
  at: at(0),
  resumedFromBytes,
});
const progress = (seconds: number, doneBytes: number): TaskEvent => ({
  type: "progress",
  at: at(seconds),
  doneBytes,
  totalBytes: 1000,
  phase: "copying",
});
const error = { code: "target.no-space", message: "/vm is full", hint: "Free some space", retryable: false } as const;
const result: NonNullable<Task["result"]> = {
  kind: "convert",
  virtualSizeBytes: 1000,
  source: { dataBytes: 1000, zeroBytes: 0, holeBytes: 0 },
  outputs: [
    {
      path: "/vm/a.qcow2",
      format: "qcow2",
      subformat: "v3",
      companions: [],
      virtualSizeBytes: 1000,
      writtenBytes: 1000,
      fileSizeBytes: 1200,
    },
  ],
  durationMs: 5,
  resumedFromBytes: null,
};

const fold = (events: readonly TaskEvent[], from: Task = fresh, attempt = "a1"): TaskView =>
  events.reduce((view, event) => foldTaskEvent(view, attempt, event), viewOf(from));

describe("foldTaskEvent", () => {
  it("begins the attempt that main has not told of, and not twice", () => {
    const { task } = fold([started(512)]);
    expect(task).toMatchObject({
      state: "running",
      reason: null,
      attempts: [{ id: "a1", number: 1, resumedFromBytes: 512 }],
    });
    expect(fold([started()], beginAttempt(fresh, "a1", at(0), 512)).task.attempts).toMatchObject([
      { number: 1, resumedFromBytes: null },
    ]);
  });

  it("measures progress", () => {
    const { task } = fold([started(), progress(1, 100), progress(2, 200), progress(3, 300), progress(4, 400)]);
    expect(task.progress).toMatchObject({
      doneBytes: 400,
      totalBytes: 1000,
      rateBytesPerSecond: 100,
      phase: "copying",
    });
    expect(task.progress?.eta?.lowMs).toBeLessThan(6000);
    expect(task.progress?.eta?.highMs).toBeGreaterThan(6000);
  });

  it("keeps what main measured until the page has measured itself", () => {
    const measured = {
      doneBytes: 300,
      totalBytes: 1000,
      rateBytesPerSecond: 77,
      eta: { lowMs: 1, highMs: 2 },
      phase: "copying",
    };
    const joined = { ...beginAttempt(fresh, "a1", at(0), null), progress: measured };
    expect(fold([progress(3, 310)], joined).task.progress).toMatchObject({
      rateBytesPerSecond: 77,
      eta: { lowMs: 1, highMs: 2 },
    });
    expect(fold([progress(3, 310), progress(4, 410), progress(6, 610)], joined).task.progress?.rateBytesPerSecond).toBe(
      100,
    );
  });

  it.each<[string, TaskEvent, WorkState, string]>([
    ["finished", { type: "finished", at: at(9), result }, "succeeded", "succeeded"],
    ["failed", { type: "failed", at: at(9), error }, "failed", "failed"],
    ["canceled", { type: "canceled", at: at(9) }, "canceled", "canceled"],
    ["lost", { type: "lost", at: at(9) }, "waiting", "lost"],
  ])("ends on %s, and nothing moves any more", (_, event, state, attemptState) => {
    const { task } = fold([started(), progress(1, 100), progress(4, 400), event]);
    expect(task.state).toBe(state);
    expect(task.attempts).toMatchObject([{ state: attemptState, endedAt: at(9) }]);
    expect(task.progress).toMatchObject({
      rateBytesPerSecond: 0,
      eta: null,
      doneBytes: state === "succeeded" ? 1000 : 400,
    });
  });

  it("keeps error and result where they belong", () => {
    expect(fold([started(), { type: "failed", at: at(9), error }]).task).toMatchObject({
      error,
      attempts: [{ error }],
      result: null,
    });
    expect(fold([started(), { type: "finished", at: at(9), result }]).task).toMatchObject({ error: null, result });
  });

  it("keeps what a check and a comparison found, and no answer of a task that belongs to no run", () => {
    const finished = (found: TaskResult) => fold([started(), { type: "finished", at: at(9), result: found }]).task;
    const compared: TaskResult = {
      kind: "compare",
      equal: false,
      aVirtualSizeBytes: 10,
      bVirtualSizeBytes: 10,
      firstDifferenceBytes: 3,
      comparedBytes: 3,
      statement: "the first difference is at byte 3",
      durationMs: 1,
    };
    expect(finished(compared).result).toBe(compared);
    expect(finished({ kind: "scan", filesSeen: 1, warnings: [] })).toMatchObject({ state: "succeeded", result: null });
  });

  it("cancels what is lost while it was being canceled", () => {
    const canceling: Task = { ...beginAttempt(fresh, "a1", at(0), null), state: "canceling" };
    expect(fold([{ type: "lost", at: at(9) }], canceling).task).toMatchObject({
      state: "canceled",
      attempts: [{ state: "lost" }],
    });
  });

  it.each<[string, TaskEvent]>([
    ["progress", progress(20, 1000)],
    ["finished", { type: "finished", at: at(20), result }],
    ["failed", { type: "failed", at: at(20), error }],
    ["started", started()],
    ["warning", { type: "warning", at: at(20), message: "late" }],
  ])("ignores a late %s of an attempt that ended", (_, event) => {
    const ended = fold([started(), { type: "canceled", at: at(9) }]);
    expect(foldTaskEvent(ended, "a1", event)).toBe(ended);
  });

  it("ignores an attempt that is not the newest", () => {
    const second = beginAttempt(fold([started(), { type: "lost", at: at(1) }]).task, "a2", at(2), null);
    expect(fold([{ type: "finished", at: at(3), result }], second, "a1").task).toBe(second);
    expect(second.attempts.map((a) => a.number)).toEqual([1, 2]);
  });

  it("keeps each warning once and not without end", () => {
    const warn = (n: number): TaskEvent => ({ type: "warning", at: at(1), message: `warning ${n}` });
    const many = Array.from({ length: 150 }, (_, n) => warn(n));
    const { task } = fold([started(), warn(0), warn(0), ...many]);
    expect(task.warnings).toHaveLength(100);
    expect(new Set(task.warnings).size).toBe(100);
  });
});

describe("refreshView", () => {
  it("shows a stall that no event tells of", () => {
    const view = fold([started(), progress(1, 100), progress(2, 200), progress(4, 400)]);
    const later = refreshView(view, Date.parse(at(30)));
    expect(view.task.progress?.rateBytesPerSecond).toBe(100);
    expect(later.task.progress).toMatchObject({ doneBytes: 400, rateBytesPerSecond: 0, eta: null });
  });
});
