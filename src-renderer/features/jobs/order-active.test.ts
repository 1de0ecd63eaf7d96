import { expect, it } from "vitest";
import type { RunSummary } from "../../../src-core/model/run.ts";
import { orderActive } from "./order-active.ts";

const run = (id: string, state: RunSummary["state"], priority: number, minute: number): RunSummary => ({
  id,
  jobId: id,
  kind: "convert",
  name: id,
  state,
  reason: null,
  priority,
  createdAt: `2026-11-22T10:${minute.toString().padStart(2, "0")}:00.000Z`,
  startedAt: null,
  endedAt: null,
  progress: null,
  error: null,
});

it("puts what moves first, then what will be next", () => {
  const runs = [
    run("old low", "waiting", 10, 1),
    run("queued", "queued", 99, 0),
    run("new high", "waiting", 90, 9),
    run("second", "running", 50, 5),
    run("stopping", "canceling", 50, 1),
    run("first", "running", 50, 2),
    run("old high", "waiting", 90, 3),
  ];
  expect(orderActive(runs).map((r) => r.id)).toEqual([
    "first",
    "second",
    "stopping",
    "old high",
    "new high",
    "old low",
    "queued",
  ]);
});
