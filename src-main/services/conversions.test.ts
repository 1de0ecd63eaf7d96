import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConvertPlan } from "../../src-core/contract/runs.ts";
import type { DiskInfo } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { ConvertRequest, Run, TargetRequest } from "../../src-core/model/run.ts";
import { insertLibrary } from "../db/libraries.ts";
import { fileIdentity } from "../files/file-identity.ts";
import { freeSpace } from "../files/free-space.ts";
import type { PlanQuestion } from "./conversions.ts";
import { diskInfo, type FakeEngine, fakeEngine } from "./testing/fake-engine.ts";
import { type Ground, newGround } from "./testing/ground.ts";
import { openConversions } from "./testing/open-conversions.ts";

let ground: Ground;
let fake: FakeEngine;
let folder: string;
let source: string;
let known: Map<string, DiskInfo>;
let open: ReturnType<typeof openConversions>;

beforeEach(() => {
  ground = newGround();
  fake = fakeEngine();
  folder = join(ground.folder, "vm");
  mkdirSync(folder);
  source = join(folder, "web01.vmdk");
  writeFileSync(source, "image");
  known = new Map([[source, diskInfo(source)]]);
  const scan = { state: "done" as const, finishedAt: null, filesSeen: 0, error: null, warnings: [] };
  insertLibrary(ground.db, { id: "lib", path: folder, addedAt: new Date(0).toISOString(), scan });
  open = openConversions(ground, fake, known);
});
afterEach(() => ground.remove());

const target = (more: Partial<TargetRequest> = {}): TargetRequest => ({
  path: join(folder, "web01.qcow2"),
  format: "qcow2",
  options: {},
  overwrite: false,
  ...more,
});
const request = (more: Partial<ConvertRequest> = {}): ConvertRequest => ({
  kind: "convert",
  sourcePath: source,
  targets: [target()],
  verify: { mode: "full" },
  priority: 50,
  sync: true,
  maxBytesPerSecond: null,
  ...more,
});
const planOf = (targets: Partial<TargetRequest>[], more: Partial<PlanQuestion> = {}) =>
  open.conversions.plan({
    sourcePath: source,
    targets: targets.map((each) => ({ options: {}, overwrite: false, ...each })),
    ...more,
  });
/** The plan of one target, and that target. */
const plan = async (more: Partial<TargetRequest> = {}) => {
  const made = await planOf([more]);
  const [planned] = made.targets;
  if (planned === undefined) throw new Error("a plan without a target");
  return { ...made, ...planned };
};
const words = ({ problems }: ConvertPlan) => problems.map(({ severity, error }) => `${severity} ${error.code}`);
/** Codes of the plan's problems with their severity. */
const problems = async (more: Partial<TargetRequest> = {}) => words(await planOf([more]));

describe("the plan", () => {
  it("proposes a format, and a name beside the source that no file has", async () => {
    expect(await plan()).toMatchObject({
      sourceFormat: "vmdk",
      format: "qcow2",
      path: join(folder, "web01.qcow2"),
      exists: false,
      problems: [],
    });
    writeFileSync(join(folder, "web01.qcow2"), "");
    writeFileSync(join(folder, "web01-2.qcow2"), "");
    expect((await plan()).path).toBe(join(folder, "web01-3.qcow2"));
    expect((await plan({ format: "raw" })).path).toBe(join(folder, "web01.img"));
    known.set(source, diskInfo(source, { format: "qcow2" }));
    writeFileSync(source, "changed");
    expect(await plan()).toMatchObject({ format: "raw", path: join(folder, "web01.img") });
  });

  it("knows of targets that are being written: it proposes others, and says so of a chosen one", async () => {
    fake.busy.add(join(folder, "web01.qcow2"));
    expect(await plan()).toMatchObject({ path: join(folder, "web01-2.qcow2"), problems: [] });
    expect(await problems({ path: join(folder, "web01.qcow2") })).toEqual(["error target.busy"]);
  });

  it("takes the name of a folder for no file", async () => {
    expect(await problems({ path: `${folder}/new/` })).toEqual(["error request.invalid"]);
  });

  it("proposes the default folder when one is set", async () => {
    await open.settings.update({ defaultTargetFolder: ground.folder });
    expect((await plan()).path).toBe(join(ground.folder, "web01.qcow2"));
  });

  it("estimates from the allocation and knows the free space", async () => {
    const { estimate, space } = await plan();
    expect(estimate.lowBytes).toBeLessThan(estimate.likelyBytes);
    expect(estimate.likelyBytes).toBeLessThanOrEqual(estimate.highBytes);
    expect(space).toMatchObject([{ ...estimate, folder }]);
    expect(space[0]?.freeBytes).toBeGreaterThan(0);
  });

  it.each([
    ["a relative path", () => "web02.qcow2", "error request.invalid"],
    ["a folder that is not there", () => join(folder, "gone/web02.qcow2"), "error path.not-found"],
    ["a file for a folder", () => join(source, "web02.qcow2"), "error path.not-folder"],
    ["a name that is too long", () => join(folder, `${"x".repeat(260)}.qcow2`), "error path.too-long"],
    ["a name too long for its checksum file", () => join(folder, `${"x".repeat(245)}.qcow2`), "error path.too-long"],
    ["a folder in the target's place", () => folder, "error path.not-file"],
    ["the source itself", () => source, "error target.same-as-source"],
    ["the source by another way", () => join(folder, "../vm/web01.vmdk"), "error target.same-as-source"],
    ["an existing file", () => join(folder, "taken.qcow2"), "error target.exists"],
  ])("finds %s wrong", async (_name, path, problem) => {
    writeFileSync(join(folder, "taken.qcow2"), "x");
    expect(await problems({ path: path() })).toEqual([problem]);
  });

  it("finds the source under a link, and a parent or extent as target, wrong also when overwriting", async () => {
    const parent = join(folder, "base.vmdk");
    writeFileSync(parent, "parent");
    linkSync(source, join(folder, "hard.qcow2"));
    symlinkSync(parent, join(folder, "soft.qcow2"));
    known.set(source, diskInfo(source, { chain: [{ path: parent, format: "vmdk", virtualSizeBytes: 1 }] }));
    for (const name of ["hard.qcow2", "soft.qcow2", "base.vmdk"]) {
      expect(await problems({ path: join(folder, name), overwrite: true })).toEqual(["error target.same-as-source"]);
    }
  });

  it("lets an existing file be overwritten when asked", async () => {
    writeFileSync(join(folder, "taken.qcow2"), "x");
    const asked = await plan({ path: join(folder, "taken.qcow2"), overwrite: true });
    expect(asked).toMatchObject({ exists: true, problems: [] });
  });

  it("finds a format nobody can write and a missing parent wrong", async () => {
    expect(await problems({ format: "vmdk", path: join(folder, "x.vmdk") })).toEqual(["error target.unsupported"]);
    const backing = { name: "gone.vmdk", format: null, path: null, problem: "it does not exist" };
    known.set(source, diskInfo(source, { backing }));
    writeFileSync(source, "changed");
    expect(await problems()).toEqual(["error disk.backing-missing"]);
  });

  it("weighs the space that is likely needed, and what is not certain only warns", async () => {
    const free = (await freeSpace(folder)) ?? 0;
    const big = (more: Partial<DiskInfo>) => {
      const size = free + 4 * 1024 ** 3;
      known.set(source, diskInfo(source, { virtualSizeBytes: size, allocatedBytes: size, ...more }));
      writeFileSync(source, JSON.stringify(more));
    };
    big({});
    expect(await problems()).toEqual(["error target.no-space"]);
    big({ subformat: "monolithicFlat" });
    expect(await problems()).toEqual(["warning target.no-space"]);
    big({ format: "raw", subformat: "" });
    expect(await problems()).toEqual(["warning target.no-space"]);
  });

  it("fails where the source cannot be read at all", async () => {
    await expect(planOf([{}], { sourcePath: join(folder, "gone.vmdk") })).rejects.toMatchObject({
      code: "path.not-found",
    });
    await expect(planOf([{}], { sourcePath: "/etc/hostname" })).rejects.toMatchObject({ code: "path.outside" });
  });
});

describe("a plan of several targets", () => {
  it("proposes names that do not get in each other's way, and adds up what one file system must hold", async () => {
    const made = await planOf([{ format: "qcow2" }, { format: "qcow2" }, { format: "raw" }]);
    expect(made.targets.map(({ path }) => path)).toEqual(
      ["web01.qcow2", "web01-2.qcow2", "web01.img"].map((name) => join(folder, name)),
    );
    expect(made.space).toHaveLength(1);
    const sum = made.targets.reduce((bytes, { estimate }) => bytes + estimate.highBytes, 0);
    expect(made.space[0]).toMatchObject({ folder, highBytes: sum });
    expect(made.problems).toEqual([]);
    // Another file system has its own space.
    const elsewhere = await planOf([{ path: join(folder, "a.qcow2") }, { path: "/dev/shm/hypersdk-never-made.qcow2" }]);
    expect(elsewhere.space.map((space) => space.folder)).toEqual([folder, "/dev/shm"]);
  });

  it("says of which target each problem is", async () => {
    writeFileSync(join(folder, "taken.img"), "");
    const made = await planOf([
      { format: "qcow2", path: join(folder, "free.qcow2") },
      { format: "raw", path: join(folder, "taken.img") },
      { format: "qcow2", path: join(folder, "free.qcow2") },
    ]);
    expect(made.problems.map(({ target, error }) => `${target} ${error.code}`)).toEqual([
      "1 target.exists",
      "2 target.busy",
    ]);
  });

  it("looks at the files that come with a target as at the target itself", async () => {
    const flat = { path: join(folder, "new.img"), format: "raw" as const, options: { subformat: "flat" } };
    expect((await plan(flat)).companions).toEqual([join(folder, "new.img-flat")]);
    writeFileSync(join(folder, "new.img-flat"), "somebody's");
    expect(await plan(flat)).toMatchObject({ exists: true, problems: [{ error: { code: "target.exists" } }] });
    expect(await problems({ ...flat, overwrite: true })).toEqual([]);
    rmSync(join(folder, "new.img-flat"));
    fake.busy.add(join(folder, "new.img-flat"));
    expect(await problems(flat)).toEqual(["error target.busy"]);
    fake.busy.clear();
    await open.jobs.start(request({ targets: [target(flat)] }));
    expect(fake.accepted[0]?.files).toEqual([
      { path: join(folder, "new.img"), target: join(folder, "new.img") },
      { path: join(folder, "new.img-flat"), target: join(folder, "new.img") },
    ]);
  });

  it("finds options wrong that the format does not offer, a smaller size, a parent that is no disk, two parents", async () => {
    expect(await problems({ options: { compression: { method: "zstd" } } })).toEqual(["error target.unsupported"]);
    expect(await problems({ options: { virtualSizeBytes: 1024 } })).toEqual(["error target.unsupported"]);
    expect((await plan({ options: { virtualSizeBytes: 4 * 1024 ** 2 } })).virtualSizeBytes).toBe(4 * 1024 ** 2);
    expect(await problems({ options: { backingPath: "/etc/hostname" } })).toEqual([
      "error target.unsupported",
      "error path.outside",
    ]);
    for (const name of ["p1.qcow2", "p2.qcow2"]) {
      writeFileSync(join(folder, name), "");
      known.set(join(folder, name), diskInfo(join(folder, name)));
    }
    const deltas = await planOf(
      ["p1", "p2"].map((name) => ({ options: { backingPath: join(folder, `${name}.qcow2`) } })),
    );
    expect(deltas.problems.at(-1)?.error.message).toContain("one parent");
  });

  it("knows the snapshots of the source", async () => {
    const snapshots = [{ id: "1", name: "before", createdAt: null }];
    known.set(source, diskInfo(source, { snapshots }));
    writeFileSync(source, "with snapshots");
    for (const sourceSnapshot of ["1", "before"]) expect(words(await planOf([{}], { sourceSnapshot }))).toEqual([]);
    expect((await planOf([{}], { sourceSnapshot: "after" })).problems[0]?.error.message).toContain("it has before");
    await open.jobs.start(request({ sourceSnapshot: "before" }));
    expect(fake.accepted[0]?.tasks.map(({ spec }) => spec)).toMatchObject([
      { sourceSnapshot: "before" },
      { sourceSnapshot: "before" },
    ]);
  });
});

describe("jobs that only look", () => {
  it("are a task within the libraries, whose disks are given by their real paths", async () => {
    const other = join(folder, "other.vmdk");
    writeFileSync(other, "x");
    symlinkSync(source, join(folder, "link.vmdk"));
    await open.jobs.start({ kind: "check", path: join(folder, "link.vmdk"), priority: 50 });
    await open.jobs.start({
      kind: "compare",
      aPath: source,
      bPath: other,
      bFormat: "raw",
      mode: { mode: "full" },
      priority: 9,
    });
    expect(fake.accepted).toMatchObject([
      { name: "Check of web01.vmdk", files: [], tasks: [{ spec: { kind: "check", path: source, roots: [folder] } }] },
      {
        name: "web01.vmdk and other.vmdk compared",
        tasks: [{ spec: { kind: "compare", a: { path: source }, b: { path: other, format: "raw" }, roots: [folder] } }],
      },
    ]);
    const outside = { kind: "check" as const, path: "/etc/hostname", priority: 50 };
    await expect(open.jobs.start(outside)).rejects.toMatchObject({ code: "path.outside" });
    fake.runs.set("old", { jobId: "job-7", request: { ...outside, path: source }, state: "succeeded", tasks: [] });
    expect(await open.jobs.retry("old")).toMatchObject({ jobId: "job-7" });
  });
});

describe("starting", () => {
  it("hands the engine the two tasks, bounded by the libraries", async () => {
    expect(await open.jobs.start(request())).toEqual({ jobId: "job-1", runId: "run-1" });
    const run = fake.accepted[0];
    const path = join(folder, "web01.qcow2");
    const files = [{ path, target: path }];
    expect(run).toMatchObject({ name: "web01.vmdk → web01.qcow2", files, request: request() });
    expect(run?.tasks).toMatchObject([
      {
        key: "convert",
        dependsOn: [],
        spec: { kind: "convert", sourcePath: source, targets: [target()], roots: [folder], sync: true },
      },
      { key: "verify 1", dependsOn: ["convert"], spec: { kind: "verify", targetPath: path, verify: { mode: "full" } } },
    ]);
    const spec = run?.tasks[0]?.spec;
    expect(spec?.kind === "convert" && spec.targets[0]?.partialPath).toMatch(
      /\/vm\/\.web01\.qcow2\.[0-9a-f]{12}\.partial$/,
    );
    expect(spec).not.toHaveProperty("sourceFormat");
  });

  it("leaves the check out when none is wanted, and allows the target's own folder for it otherwise", async () => {
    await open.jobs.start(request({ verify: { mode: "none" } }));
    expect(fake.accepted[0]?.tasks.map(({ key }) => key)).toEqual(["convert"]);
    await open.jobs.start(request({ targets: [target({ path: join(ground.folder, "out.qcow2") })] }));
    expect(fake.accepted[1]?.tasks[1]?.spec).toHaveProperty("roots", [folder, ground.folder]);
  });

  it("gives one file one spelling, so that two jobs cannot write it under two names", async () => {
    symlinkSync(folder, join(ground.folder, "link"));
    await open.jobs.start(request({ targets: [target({ path: join(ground.folder, "link/./web01.qcow2") })] }));
    expect(fake.accepted[0]?.files[0]?.path).toBe(join(folder, "web01.qcow2"));
    expect(fake.accepted[0]?.request).toEqual(request());
  });

  it("refuses what the plan calls an error, with that error", async () => {
    const start = (more: Partial<TargetRequest>) => open.jobs.start(request({ targets: [target(more)] }));
    await expect(start({ path: source })).rejects.toMatchObject({ code: "target.same-as-source" });
    await expect(start({ path: join(folder, "gone/x") })).rejects.toMatchObject({ code: "path.not-found" });
    await expect(start({ format: "vmdk" })).rejects.toBeInstanceOf(AppError);
    await expect(open.jobs.start(request({ sourcePath: "/etc/hostname" }))).rejects.toMatchObject({
      code: "path.outside",
    });
    expect(fake.accepted).toEqual([]);
  });

  it("refuses a folder that cannot be written to", async () => {
    // Root may write wherever there is a file system to write to; the kernel's own tables are none.
    let locked = "/proc/sys/kernel";
    if (process.getuid?.() !== 0) {
      locked = join(ground.folder, "locked");
      mkdirSync(locked);
      chmodSync(locked, 0o500);
    }
    expect(await problems({ path: join(locked, "x.qcow2") })).toContain("error target.read-only");
  });

  it("answers a call that comes twice at once with one run", async () => {
    const start = () => open.jobs.start(request(), "key");
    const [first, second] = await Promise.all([start(), start()]);
    expect(second).toEqual(first);
    expect(fake.accepted).toHaveLength(1);
  });

  it("answers a repeated call with the run of the first, also when the source is gone by then", async () => {
    const started = await open.jobs.start(request(), "key");
    writeFileSync(join(folder, "web01.qcow2"), "made meanwhile");
    known.clear();
    expect(await open.jobs.start(request(), "key")).toEqual(started);
    expect(fake.accepted).toHaveLength(1);
    await expect(open.jobs.start(request({ priority: 1 }), "key")).rejects.toMatchObject({
      code: "request.conflict",
    });
  });
});

describe("retrying", () => {
  /** A run whose conversion was done at `endedAt`, with its file in place. */
  const ended = (state: Run["state"], endedAt = new Date().toISOString()) => {
    const made = join(folder, "web01.qcow2");
    writeFileSync(made, "made by the run");
    fake.wrote.add(`old ${fileIdentity(made)}`);
    const convert = { kind: "convert", attempts: [{ endedAt }] } as Run["tasks"][number];
    fake.runs.set("old", { id: "old", jobId: "job", request: request(), state, tasks: [convert] });
    return made;
  };

  it.each(["failed", "canceled"] as const)("replaces what a %s run itself had written", async (state) => {
    ended(state);
    await open.jobs.retry("old");
    expect(fake.accepted[0]?.tasks[0]?.spec).toMatchObject({ kind: "convert", targets: [{ overwrite: true }] });
  });

  it("replaces nothing that is in use or another's", async () => {
    const refused = { code: "target.exists" };
    ended("succeeded");
    await expect(open.jobs.retry("old")).rejects.toMatchObject(refused);
    // Written to since, such as by a machine that runs on it.
    const made = ended("failed", new Date(Date.now() - 60_000).toISOString());
    await expect(open.jobs.retry("old")).rejects.toMatchObject(refused);
    ended("failed");
    rmSync(made);
    writeFileSync(join(folder, "keeps the number of the removed one"), "");
    writeFileSync(made, "another's");
    await expect(open.jobs.retry("old")).rejects.toMatchObject(refused);
  });

  it("starts a new run of the same job, once the run has ended", async () => {
    fake.runs.set("old", { jobId: "job-7", request: request(), state: "failed", tasks: [] });
    fake.runs.set("busy", { jobId: "job-8", request: request(), state: "running" });
    expect(await open.jobs.retry("old")).toEqual({ jobId: "job-7", runId: "run-1" });
    expect(fake.accepted[0]?.jobId).toBe("job-7");
    await expect(open.jobs.retry("busy")).rejects.toMatchObject({ code: "state.conflict" });
    await expect(open.jobs.retry("gone")).rejects.toMatchObject({ code: "request.not-found" });
  });
});
