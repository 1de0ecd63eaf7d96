import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { z } from "zod";
import { AppError } from "../../src-core/model/error.ts";
import type { LibraryItem } from "../../src-core/model/library.ts";
import type { ScanSpec } from "../../src-core/model/task.ts";
import type { TaskEvent } from "../../src-core/model/task-event.ts";
import type { runTask } from "../jobs/worker-thread.ts";
import { createLibraries, type LibrariesService } from "./libraries.ts";
import { type Ground, newGround } from "./testing/ground.ts";

type Spec = z.infer<typeof ScanSpec>;
type Scan = (spec: Spec, find: (items: LibraryItem[], filesSeen: number) => void, signal: AbortSignal) => Promise<void>;

let ground: Ground;
/** What the fake engine does when asked to scan. */
let scan: Scan;
let scans: number;
beforeEach(() => {
  ground = newGround();
  scans = 0;
  scan = async () => {};
});
afterEach(() => ground.remove());

const fakeRun = (async (spec: Spec, options: { signal: AbortSignal; onEvent(event: TaskEvent): void }) => {
  scans += 1;
  let seen = 0;
  await scan(
    spec,
    (items, filesSeen) => {
      seen = filesSeen;
      options.onEvent({ type: "found", at: new Date(ground.now()).toISOString(), items, filesSeen });
    },
    options.signal,
  );
  if (options.signal.aborted) throw new AppError("job.canceled");
  return { kind: "scan", filesSeen: seen, warnings: ["/x: permission denied"] };
}) as unknown as typeof runTask;

function open(): LibrariesService {
  const libraries = createLibraries({
    db: ground.db,
    hub: ground.hub,
    log: ground.log,
    runTask: fakeRun,
    now: ground.now,
  });
  onTestFinished(() => libraries.stop());
  return libraries;
}

function folder(name: string): string {
  const path = join(ground.folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function item(libraryId: string, path: string, more: Partial<LibraryItem> = {}): LibraryItem {
  const name = path.split("/").at(-1) ?? path;
  return {
    id: path,
    libraryId,
    kind: "disk",
    name,
    path,
    folder: path.slice(0, -name.length - 1),
    guestOs: null,
    cpuCount: null,
    memoryBytes: null,
    firmware: null,
    disks: [{ path, name, summary: null, error: null }],
    snapshotCount: 0,
    warnings: [],
    error: null,
    ...more,
  };
}

it("a library that waits for its scan is known to everybody at once", async () => {
  const free = Promise.withResolvers<void>();
  scan = () => free.promise;
  const libraries = open();
  const added = [];
  for (const name of ["a", "b", "c"]) added.push(await libraries.add(folder(name)));
  expect(scans).toBe(2);
  const known = ground.told.flatMap((event) => (event.type === "library" ? [event.library.id] : []));
  expect(new Set(known)).toEqual(new Set(added.map(({ id }) => id)));
  free.resolve();
  await settled(libraries);
});

async function settled(libraries: LibrariesService): Promise<void> {
  for (let turn = 0; turn < 1_000; turn += 1) {
    if (libraries.list().every(({ scan: { state } }) => state !== "scanning")) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error("the scan does not end");
}

/** Lets everything that is due happen. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe("folders", () => {
  it("refuses what is no readable folder, and folders that overlap with a library", async () => {
    const libraries = open();
    const outer = folder("vm");
    const inner = folder("vm/inner");
    writeFileSync(join(outer, "file"), "");
    symlinkSync(outer, join(ground.folder, "link"));
    const refuses = (path: string, code: string) => expect(libraries.add(path)).rejects.toMatchObject({ code });
    await refuses("relative", "request.invalid");
    await refuses(join(ground.folder, "gone"), "path.not-found");
    await refuses(join(outer, "file"), "path.not-folder");

    const added = await libraries.add(`${outer}/./`);
    expect(added.path).toBe(outer);
    await refuses(outer, "library.duplicate");
    await refuses(join(ground.folder, "link"), "library.duplicate");
    await refuses(inner, "library.duplicate");
    await refuses(ground.folder, "library.duplicate");
    expect((await libraries.add(folder("vm2"))).path).toBe(join(ground.folder, "vm2"));
    libraries.remove(added.id);
    expect((await libraries.add(inner)).path).toBe(inner);
  });

  it("opens files inside a library only, wherever links lead", async () => {
    const libraries = open();
    const inside = folder("vm");
    const outside = folder("other");
    writeFileSync(join(inside, "a.img"), "1234");
    writeFileSync(join(outside, "b.img"), "1");
    symlinkSync(join(outside, "b.img"), join(inside, "out.img"));
    symlinkSync(join(inside, "a.img"), join(outside, "in.img"));
    await libraries.add(inside);
    expect(await libraries.file(join(inside, "a.img"))).toMatchObject({
      realPath: join(inside, "a.img"),
      sizeBytes: 4,
    });
    expect(await libraries.file(join(outside, "in.img"))).toMatchObject({ realPath: join(inside, "a.img") });
    const refuses = (path: string, code: string) => expect(libraries.file(path)).rejects.toMatchObject({ code });
    await refuses(join(inside, "out.img"), "path.outside");
    await refuses(join(outside, "b.img"), "path.outside");
    await refuses(join(inside, "../other/b.img"), "path.outside");
    await refuses("/etc/passwd", "path.outside");
    await refuses(inside, "path.not-file");
    // Standard input is the command line's alone.
    await refuses("-", "request.invalid");
    await refuses(join(inside, "gone.img"), "path.not-found");
    await refuses("a.img", "request.invalid");
    await refuses(`${join(inside, "a.img")}\0.txt`, "path.not-found");
  });
});

describe("scans", () => {
  it("show what was found batch by batch, and drop what has vanished", async () => {
    const libraries = open();
    const path = folder("vm");
    const half = Promise.withResolvers<void>();
    const look = Promise.withResolvers<void>();
    scan = async ({ libraryId }, find) => {
      find([item(libraryId, `${path}/b.img`), item(libraryId, `${path}/a.img`)], 2);
      look.resolve();
      await half.promise;
      find([item(libraryId, `${path}/vm/web.ovf`, { kind: "ovf", name: "Web" })], 7);
    };
    const { id } = await libraries.add(path);
    await look.promise;
    expect(libraries.list()[0]).toMatchObject({ diskCount: 2, scan: { state: "scanning", filesSeen: 2 } });
    half.resolve();
    await settled(libraries);
    expect(libraries.list()[0]).toMatchObject({
      machineCount: 1,
      diskCount: 3,
      scan: { state: "done", filesSeen: 7, error: null, warnings: ["/x: permission denied"] },
    });

    scan = async ({ libraryId }, find) => find([item(libraryId, `${path}/a.img`, { name: "renamed" })], 1);
    libraries.rescan(id);
    await settled(libraries);
    expect(libraries.items({ limit: 10 }).items.map(({ path: at, name }) => [at, name])).toEqual([
      [`${path}/a.img`, "renamed"],
    ]);
    const types = ground.told.map(({ type }) => type);
    expect(types.filter((type) => type === "library").length).toBeGreaterThanOrEqual(4);
  });

  it("keep the items when they fail, and say why", async () => {
    const libraries = open();
    const path = folder("vm");
    scan = async ({ libraryId }, find) => find([item(libraryId, `${path}/a.img`)], 1);
    const { id } = await libraries.add(path);
    await settled(libraries);
    scan = async () => {
      throw new AppError("io.read", "The share went away.");
    };
    libraries.rescan(id);
    await settled(libraries);
    expect(libraries.list()[0]).toMatchObject({
      diskCount: 1,
      scan: { state: "failed", error: { code: "io.read", message: "The share went away." } },
    });
    expect(() => libraries.rescan("gone")).toThrow(expect.objectContaining({ code: "request.not-found" }));
  });

  it("asked for many times run once more, not many times", async () => {
    const libraries = open();
    const gate = Promise.withResolvers<void>();
    scan = () => gate.promise;
    const { id } = await libraries.add(folder("vm"));
    for (let times = 0; times < 5; times += 1) libraries.rescan(id);
    gate.resolve();
    await settled(libraries);
    await turns();
    await settled(libraries);
    expect(scans).toBe(2);
  });

  it("asked for while one runs see what came too late for it", async () => {
    const libraries = open();
    const path = folder("vm");
    const gate = Promise.withResolvers<void>();
    let late = false;
    scan = async ({ libraryId }, find) => {
      const found = late ? [item(libraryId, `${path}/late.img`)] : [];
      await gate.promise;
      find(found, 1);
    };
    const { id } = await libraries.add(path);
    await new Promise((resolve) => setImmediate(resolve));
    late = true;
    libraries.rescan(id);
    gate.resolve();
    await turns();
    expect(scans).toBe(2);
    expect(libraries.items({ limit: 10 }).total).toBe(1);
  });

  it("end when their library is removed, leaving nothing behind", async () => {
    const libraries = open();
    const path = folder("vm");
    let aborted = false;
    const began = Promise.withResolvers<void>();
    scan = async ({ libraryId }, find, signal) => {
      began.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      aborted = true;
      find([item(libraryId, `${path}/a.img`)], 1);
    };
    const { id } = await libraries.add(path);
    await began.promise;
    libraries.remove(id);
    await new Promise((resolve) => setImmediate(resolve));
    expect(aborted).toBe(true);
    expect(libraries.list()).toEqual([]);
    expect(libraries.items({ limit: 10 })).toEqual({ items: [], nextCursor: null, total: 0 });
    expect(ground.told.at(-1)).toEqual({ type: "library-removed", libraryId: id });
  });

  it("cut off by the end of the program begin anew at the next start", async () => {
    const libraries = open();
    scan = (_spec, _find, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    await libraries.add(folder("vm"));
    await new Promise((resolve) => setImmediate(resolve));
    await libraries.stop();
    expect(libraries.list()[0]?.scan.state).toBe("scanning");

    scan = async ({ libraryId }, find) => find([item(libraryId, `${ground.folder}/vm/a.img`)], 1);
    const next = open();
    next.recover();
    await settled(next);
    expect(next.list()[0]).toMatchObject({ diskCount: 1, scan: { state: "done" } });
  });
});

describe("items", () => {
  it("are paged by path without losing or repeating one, and searched in any case", async () => {
    const libraries = open();
    const path = folder("vm");
    const names = Array.from({ length: 25 }, (_, number) => `${path}/disk-${String(number).padStart(2, "0")}.img`);
    scan = async ({ libraryId }, find) => {
      find(
        names.toReversed().map((name) => item(libraryId, name)),
        25,
      );
      find([item(libraryId, `${path}/ÄRGER_100%.vmdk`, { kind: "vmx", name: "Ärger" })], 26);
    };
    await libraries.add(path);
    await settled(libraries);

    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = libraries.items({ limit: 7, cursor });
      expect(page.total).toBe(26);
      seen.push(...page.items.map((found) => found.path));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(26);
    expect(new Set(seen).size).toBe(26);
    expect(seen.slice(0, 25)).toEqual(names);

    expect(libraries.items({ limit: 10, search: "ÄRGER" }).total).toBe(1);
    expect(libraries.items({ limit: 10, search: "ärger_100%" }).total).toBe(1);
    expect(libraries.items({ limit: 10, search: "k_0" }).total).toBe(0);
    expect(libraries.items({ limit: 10, search: "%" }).total).toBe(1);
    expect(libraries.items({ limit: 10, libraryId: "other" }).total).toBe(0);
    expect(() => libraries.items({ limit: 1, cursor: "made up" })).toThrow(
      expect.objectContaining({ code: "request.invalid" }),
    );
  });
});
