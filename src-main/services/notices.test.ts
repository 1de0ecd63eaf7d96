import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunSummary } from "../../src-core/model/run.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../src-core/model/settings.ts";
import { insertJob } from "../db/jobs.ts";
import { insertRun } from "../db/runs.ts";
import type { Notice } from "../shell/shell.ts";
import { announceEnds, noticeOf } from "./notices.ts";
import { runSummary } from "./testing/fake-engine.ts";
import { type Ground, newGround } from "./testing/ground.ts";

let ground: Ground;
let shown: Notice[];
let settings: Settings;
beforeEach(() => {
  ground = newGround();
  shown = [];
  settings = DEFAULT_SETTINGS;
});
afterEach(() => ground.remove());

const listen = () =>
  announceEnds({
    db: ground.db,
    hub: ground.hub,
    shell: { notify: (notice) => shown.push(notice) },
    settings: { get: () => settings },
    now: ground.now,
  });

/** The run as a row, as it is by the time anybody hears of it. */
function runs(...ids: string[]): void {
  for (const id of ids) {
    const request = {
      kind: "convert" as const,
      sourcePath: "/a",
      targets: [{ path: `/${id}`, format: "raw" as const, options: {}, overwrite: false }],
      verify: { mode: "none" as const },
      priority: 50,
      sync: true,
      maxBytesPerSecond: null,
    };
    const createdAt = "2026-03-01T12:00:00.000Z";
    insertJob(ground.db, { id: `job of ${id}`, name: id, request, createdAt });
    insertRun(ground.db, { id, jobId: `job of ${id}`, name: id, request, createdAt });
  }
}
const ends = (id: string, more: Partial<RunSummary> = {}) =>
  ground.hub.publish({ type: "run", run: runSummary(id, more) });

describe("notices", () => {
  it("tell of each end once, whatever is said again, also after a restart", () => {
    runs("one", "two");
    const stop = listen();
    ends("one", { state: "running", endedAt: null });
    expect(shown).toEqual([]);
    ends("one");
    ends("one");
    ends("two", { state: "failed" });
    stop();
    listen();
    ends("one");
    ends("two", { state: "failed" });
    expect(shown.map(({ title, path }) => `${title} ${path}`)).toEqual([
      "Conversion finished /jobs/one",
      "Conversion failed /jobs/two",
    ]);
  });

  it("tell what the settings ask for, and nothing old when they change", () => {
    runs("one", "two", "three", "four");
    listen();
    settings = { ...DEFAULT_SETTINGS, notifyOnSuccess: false };
    ends("one");
    ends("two", { state: "failed" });
    settings = { ...DEFAULT_SETTINGS, notifyOnFailure: false };
    ends("one");
    ends("three", { state: "failed" });
    ends("four");
    expect(shown.map(({ path }) => path)).toEqual(["/jobs/two", "/jobs/four"]);
  });

  it("do not tell of what the user canceled, or of a run that was removed", () => {
    runs("one");
    listen();
    ends("one", { state: "canceled" });
    ends("removed");
    expect(shown).toEqual([]);
  });

  it("leave runs of schedules to the channels", () => {
    runs("one");
    listen();
    ends("one", { state: "failed", scheduledRunId: "night" });
    expect(shown).toEqual([]);
  });

  it("name the run, how long it took and what went wrong", () => {
    expect(noticeOf(runSummary("one")).body).toBe("web01.vmdk → web01.qcow2, in 3 min 5 s");
    const error = { code: "target.no-space" as const, message: "The disk is full.", retryable: false };
    expect(noticeOf(runSummary("one", { state: "failed", error, endedAt: "2026-03-01T14:15:01.000Z" })).body).toBe(
      "web01.vmdk → web01.qcow2, after 2 h 15 min: The disk is full.",
    );
    expect(noticeOf(runSummary("one", { startedAt: null })).body).toBe("web01.vmdk → web01.qcow2");
  });
});
