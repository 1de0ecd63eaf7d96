import { describe, expect, it } from "vitest";
import type { RunSummary, WorkState } from "../../../src-core/model/run.ts";
import { percent, trayView } from "./tray-view.ts";

function run(id: string, state: WorkState, done?: [doneBytes: number, totalBytes: number]): RunSummary {
  const progress = done && { doneBytes: done[0], totalBytes: done[1], rateBytesPerSecond: 1, eta: null, phase: "copy" };
  return {
    id,
    jobId: `j${id}`,
    kind: "convert",
    name: `disk-${id}.vmdk → disk-${id}.qcow2`,
    state,
    reason: null,
    priority: 50,
    createdAt: "2026-01-01T00:00:00.000Z",
    startedAt: null,
    endedAt: null,
    progress: progress ?? null,
    error: null,
    paused: false,
    maxBytesPerSecond: null,
    outcome: null,
    prediction: null,
    scheduledRunId: null,
  };
}

describe("trayView", () => {
  it("says that nothing runs", () => {
    const view = trayView([], false);
    expect(view.summary).toBe("Nothing is running");
    expect(view.toolTip).toBe("HyperSDK Desktop: Nothing is running");
    expect(view.runs).toEqual([]);
  });

  it("shows what moves with per cent, and counts what waits", () => {
    const view = trayView(
      [run("a", "running", [299, 1000]), run("b", "waiting"), run("c", "queued"), run("d", "running")],
      false,
    );
    expect(view.runs.map((line) => line.label)).toEqual([
      "disk-a.vmdk → disk-a.qcow2: 29 %",
      "disk-d.vmdk → disk-d.qcow2: starting",
    ]);
    expect(view.runs[0]?.route).toBe("/jobs/a");
    expect(view.summary).toBe("2 running, 2 waiting");
  });

  it("weighs the overall per cent by bytes", () => {
    expect(trayView([run("a", "running", [100, 100]), run("b", "running", [0, 300])], false).toolTip).toContain(
      ", 25 %",
    );
  });

  it("says when work is paused or a run is being canceled", () => {
    const view = trayView([run("a", "canceling", [1, 2])], true);
    expect(view.runs[0]?.label).toMatch(/: canceling$/);
    expect(view.summary).toBe("1 running (paused)");
  });

  it("keeps the menu short and names of any length in it", () => {
    const many = Array.from({ length: 11 }, (_, i) => ({ ...run(`${i}`, "running", [i, 11]), name: "x".repeat(300) }));
    const view = trayView(many, false);
    expect(view.runs).toHaveLength(8);
    expect(view.summary).toBe("11 running (3 more than shown)");
    for (const line of view.runs) expect(line.label.length).toBeLessThan(60);
  });
});

it("says 100 per cent only when all is done", () => {
  const progress = { totalBytes: 1000, rateBytesPerSecond: 0, eta: null, phase: "" };
  expect(percent({ progress: { ...progress, doneBytes: 999 } })).toBe(99);
  expect(percent({ progress: { ...progress, doneBytes: 1000 } })).toBe(100);
  expect(percent({ progress: null })).toBeNull();
});
