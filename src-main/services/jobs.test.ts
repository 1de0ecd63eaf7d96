/** Work that is planned first and accepted afterwards, together with others and with rows of somebody else. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { JobRequest } from "../../src-core/model/run.ts";
import { insertLibrary } from "../db/libraries.ts";
import { type TestEngine, testEngine } from "../jobs/testing/test-engine.ts";
import type { JobsService } from "./jobs.ts";
import { diskInfo, fakeEngine } from "./testing/fake-engine.ts";
import { type Ground, newGround } from "./testing/ground.ts";
import { openConversions } from "./testing/open-conversions.ts";

let ground: Ground;
let played: TestEngine;
let jobs: JobsService;
let folder: string;
beforeEach(() => {
  ground = newGround();
  played = testEngine({ db: ground.db, concurrency: 10 });
  folder = join(ground.folder, "vm");
  mkdirSync(folder);
  const source = join(folder, "web.vmdk");
  writeFileSync(source, "image");
  const scan = { state: "done" as const, finishedAt: null, filesSeen: 0, error: null, warnings: [] };
  insertLibrary(ground.db, { id: "lib", path: folder, addedAt: new Date(0).toISOString(), scan });
  const known = new Map([[source, diskInfo(source)]]);
  ({ jobs } = openConversions(ground, { ...fakeEngine(), engine: played.engine }, known));
});
afterEach(async () => {
  await played.engine.stop();
  ground.remove();
});

const conversion = (name: string) =>
  JobRequest.parse({
    kind: "convert",
    sourcePath: join(folder, "web.vmdk"),
    targets: [{ path: join(folder, name), format: "qcow2" }],
  });
const names = () =>
  played.engine
    .list({ limit: 100 })
    .items.flatMap(({ id }) => played.engine.files(id).map(({ path }) => path.slice(folder.length + 1)))
    .sort();
const prepareAll = (...files: string[]) => Promise.all(files.map((file) => jobs.prepare(conversion(file))));

it("planning writes nothing and starts nothing", async () => {
  await prepareAll("a.qcow2", "b.qcow2");
  expect([names(), played.threads.running(), played.told]).toEqual([[], [], []]);
  expect(existsSync(join(folder, "a.qcow2"))).toBe(false);
});

it("what stands in the way is told when it is planned", async () => {
  writeFileSync(join(folder, "a.qcow2"), "somebody's");
  await expect(jobs.prepare(conversion("a.qcow2"))).rejects.toMatchObject({ code: "target.exists" });
});

it("several are accepted in one transaction, and begin when it is through", async () => {
  const planned = await prepareAll("a.qcow2", "b.qcow2", "c.qcow2");
  ground.db.transaction(() => {
    for (const run of planned) played.engine.accept(run);
    expect([played.threads.running(), played.told]).toEqual([[], []]);
  });
  expect(names()).toEqual(["a.qcow2", "b.qcow2", "c.qcow2"]);
  await expect.poll(() => played.threads.running().length).toBe(3);
});

it("of several in one transaction that fails, none is there: no row, no thread, no word, no file kept from others", async () => {
  const planned = await prepareAll("a.qcow2", "b.qcow2", "a.qcow2");
  const all = () =>
    ground.db.transaction(() => {
      for (const run of planned) played.engine.accept(run);
    });
  expect(all).toThrow(expect.objectContaining({ code: "target.busy" }));
  await new Promise(setImmediate);
  expect([names(), played.threads.running(), played.told]).toEqual([[], [], []]);
  expect(played.engine.busyTarget(join(folder, "a.qcow2"))).toBeNull();
  for (const run of planned.slice(0, 2)) played.engine.accept(run);
  expect(names()).toEqual(["a.qcow2", "b.qcow2"]);
});

it("one that is refused among them takes no other along where its refusal is caught", async () => {
  const planned = await prepareAll("a.qcow2", "a.qcow2", "b.qcow2");
  const refused: unknown[] = [];
  ground.db.transaction(() => {
    for (const run of planned) {
      try {
        played.engine.accept(run);
      } catch (thrown) {
        refused.push(thrown);
      }
    }
  });
  expect(refused).toEqual([expect.objectContaining({ code: "target.busy" })]);
  expect(names()).toEqual(["a.qcow2", "b.qcow2"]);
  await expect.poll(() => played.threads.running().length).toBe(2);
});

it("a file that is taken between the plan and its acceptance is found at the latter", async () => {
  const [first, second] = await prepareAll("a.qcow2", "a.qcow2");
  if (first === undefined || second === undefined) throw new Error("not planned");
  played.engine.accept(first);
  expect(() => played.engine.accept(second)).toThrow(expect.objectContaining({ code: "target.busy" }));
});
