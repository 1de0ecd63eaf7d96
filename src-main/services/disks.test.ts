import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DiskInfo } from "../../src-core/model/disk.ts";
import { insertLibrary } from "../db/libraries.ts";
import type { runTask } from "../jobs/worker-thread.ts";
import { createDisks } from "./disks.ts";
import { createLibraries } from "./libraries.ts";
import { diskInfo, fakeRunTask } from "./testing/fake-engine.ts";
import { type Ground, newGround } from "./testing/ground.ts";

let ground: Ground;
let path: string;
let known: Map<string, DiskInfo>;
beforeEach(() => {
  ground = newGround();
  path = join(ground.folder, "web01.vmdk");
  writeFileSync(path, "one");
  known = new Map([[path, diskInfo(path)]]);
  const scan = { state: "done" as const, finishedAt: null, filesSeen: 0, error: null, warnings: [] };
  insertLibrary(ground.db, { id: "lib", path: ground.folder, addedAt: new Date(0).toISOString(), scan });
});
afterEach(() => ground.remove());

function open(run: typeof runTask) {
  const libraries = createLibraries({ db: ground.db, hub: ground.hub, log: ground.log, runTask: run, now: ground.now });
  return createDisks({ libraries, runTask: run });
}

describe("disks", () => {
  it("are asked of a worker with the libraries as its bounds, and answered from memory while nothing changed", async () => {
    const { run, asked } = fakeRunTask(known);
    const disks = open(run);
    expect((await disks.inspect({ path })).path).toBe(path);
    await disks.inspect({ path: `${ground.folder}/./web01.vmdk` });
    expect(asked).toEqual([{ kind: "inspect", path, roots: [ground.folder] }]);
    await disks.map({ path, slices: 8, view: "layer" });
    await disks.map({ path, slices: 8, view: "layer" });
    await disks.map({ path, slices: 16, view: "layer" });
    expect(asked.map(({ kind }) => kind)).toEqual(["inspect", "map", "map"]);
    await disks.inspect({ path, format: "raw" });
    expect(asked.at(-1)).toMatchObject({ kind: "inspect", format: "raw" });
  });

  it("are asked anew when a file of theirs changed: the image, an extent, a parent that vanished", async () => {
    const extent = join(ground.folder, "web01-s001.vmdk");
    const parent = join(ground.folder, "base.vmdk");
    writeFileSync(extent, "extent");
    writeFileSync(parent, "parent");
    known.set(
      path,
      diskInfo(path, {
        files: [{ path: extent, role: "extent", sizeBytes: 6, allocatedBytes: 6 }],
        chain: [{ path: parent, format: "vmdk", virtualSizeBytes: 1 }],
      }),
    );
    const { run, asked } = fakeRunTask(known);
    const disks = open(run);
    const count = async () => {
      await disks.inspect({ path });
      return asked.length;
    };
    expect(await count()).toBe(1);
    expect(await count()).toBe(1);
    writeFileSync(path, "changed");
    expect(await count()).toBe(2);
    writeFileSync(extent, "changed");
    expect(await count()).toBe(3);
    rmSync(parent);
    expect(await count()).toBe(4);
    expect(await count()).toBe(4);
  });

  it("give up when the caller goes away, and do not keep a failure", async () => {
    const began = Promise.withResolvers<AbortSignal | undefined>();
    let fail = true;
    const run = (async (_spec: unknown, options: { signal?: AbortSignal }) => {
      if (!fail) return { kind: "inspect", disk: diskInfo(path) };
      began.resolve(options.signal);
      return new Promise((_resolve, reject) =>
        options.signal?.addEventListener("abort", () => reject(new Error("stopped"))),
      );
    }) as unknown as typeof runTask;
    const disks = open(run);
    const caller = new AbortController();
    const asked = disks.inspect({ path }, caller.signal);
    expect(await began.promise).toBe(caller.signal);
    caller.abort();
    await expect(asked).rejects.toThrow("stopped");
    fail = false;
    expect((await disks.inspect({ path })).path).toBe(path);
  });

  it("are refused outside the libraries before any worker sees the path", async () => {
    const { run, asked } = fakeRunTask(known);
    const disks = open(run);
    await expect(disks.inspect({ path: "/etc/hostname" })).rejects.toMatchObject({ code: "path.outside" });
    await expect(disks.map({ path: "/etc/hostname", slices: 1, view: "layer" })).rejects.toMatchObject({
      code: "path.outside",
    });
    expect(asked).toEqual([]);
  });
});
