/** The command line beside a running program: `hypersdk serve` as a child process, the other commands against it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeLongVmdk } from "../../workers/tasks/testing/long-disk.ts";
import { type RunningCli, runCli, startCli } from "./testing/spawn-cli.ts";
import { qemuCompare, writeStampedRaw } from "./testing/stamped-image.ts";

const MiB = 1024 * 1024;

let folder = "";
let library = "";
let service: RunningCli;
const cli = (...args: string[]) => runCli([...args, "--data-dir", "data"], { cwd: folder });

/** Runs a command with --json that must succeed. @returns its `result` line */
async function ask(...args: string[]): Promise<Record<string, never>> {
  const { code, stderr, json } = await cli(...args, "--json");
  expect(code, stderr).toBe(0);
  return json().at(-1) as Record<string, never>;
}

/** The disk that takes long, and whatever its conversion left. */
const longFiles = () =>
  readdirSync(library)
    .filter((name) => /^\.?long/.test(name))
    .toSorted();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-cli-program-"));
  library = join(folder, "library");
  mkdirSync(library);
  writeStampedRaw(join(library, "disk.raw"), 9 * MiB);
  writeStampedRaw(join(folder, "outside.raw"), 9 * MiB);
  writeLongVmdk(join(library, "long.vmdk"));
  service = startCli(["serve", "--port", "0", "--data-dir", "data", "--library", "library", "--json"], { cwd: folder });
  await service.says('"listening"');
});

afterAll(async () => {
  service.child.kill("SIGKILL");
  await service.ended;
  rmSync(folder, { recursive: true, force: true });
});

describe("convert beside a running program", () => {
  it("becomes a job there when the source lies in a library", async () => {
    const result = await ask("convert", "library/disk.raw", "library/disk.qcow2", "--from", "raw");
    expect(result).toMatchObject({ run: { state: "succeeded" }, verify: [{ statement: "every byte" }] });
    qemuCompare(join(library, "disk.raw"), "raw", join(library, "disk.qcow2"), "qcow2");
    const { runs } = await ask("jobs", "list");
    expect(runs).toMatchObject([{ name: "disk.raw → disk.qcow2", state: "succeeded" }]);
  });

  it("stays here when the source lies elsewhere, and when told so", async () => {
    expect(await ask("convert", "outside.raw", "outside.qcow2", "--from", "raw")).toMatchObject({ run: null });
    expect(await ask("convert", "library/disk.raw", "local.qcow2", "--from", "raw", "--local")).toMatchObject({
      run: null,
    });
    expect(await ask("jobs", "list")).toMatchObject({ total: 1 });
  });

  it("tells the program's refusal as its own error", async () => {
    const refused = await cli("convert", "library/disk.raw", "library/disk.qcow2", "--from", "raw", "--json");
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.json()).toMatchObject([{ type: "error", error: { code: "target.exists" } }]);
    const outside = await cli("convert", "outside.raw", "b.qcow2", "--from", "raw", "--detach", "--json");
    expect(outside.json()).toMatchObject([{ type: "error", error: { code: "path.outside" } }]);
  });

  it("checks and comparisons become jobs there too, when all their disks lie in libraries", async () => {
    expect(await ask("check", "library/disk.qcow2")).toMatchObject({ run: { kind: "check", outcome: { good: true } } });
    const both = ["compare", "library/disk.raw", "library/disk.qcow2", "--a-format", "raw"];
    expect(await ask(...both)).toMatchObject({ run: { kind: "compare" }, compare: { equal: true } });
    expect(await ask("compare", "outside.raw", "library/disk.qcow2", "--a-format", "raw")).toMatchObject({ run: null });
    const differs = await cli("compare", "library/disk.qcow2", "library/long.vmdk", "--json");
    expect(differs.code).toBe(1);
    expect(differs.json().at(-1)).toMatchObject({ run: { state: "succeeded", outcome: { good: false } } });
    const { runs } = await ask("jobs", "list", "--limit", "3");
    for (const run of runs as unknown as { id: string }[]) await ask("jobs", "remove", run.id);
  });

  it("is held back, slowed down and let go on by jobs pause, limit and resume", async () => {
    const args = ["convert", "library/long.vmdk", "library/held.qcow2", "--limit", "1M", "--detach"];
    const { run } = await ask(...args);
    const { id } = run as unknown as { id: string };
    expect(run).toMatchObject({ maxBytesPerSecond: MiB });
    expect(await ask("jobs", "pause", id)).toMatchObject({ run: { paused: true, reason: "This job is paused" } });
    expect(await ask("jobs", "limit", id, "2M")).toMatchObject({ run: { maxBytesPerSecond: 2 * MiB } });
    expect(await ask("jobs", "limit", id, "none")).toMatchObject({ run: { maxBytesPerSecond: null } });
    expect(await cli("jobs", "limit", id, "fast")).toMatchObject({ code: 2 });
    expect(await ask("jobs", "resume", id)).toMatchObject({ run: { paused: false } });
    await ask("jobs", "cancel", id);
    await ask("jobs", "remove", id);
  });

  it("is not begun with a path that a script left empty", async () => {
    expect(await cli("convert", "", "library/x.qcow2")).toMatchObject({ code: 2, stdout: "" });
    expect(await cli("libraries", "add", "")).toMatchObject({ code: 2, stdout: "" });
  });

  it("is canceled there by Ctrl+C here", async () => {
    const args = ["convert", "library/long.vmdk", "library/long.qcow2", "--data-dir", "data", "--json"];
    const running = startCli(args, { cwd: folder });
    await running.says('"progress"');
    running.child.kill("SIGINT");
    const { code, json } = await running.ended;
    expect(code).toBe(130);
    expect(json().at(-1)).toMatchObject({ type: "error", error: { code: "job.canceled" } });

    const { runs } = (await ask("jobs", "list", "--limit", "1")) as unknown as { runs: { id: string; name: string }[] };
    expect(runs[0]?.name).toBe("long.vmdk → long.qcow2");
    const watched = await cli("jobs", "watch", runs[0]?.id ?? "", "--json");
    expect(watched.code).toBe(130);
    expect(longFiles()).toEqual(["long-flat.vmdk", "long.vmdk"]);
  });
});

describe("jobs", () => {
  it("holds, follows, shows, repeats and removes a run", async () => {
    expect(await ask("pause")).toMatchObject({ workPaused: true });
    const { run } = (await ask(
      "convert",
      "library/disk.raw",
      "library/two.qcow2",
      "--from",
      "raw",
      "--detach",
    )) as unknown as {
      run: { id: string };
    };
    const short = run.id.slice(0, 8);
    expect(await ask("jobs", "list", "--active")).toMatchObject({ total: 1, runs: [{ id: run.id }] });
    expect((await cli("jobs", "remove", short)).stderr).toContain("(state.conflict)");

    const watcher = startCli(["jobs", "watch", short, "--json", "--data-dir", "data"], { cwd: folder });
    expect(await ask("resume")).toMatchObject({ workPaused: false });
    const watched = await watcher.ended;
    expect(watched.code, watched.stderr).toBe(0);
    expect(watched.json().at(-1)).toMatchObject({ type: "result", run: { id: run.id, state: "succeeded" } });

    const shown = await cli("jobs", "show", short);
    expect(shown.stdout).toMatch(/^disk\.raw → two\.qcow2\n/);
    expect(shown.stdout).toMatch(/\nconvert: succeeded/);
    expect(shown.stdout).toMatch(/\nverify: succeeded/);
    const log = (await ask("jobs", "log", short)) as unknown as { log: { message: string }[] };
    expect(log.log.length).toBeGreaterThan(0);

    // The same job again meets its own result, which it was not told to replace.
    const again = await cli("jobs", "retry", short, "--json");
    expect(again.json()).toMatchObject([{ type: "error", error: { code: "target.exists" } }]);
    rmSync(join(library, "two.qcow2"));
    const started = (await ask("jobs", "retry", short)) as unknown as { runId: string };
    expect((await cli("jobs", "watch", started.runId)).code).toBe(0);
    expect(existsSync(join(library, "two.qcow2"))).toBe(true);

    expect(await ask("jobs", "remove", short)).toMatchObject({ removed: true, id: run.id });
    const gone = await cli("jobs", "show", short);
    expect(gone.code).toBe(1);
    expect(gone.stderr).toContain(`There is no run ${short}`);
  });

  it("cancels a run and waits until it has ended", async () => {
    const { run } = (await ask("convert", "library/long.vmdk", "library/long.qcow2", "--detach")) as unknown as {
      run: { id: string };
    };
    expect(await ask("jobs", "cancel", run.id)).toMatchObject({ run: { state: "canceled" } });
    expect(longFiles()).toEqual(["long-flat.vmdk", "long.vmdk"]);
  });

  it("lists for people", async () => {
    const { stdout } = await cli("jobs", "list");
    expect(stdout).toMatch(/^RUN +STATE +DONE +CREATED +NAME\n[0-9a-f]{8} +canceled /);
  });
});

describe("libraries and the page", () => {
  it("adds, lists, scans and removes a folder by its path", async () => {
    mkdirSync(join(folder, "second"));
    expect(await ask("libraries", "add", "second")).toMatchObject({ library: { path: join(folder, "second") } });
    const twice = await cli("libraries", "add", "second");
    expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining("(library.duplicate)") });
    expect((await cli("libraries", "scan", "second")).code).toBe(0);
    expect((await cli("libraries", "list")).stdout).toContain(join(folder, "second"));
    expect((await cli("libraries", "remove", "second")).code).toBe(0);
    expect((await cli("libraries", "remove", "second")).stderr).toContain("(request.not-found)");
    expect(await ask("libraries", "list")).toMatchObject({ libraries: [{ path: library }] });
  });

  it("prints an address that opens one session", async () => {
    const { stdout } = await cli("page");
    const [origin, code] = stdout.trim().split("/#code=");
    const enter = () =>
      fetch(`${origin}/auth/session`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: origin ?? "" },
        body: JSON.stringify({ code }),
      });
    expect((await enter()).ok).toBe(true);
    expect((await enter()).ok).toBe(false);
  });
});

describe("a program that is gone", () => {
  it("refuses a second one on the same data folder", async () => {
    const second = await cli("serve", "--port", "0", "--json");
    expect(second.code).toBe(1);
    expect(second.json()).toMatchObject([{ type: "error", error: { code: "service.running" } }]);
  });

  it("is recognised after a crash: nothing is sent to its port, and conversions are done here", async () => {
    service.child.kill("SIGKILL");
    await service.ended;
    expect(existsSync(join(folder, "data", "service.json"))).toBe(true);
    const { code, stderr } = await cli("jobs", "list");
    expect(code).toBe(1);
    expect(stderr).toContain(`process ${service.child.pid}, which ended`);
    expect(await ask("convert", "library/disk.raw", "after.qcow2", "--from", "raw")).toMatchObject({ run: null });
  });

  it("starts again where it was, and stops by itself when told to stop", async () => {
    service = startCli(["serve", "--port", "0", "--data-dir", "data"], { cwd: folder });
    await service.says("/#code=");
    expect(await ask("libraries", "list")).toMatchObject({ libraries: [{ path: library }] });
    service.child.kill("SIGTERM");
    expect((await service.ended).code).toBe(0);
    expect(existsSync(join(folder, "data", "service.json"))).toBe(false);
  });
});
