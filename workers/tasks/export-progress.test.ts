import { expect, it } from "vitest";
import type { ProgressDetail } from "../../src-core/model/task-event.ts";
import { createExportProgress, type ExportProgress } from "./export-progress.ts";

let nowMs = 0;
let told: ProgressDetail | undefined;
function progress(): ExportProgress {
  nowMs = 0;
  told = undefined;
  return createExportProgress({
    now: () => nowMs,
    progress: (_done, _total, _phase, detail) => {
      told = detail?.();
    },
  });
}

/** Waits of the test's own: it ends them itself. */
function wait(exporting: ExportProgress, what: "source" | "target" | "limit") {
  const ended = Promise.withResolvers<void>();
  const over = exporting.timed(what, () => ended.promise);
  return async () => {
    ended.resolve();
    await over;
  };
}

it("tells each disk by itself and all together", () => {
  const exporting = progress();
  const one = exporting.disk("one", 100);
  exporting.disk("two", 50);
  one.opened("by hand", 10, 200);
  for (nowMs = 0; nowMs <= 6000; nowMs += 1000) one.copied(10 + nowMs / 100);
  expect(told?.parts).toMatchObject([
    { label: "one", doneBytes: 70, totalBytes: 200, state: "copying", transport: "by hand", rateBytesPerSecond: 10 },
    { label: "two", doneBytes: 0, totalBytes: 50, state: "waiting", transport: null, eta: null },
  ]);
  expect(told?.parts[0]?.eta?.lowMs).toBeGreaterThan(5000);
  expect(exporting.doneBytes).toBe(70);
  one.hashed();
  one.done();
  expect(told?.parts[0]).toMatchObject({ state: "done", doneBytes: 200, rateBytesPerSecond: 0 });
});

it.each(["source", "target", "limit"] as const)(
  "says that the %s holds it back, also while a wait goes on",
  async (what) => {
    const exporting = progress();
    const disks = [exporting.disk("one", 100), exporting.disk("two", 100)];
    for (const disk of disks) disk.opened("by hand", 0, 100);
    const end = wait(exporting, what);
    const other = wait(exporting, what);
    nowMs = 3500;
    disks[0]?.copied(1);
    expect(told?.limitedBy).toBe(what);
    await end();
    await other();
  },
);

it("says that computing holds it back where nothing is waited for", () => {
  const exporting = progress();
  const disk = exporting.disk("one", 100);
  disk.opened("by hand", 0, 100);
  nowMs = 3500;
  disk.copied(1);
  expect(told?.limitedBy).toBe("processor");
});
