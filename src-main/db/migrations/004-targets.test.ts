/** Rows as earlier versions of the program wrote them, read by this one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventIdRange, insertEvent } from "../events.ts";
import { type Db, openDatabase } from "../open.ts";
import { filesOfRun, runMaking, runWroteFile, taskWroteFile } from "../run-files.ts";
import { runById } from "../runs.ts";
import { tasksOfRun } from "../tasks.ts";
import { MIGRATIONS } from "./list.ts";

let folder = "";
let db: Db;
const AT = "2026-03-01T12:00:00.000Z";

const request = (more: object) =>
  JSON.stringify({
    kind: "convert",
    sourcePath: "/vm/a.vmdk",
    targetPath: "/out/a.qcow2",
    targetFormat: "qcow2",
    overwrite: false,
    verify: { mode: "full" },
    priority: 50,
    ...more,
  });
const spec = JSON.stringify({
  kind: "convert",
  sourcePath: "/vm/a.vmdk",
  targetPath: "/out/a.qcow2",
  targetFormat: "qcow2",
  overwrite: false,
  partialPath: "/out/.a.partial",
  roots: ["/vm"],
});
const verifySpec = JSON.stringify({
  kind: "verify",
  sourcePath: "/vm/a.vmdk",
  targetPath: "/out/a.qcow2",
  targetFormat: "qcow2",
  verify: { mode: "full" },
  roots: ["/vm", "/out"],
});
const result = JSON.stringify({
  kind: "convert",
  targetPath: "/out/a.qcow2",
  targetFormat: "qcow2",
  virtualSizeBytes: 1000,
  source: { dataBytes: 600, zeroBytes: 0, holeBytes: 400 },
  writtenBytes: 500,
  fileSizeBytes: 1200,
  durationMs: 5,
  resumedFromBytes: null,
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "migration-test-"));
  const file = join(folder, "hypersdk.db");
  openDatabase(file, MIGRATIONS.slice(0, 3)).close();
  const old = new Database(file);
  const insert = (table: string, row: Record<string, unknown>) =>
    old
      .prepare(`INSERT INTO ${table} (${Object.keys(row).join()}) VALUES (${Object.keys(row).map((k) => `@${k}`)})`)
      .run(row);
  for (const [id, state, more, ended] of [
    ["ended", "succeeded", {}, AT],
    ["open", "waiting", { targetPath: "/out/b.img", targetFormat: "raw", overwrite: true, sourceFormat: "raw" }, null],
  ] as const) {
    insert("jobs", { id: `job ${id}`, kind: "convert", name: id, request: request(more), created_at: AT });
    insert("runs", {
      id,
      job_id: `job ${id}`,
      kind: "convert",
      name: id,
      request: request(more),
      target_path: "targetPath" in more ? more.targetPath : "/out/a.qcow2",
      priority: 50,
      state,
      created_at: AT,
      ended_at: ended,
    });
  }
  const task = { run_id: "ended", depends_on: "[]", state: "succeeded" };
  insert("tasks", { ...task, id: "t1", position: 0, kind: "convert", spec, result });
  insert("tasks", { ...task, id: "t2", position: 1, kind: "verify", spec: verifySpec });
  insert("attempts", {
    id: "a1",
    task_id: "t1",
    number: 1,
    state: "succeeded",
    started_at: AT,
    file_identity: "1:2:3",
  });
  insert("events", { event: JSON.stringify({ type: "run", run: { id: "ended", in: "the old shape" } }) });
  old.close();
  db = openDatabase(file);
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

it("one target becomes the first of several", () => {
  expect(runById(db, "ended")).toMatchObject({
    request: {
      sourcePath: "/vm/a.vmdk",
      targets: [{ path: "/out/a.qcow2", format: "qcow2", options: {}, overwrite: false }],
      sync: true,
      maxBytesPerSecond: null,
    },
    summary: { paused: false, maxBytesPerSecond: null, outcome: null, prediction: null },
    predictable: false,
  });
  expect(runById(db, "open")?.request).toMatchObject({
    sourceFormat: "raw",
    targets: [{ path: "/out/b.img", format: "raw", overwrite: true }],
  });
  expect(runById(db, "ended")?.request).not.toHaveProperty("targetPath");
});

it("tasks and results follow", () => {
  const [convert, verify] = tasksOfRun(db, "ended");
  expect(convert?.spec).toEqual({
    kind: "convert",
    sourcePath: "/vm/a.vmdk",
    targets: [{ path: "/out/a.qcow2", format: "qcow2", options: {}, overwrite: false, partialPath: "/out/.a.partial" }],
    sync: true,
    roots: ["/vm"],
  });
  expect(convert?.task.result).toEqual({
    kind: "convert",
    virtualSizeBytes: 1000,
    source: { dataBytes: 600, zeroBytes: 0, holeBytes: 400 },
    outputs: [
      {
        path: "/out/a.qcow2",
        format: "qcow2",
        subformat: "v3",
        companions: [],
        virtualSizeBytes: 1000,
        writtenBytes: 500,
        fileSizeBytes: 1200,
      },
    ],
    durationMs: 5,
    resumedFromBytes: null,
  });
  expect(verify).toMatchObject({ task: { subject: "/out/a.qcow2" }, spec: { targetOptions: {} } });
});

it("what is being written stays busy, and what an attempt wrote stays known", () => {
  expect(runMaking(db, "/out/b.img")).toBe("open");
  expect(runMaking(db, "/out/a.qcow2")).toBeNull();
  expect(filesOfRun(db, "ended")).toEqual([{ path: "/out/a.qcow2", target: "/out/a.qcow2" }]);
  expect(runWroteFile(db, "ended", "1:2:3")).toBe(true);
  expect(taskWroteFile(db, "t2", "1:2:3")).toBe(false);
});

it("events of the old shapes are gone, and their ids are not used again", () => {
  expect(eventIdRange(db)).toBeNull();
  expect(insertEvent(db, { type: "settings" })).toBe(2);
});
