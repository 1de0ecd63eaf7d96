/** A schedule that exports what a rule finds: the machines of a real source, planned and made by the real program. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { ScheduledRun } from "../../src-core/model/scheduled-run.ts";
import { type MachineFolder, makeMachineFolder } from "../../workers/providers/local/testing/machine-folder.ts";
import { startTestApp, type TestApp } from "../api/testing/test-app.ts";

let program: TestApp;
let machines: string;
let made: MachineFolder;
let sourceId: string;
let out: string;

const call = async (method: string, path: string, body?: unknown) => {
  const answer = await program.api(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
  expect(answer.status, answer.text).toBeLessThan(300);
  return JSON.parse(answer.text);
};

beforeAll(async () => {
  program = await startTestApp();
  machines = mkdtempSync(join(tmpdir(), "hypersdk-selection-"));
  made = makeMachineFolder(machines);
  out = join(program.folder, "out");
  mkdirSync(out);
  ({ id: sourceId } = await call("POST", "/sources", { kind: "local", name: "Folder", address: machines }));
  await vi.waitFor(
    async () => expect((await call("GET", `/sources/${sourceId}`)).inventory.settled).toBe(true),
    20_000,
  );
});
afterAll(async () => {
  await program.stop();
  rmSync(machines, { recursive: true, force: true });
});

/** Runs a new schedule by hand, till its run has ended. */
async function exportBy(name: string, rule: object, more: object = {}): Promise<ScheduledRun> {
  const { id } = await call("POST", "/schedules", {
    definition: {
      name,
      zone: "UTC",
      when: { kind: "cron", expression: "0 2 1 1 *" },
      work: {
        kind: "export-selection",
        rule: { sourceIds: [sourceId], ...rule },
        options: { output: { kind: "ova" }, folder: join(out, "{schedule}"), ...more },
      },
    },
  });
  const run = await call("POST", `/schedules/${id}/run`, {});
  const ended = async (): Promise<ScheduledRun> => call("GET", `/scheduled-runs/${run.id}`);
  await expect.poll(async () => (await ended()).endedAt, { timeout: 60_000 }).not.toBeNull();
  return ended();
}

const files = (name: string) => (existsSync(join(out, name)) ? readdirSync(join(out, name)).sort() : null);
const facts = (run: ScheduledRun) => run.facts.map(({ fact }) => fact).filter(({ kind }) => kind !== "by-hand");

it("makes each machine that the rule finds, in a folder that is made for it", async () => {
  const run = await exportBy("two of five", { nameContains: ["BOX", "loose"] });
  // Of a bare disk nobody knows the processors and the memory.
  expect(run).toMatchObject({ state: "warned", error: null });
  expect(run.runIds).toHaveLength(2);
  expect(facts(run)).toEqual([{ kind: "machines-found", found: 2, planned: 2 }]);
  expect(files("two of five")).toEqual(["box.export.json", "box.ova", "loose.export.json", "loose.ova"]);
  expect(run.runs.every(({ scheduledRunId }) => scheduledRunId === run.id)).toBe(true);
});

it("has succeeded where nothing was to be warned of", async () => {
  expect(await exportBy("one", { onlyIds: [made.vbox] })).toMatchObject({ state: "succeeded", error: null });
  expect(files("one")).toEqual(["box.export.json", "box.ova"]);
});

it("makes the others where one cannot be exported, and has failed", async () => {
  rmSync(made.vboxDisk.path);
  const run = await exportBy("one and a broken one", { nameContains: ["box", "loose"] });
  expect(run).toMatchObject({ state: "failed", error: { code: "source.refused" } });
  expect(run.runIds).toHaveLength(1);
  expect(run.error?.message).toMatch(/^1 of 2 machines could not be exported: box: /);
  expect(facts(run)).toEqual([{ kind: "machines-found", found: 2, planned: 1 }]);
  expect(files("one and a broken one")).toEqual(["loose.export.json", "loose.ova"]);
});

it("makes nothing where more are found than are allowed", async () => {
  const run = await exportBy("too many", { atMost: 4 });
  expect(run).toMatchObject({ state: "failed", runIds: [], error: { code: "schedule.too-many" } });
  expect(files("too many")).toBeNull();
});

it("warns where none is found", async () => {
  const run = await exportBy("none", { nameContains: ["nobody"] });
  expect(run).toMatchObject({ state: "warned", runIds: [], error: null });
  expect(facts(run)).toEqual([{ kind: "machines-found", found: 0, planned: 0 }]);
});

it("fails where the folder is not there: one that is named without placeholders is not made", async () => {
  const run = await exportBy("nowhere", { nameContains: ["loose"] }, { folder: join(out, "gone") });
  expect(run).toMatchObject({ state: "failed", runIds: [], error: { code: "path.not-found" } });
  expect(files("gone")).toBeNull();
});
