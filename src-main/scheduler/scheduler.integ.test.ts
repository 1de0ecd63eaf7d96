/** The whole program with its scheduling thread: a schedule fires by the clock, and its work is done by the real engine. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../api/testing/test-app.ts";
import { clockOf } from "../clock.ts";
import { type Db, openDatabase } from "../db/open.ts";
import { factsOfRun } from "../db/schedule-facts.ts";
import { listScheduledRuns } from "../db/scheduled-runs.ts";
import { insertSchedule } from "../db/schedules.ts";
import { schedule } from "./testing/schedules.ts";

let program: TestApp;
let db: Db;
afterEach(async () => {
  db.close();
  await program.stop();
});

it("fires by the clock, converts, and says so", async () => {
  const startAt = Date.UTC(2026, 2, 28, 1, 45);
  program = await startTestApp({ clock: clockOf({ realAt: Date.now(), startAt, speed: 120 }) });
  db = openDatabase(join(program.dataFolder, "hypersdk.db"));
  const source = join(program.folder, "disk.raw");
  await writeFile(source, Buffer.alloc(1 << 20, 7));
  await program.api("/api/v1/libraries", { method: "POST", body: { path: program.folder } });
  const target = join(program.folder, "disk.qcow2");
  const request = {
    kind: "convert",
    sourcePath: source,
    sourceFormat: "raw",
    targets: [{ path: target, format: "qcow2" }],
  };
  insertSchedule(db, schedule("nightly", { work: { kind: "job", request } }), "2026-03-28T00:00:00.000Z");
  program.app.scheduler.changed();

  await expect.poll(() => program.app.scheduler.next("nightly")?.nominalAt).toBe("2026-03-28T02:00:00.000Z");
  await expect
    .poll(() => listScheduledRuns(db, {}, null, 9).map(({ summary }) => summary.state))
    .toEqual(["succeeded"]);
  const [run] = listScheduledRuns(db, {}, null, 9);
  expect(run?.summary).toMatchObject({ nominalAt: "2026-03-28T02:00:00.000Z", byHand: false, error: null });
  expect(run?.summary.runIds).toHaveLength(1);
  expect(existsSync(target)).toBe(true);
  expect(factsOfRun(db, run?.summary.id ?? "")).toEqual([]);
  expect(program.app.scheduler.next("nightly")?.nominalAt).toBe("2026-03-29T02:00:00.000Z");
});
