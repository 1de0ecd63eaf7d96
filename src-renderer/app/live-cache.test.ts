import { QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, it, vi } from "vitest";
import type { AppEvent } from "../../src-core/model/event.ts";
import type { Library } from "../../src-core/model/library.ts";
import type { Run, RunSummary, Sample, Task } from "../../src-core/model/run.ts";
import type { TaskEvent } from "../../src-core/model/task-event.ts";
import { createLiveCache, type LiveCache, type LiveKeys } from "./live-cache.ts";

const keys: LiveKeys = {
  activeRuns: ["active"],
  history: ["history"],
  run: (id) => ["run", id],
  samples: (id) => ["samples", id],
  log: (id) => ["log", id],
  libraries: ["libraries"],
  libraryItems: ["items"],
  sources: ["sources"],
  machines: (id) => ["machines", id],
  nodes: (id) => ["nodes", id],
  machine: (id, machine) => ["machine", id, machine],
  activity: (id) => [["events", id]],
  schedules: ["schedules"],
  scheduleStatus: ["schedule-status"],
  schedule: (id) => ["schedule", id],
  everySchedule: ["schedule"],
  scheduledRunLists: ["scheduled-runs"],
  scheduledRun: (id) => ["scheduled-run", id],
  scheduledRunLog: (id) => ["scheduled-run-log", id],
  views: ["views"],
  system: ["system"],
  settings: ["settings"],
  channels: ["channels"],
};

const summary = (id: string, state: RunSummary["state"], more: Partial<RunSummary> = {}): RunSummary => ({
  id,
  jobId: `job ${id}`,
  kind: "convert",
  name: `${id}.vmdk → ${id}.qcow2`,
  state,
  reason: null,
  priority: 50,
  createdAt: "2026-11-22T10:00:00.000Z",
  startedAt: null,
  endedAt: null,
  progress: null,
  error: null,
  paused: false,
  maxBytesPerSecond: null,
  outcome: null,
  prediction: null,
  scheduledRunId: null,
  ...more,
});

const task = (id: string, kind: Task["kind"], state: Task["state"]): Task => ({
  id,
  runId: "a",
  kind,
  subject: null,
  state,
  dependsOn: [],
  reason: null,
  progress: null,
  attempts: [],
  error: null,
  result: null,
  warnings: [],
});

const fullRun: Run = {
  ...summary("a", "running"),
  request: {
    kind: "convert",
    sourcePath: "/vm/a.vmdk",
    targets: [{ path: "/vm/a.qcow2", format: "qcow2", options: {}, overwrite: false }],
    verify: { mode: "full" },
    priority: 50,
    sync: true,
    maxBytesPerSecond: null,
  },
  tasks: [task("a1", "convert", "waiting"), task("a2", "verify", "waiting")],
};

const page = (...items: RunSummary[]) => ({ items, nextCursor: null, total: items.length });
const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString();
const taskEvent = (event: TaskEvent): AppEvent => ({ type: "task", runId: "a", taskId: "a1", attemptId: "t1", event });

let client: QueryClient;
let cache: LiveCache;
let asked: string[];
let stale: string[];

beforeEach(() => {
  client = new QueryClient();
  asked = [];
  stale = [];
  vi.spyOn(client, "invalidateQueries").mockImplementation(async (filters) => {
    stale.push(JSON.stringify(filters?.queryKey ?? "all"));
  });
  cache = createLiveCache(client, keys, (key, run) => {
    asked.push(key);
    run();
  });
});

const active = () => client.getQueryData<ReturnType<typeof page>>(keys.activeRuns);
const history = () => client.getQueryData<{ pages: ReturnType<typeof page>[] }>(keys.history);

it("puts a new run first, changes it in its place, and moves it to the history when it ends", () => {
  client.setQueryData(keys.activeRuns, page(summary("b", "running")));
  client.setQueryData(keys.history, { pages: [page(summary("old", "failed"))], pageParams: [undefined] });
  cache.apply({ type: "run", run: summary("a", "queued") });
  expect(active()).toMatchObject({ items: [{ id: "a" }, { id: "b" }], total: 2 });
  cache.apply({ type: "run", run: summary("b", "canceling") });
  expect(active()?.items.map((run) => [run.id, run.state])).toEqual([
    ["a", "queued"],
    ["b", "canceling"],
  ]);
  expect(history()?.pages[0]?.total).toBe(1);
  cache.apply({ type: "run", run: summary("b", "canceled") });
  expect(active()).toMatchObject({ items: [{ id: "a" }], total: 1 });
  expect(history()?.pages[0]).toMatchObject({ items: [{ id: "b" }, { id: "old" }], total: 2 });
});

it("does not count a replayed event twice", () => {
  client.setQueryData(keys.activeRuns, page());
  client.setQueryData(keys.history, { pages: [page()], pageParams: [undefined] });
  const ended: AppEvent = { type: "run", run: summary("a", "succeeded") };
  cache.apply(ended);
  expect(active()).toEqual(page());
  cache.apply(ended);
  expect(history()?.pages[0]).toMatchObject({ items: [{ id: "a" }], total: 1 });
  expect(active()?.total).toBe(0);
});

it("leaves alone what was never asked for", () => {
  cache.apply({ type: "run", run: summary("a", "running") });
  cache.apply(taskEvent({ type: "started", at: at(0), resumedFromBytes: null }));
  expect(active()).toBeUndefined();
  expect(client.getQueryData(keys.run("a"))).toBeUndefined();
});

it("folds task events into the run that is looked at, and draws its samples", () => {
  client.setQueryData(keys.run("a"), fullRun);
  client.setQueryData<Sample[]>(keys.samples("a"), []);
  cache.apply(taskEvent({ type: "started", at: at(0), resumedFromBytes: 4096 }));
  for (const second of [1, 2, 3, 4, 5]) {
    cache.apply(
      taskEvent({ type: "progress", at: at(second), doneBytes: second * 1000, totalBytes: 10_000, phase: "copying" }),
    );
  }
  const run = client.getQueryData<Run>(keys.run("a"));
  expect(run?.tasks[0]).toMatchObject({
    state: "running",
    attempts: [{ id: "t1", state: "running", resumedFromBytes: 4096 }],
    progress: { doneBytes: 5000, rateBytesPerSecond: 1000, phase: "copying" },
  });
  expect(run?.tasks[0]?.progress?.eta?.lowMs).toBeGreaterThan(1000);
  expect(run?.tasks[1]).toBe(fullRun.tasks[1]);
  expect(client.getQueryData<Sample[]>(keys.samples("a"))?.at(-1)).toEqual({
    at: at(5),
    doneBytes: 5000,
    taskKind: "convert",
  });
});

it("keeps the tasks of a run when only its summary changes, and asks for the last facts when it ends", () => {
  client.setQueryData(keys.run("a"), fullRun);
  cache.apply({ type: "run", run: summary("a", "running", { reason: "resumed after a crash" }) });
  expect(client.getQueryData<Run>(keys.run("a"))).toMatchObject({
    reason: "resumed after a crash",
    tasks: [{ id: "a1" }, { id: "a2" }],
  });
  expect(stale).toEqual([]);
  cache.apply({ type: "run", run: summary("a", "failed") });
  expect(stale).toContain('["run","a"]');
});

it("reads the log anew when a line was added, not at each progress", () => {
  client.setQueryData(keys.run("a"), fullRun);
  cache.apply(taskEvent({ type: "started", at: at(0), resumedFromBytes: null }));
  cache.apply(taskEvent({ type: "progress", at: at(1), doneBytes: 1, totalBytes: 2, phase: "copying" }));
  expect(asked).toEqual([]);
  cache.apply(taskEvent({ type: "log", at: at(1), level: "info", message: "half way" }));
  expect(asked).toEqual(["log a"]);
});

it("forgets a removed run everywhere", () => {
  client.setQueryData(keys.activeRuns, page());
  client.setQueryData(keys.history, {
    pages: [page(summary("a", "failed")), page(summary("b", "failed"))],
    pageParams: [],
  });
  client.setQueryData(keys.run("b"), fullRun);
  cache.apply({ type: "run-removed", runId: "b" });
  expect(history()?.pages.map((p) => [p.items.length, p.total])).toEqual([
    [1, 1],
    [0, 0],
  ]);
  expect(client.getQueryData(keys.run("b"))).toBeUndefined();
});

it("keeps the list of libraries, and reads the items anew", () => {
  const library = (id: string, filesSeen: number): Library => ({
    id,
    path: `/vm/${id}`,
    addedAt: at(0),
    scan: { state: "scanning", finishedAt: null, filesSeen, error: null, warnings: [] },
    machineCount: 0,
    diskCount: 0,
  });
  client.setQueryData(keys.libraries, [library("one", 1)]);
  cache.apply({ type: "library", library: library("one", 9) });
  cache.apply({ type: "library", library: library("two", 0) });
  expect(client.getQueryData<Library[]>(keys.libraries)?.map((l) => [l.id, l.scan.filesSeen])).toEqual([
    ["one", 9],
    ["two", 0],
  ]);
  cache.apply({ type: "library-removed", libraryId: "one" });
  expect(client.getQueryData<Library[]>(keys.libraries)?.map((l) => l.id)).toEqual(["two"]);
  expect(asked).toEqual(["library-items", "library-items", "library-items"]);
});

it("knows when work is paused, and starts over after a reset", () => {
  client.setQueryData(keys.system, { workPaused: false, version: "1" });
  cache.apply({ type: "work", paused: true });
  expect(client.getQueryData(keys.system)).toEqual({ workPaused: true, version: "1" });
  cache.apply({ type: "settings" });
  cache.apply({ type: "reset" });
  expect(stale).toEqual(['["settings"]', '"all"']);
});
