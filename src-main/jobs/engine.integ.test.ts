/**
 * The engine with the real workers. kill -9 in the middle of the work, again and again: nothing stays running, nothing is done
 * twice, the target is right. Cancel and stop in the middle: what is left behind is what was promised.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import { isFinal } from "../../src-core/model/run.ts";
import { DEFAULT_SETTINGS } from "../../src-core/model/settings.ts";
import { seededRandom } from "../../workers/disk/sample.ts";
import { qemuImg } from "../../workers/formats/testing/qemu-img.ts";
import { writeLongVmdk } from "../../workers/tasks/testing/long-disk.ts";
import { checkpointOf } from "../db/checkpoints.ts";
import { openDatabase } from "../db/open.ts";
import { silentLog } from "../log/log.ts";
import { startChecked } from "./checked-thread.ts";
import { createJobEngine } from "./engine.ts";
import { createEventHub } from "./event-hub.ts";
import { noSources } from "./testing/no-sources.ts";

const PROGRAM = new URL("./testing/engine-process.ts", import.meta.url).pathname;
const SIZE_MIB = 160;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kill-test-"));
  const file = openSync(join(folder, "disk.raw"), "w");
  const words = new BigUint64Array(2 ** 17);
  for (let mib = 0; mib < SIZE_MIB; mib += 1) {
    // Every eighth byte-group says its own offset, so that a piece from the wrong place shows.
    for (let n = 0; n < words.length; n += 1) words[n] = BigInt(mib * 2 ** 20 + n * 8) * 0x9e3779b97f4a7c15n;
    writeSync(file, new Uint8Array(words.buffer));
  }
  closeSync(file);
});
afterEach(() => rmSync(folder, { recursive: true }));

const paths = () => ({
  database: join(folder, "work.db"),
  source: join(folder, "disk.raw"),
  target: join(folder, "disk.qcow2"),
});

/** Runs the program, which is killed `afterMs` after it said `line`. @returns what it said */
function runAndKill(kill: { line: string; afterMs: number } | null): Promise<string[]> {
  const { database, source, target } = paths();
  const args = [PROGRAM, database, source, target, ...(kill === null ? [] : [kill.line, String(kill.afterMs)])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(said.trim().split("\n")));
  });
}

/** An engine over the test's database, in this process. `onCheckpoint` is called once it has taken in a checkpoint. */
function openEngine(onCheckpoint: () => void = () => {}) {
  const db = openDatabase(paths().database);
  const log = silentLog();
  const hub = createEventHub({ db, log });
  const telling: typeof startChecked = (spec, options = {}) =>
    startChecked(spec, {
      ...options,
      onEvent(event) {
        options.onEvent?.(event);
        if (event.type === "checkpoint") onCheckpoint();
      },
    });
  const engine = createJobEngine({
    db,
    hub,
    log,
    now: () => Date.now(),
    limits: { ...DEFAULT_SETTINGS, concurrency: 1 },
    startTask: telling,
    sourceAccess: noSources,
  });
  return { db, hub, engine };
}

/** The one run as the database has it, read without running anything. */
function record() {
  const { db, engine } = openEngine();
  const { items, total } = engine.list({ limit: 10 });
  const run = engine.get(items[0]?.id ?? "");
  const lines = engine.log(run.id, 0, 1000).map((line) => line.message);
  db.close();
  return { run, total, lines };
}

/** Starts a conversion in this process. @returns its run */
function begin({ engine }: ReturnType<typeof openEngine>, source: string, sourceFormat: FormatId): string {
  const { target } = paths();
  const common = { sourcePath: source, sourceFormat, sync: true };
  const made = { path: target, format: "qcow2" as const, options: {}, overwrite: false };
  const { runId } = engine.accept({
    request: {
      kind: "convert",
      ...common,
      targets: [made],
      verify: { mode: "none" },
      priority: 50,
      maxBytesPerSecond: null,
    },
    name: "disk",
    files: [{ path: target, target }],
    tasks: [
      {
        key: "convert",
        dependsOn: [],
        spec: {
          kind: "convert",
          ...common,
          targets: [{ ...made, partialPath: `${target}.partial` }],
          roots: [folder],
        },
      },
    ],
  });
  return runId;
}

function expectDone() {
  const { run, total } = record();
  expect(total).toBe(1);
  expect(run).toMatchObject({ state: "succeeded", tasks: [{ state: "succeeded" }, { state: "succeeded" }] });
  expect(run.tasks.flatMap((task) => task.attempts).filter((attempt) => attempt.state === "running")).toEqual([]);
  expect(
    readdirSync(folder)
      .filter((name) => name.startsWith("disk"))
      .toSorted(),
  ).toEqual(["disk.qcow2", "disk.qcow2.sha256", "disk.raw"]);
  qemuImg("compare", "-f", "raw", "-F", "qcow2", paths().source, paths().target);
  return run;
}

describe("a program killed at its work", () => {
  it("goes on from the checkpoint of a conversion and says so", async () => {
    const said = await runAndKill({ line: "task checkpoint", afterMs: 0 });
    expect(said).not.toContain("run succeeded");
    expect(record().run.state).toBe("running");
    expect((await runAndKill(null)).at(-1)).toBe("run succeeded");
    const run = expectDone();
    const [first, second] = run.tasks[0]?.attempts ?? [];
    expect(first).toMatchObject({ state: "lost", error: { code: "job.lost" } });
    expect(second?.resumedFromBytes).toBeGreaterThan(0);
    expect(run.reason).toMatch(/^Resumed at \d+ MiB after the program had ended$/);
    expect(record().lines).toContainEqual(expect.stringMatching(/^Resumed at \d+ MiB \(byte \d+\)$/));
  });

  it("ends well however often and whenever it is killed", async () => {
    const random = seededRandom(5);
    const moments: { line: string; afterMs: number }[] = [
      { line: "task started", afterMs: 0 },
      { line: "task checkpoint", afterMs: 0 },
      { line: "task progress", afterMs: 0 },
      { line: "task started", afterMs: random() * 100 },
      { line: "task checkpoint", afterMs: random() * 50 },
      { line: "task finished", afterMs: 0 },
      { line: "task started", afterMs: 0 },
      { line: "task progress", afterMs: random() * 100 },
    ];
    for (const moment of moments) {
      if ((await runAndKill(moment)).includes("run succeeded")) break;
    }
    // Says nothing where the last kill came between the end and the word of it.
    await runAndKill(null);
    const lost = expectDone()
      .tasks.flatMap((task) => task.attempts)
      .filter((attempt) => attempt.state === "lost");
    expect(lost.length).toBeGreaterThanOrEqual(3);
  });
});

describe("a conversion under way", () => {
  it("is canceled long before its end and leaves no file", async () => {
    const program = openEngine();
    const progressed = Promise.withResolvers<void>();
    let last = { doneBytes: 0, totalBytes: 0 };
    program.hub.listen(({ event }) => {
      if (event.type !== "task" || event.event.type !== "progress") return;
      last = event.event;
      progressed.resolve();
    });
    const long = join(folder, "long.vmdk");
    writeLongVmdk(long);
    const runId = begin(program, long, "vmdk");
    await progressed.promise;
    expect(program.engine.cancel(runId).state).toBe("canceling");
    while (!isFinal(program.engine.get(runId).state)) await sleep(5);
    expect(last.doneBytes).toBeLessThan(last.totalBytes / 2);
    expect(program.engine.get(runId)).toMatchObject({
      state: "canceled",
      tasks: [{ attempts: [{ state: "canceled" }] }],
    });
    expect(readdirSync(folder).filter((name) => name.startsWith("disk"))).toEqual(["disk.raw"]);
    await program.engine.stop();
    program.db.close();
  });

  it("goes on where it was when the program is closed and started again", async () => {
    const stopped = Promise.withResolvers<void>();
    const first = openEngine(() => stopped.resolve(first.engine.stop()));
    const runId = begin(first, paths().source, "raw");
    await stopped.promise;
    expect(checkpointOf(first.db, first.engine.get(runId).tasks[0]?.id ?? "")).not.toBeNull();
    first.db.close();
    expect(readdirSync(folder)).toContain("disk.qcow2.partial");
    const second = openEngine();
    expect(second.engine.get(runId)).toMatchObject({
      state: "waiting",
      tasks: [{ attempts: [{ state: "lost", error: null }] }],
    });
    second.engine.recover();
    while (!isFinal(second.engine.get(runId).state)) await sleep(20);
    const run = second.engine.get(runId);
    expect(run).toMatchObject({ state: "succeeded", reason: expect.stringMatching(/^Resumed at/) });
    expect(run.tasks[0]?.attempts[1]?.resumedFromBytes).toBeGreaterThan(0);
    await second.engine.stop();
    second.db.close();
    qemuImg("compare", "-f", "raw", "-F", "qcow2", paths().source, paths().target);
  });
});
