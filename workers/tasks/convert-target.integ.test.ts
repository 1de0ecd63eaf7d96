/** What lies where the target and its unfinished file go: what may be replaced, what is gone on with, what is left alone. */
import { copyFileSync, existsSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConvertResult } from "../../src-core/model/task.ts";
import type { Checkpoint, TaskEvent } from "../../src-core/model/task-event.ts";
import { createFileTarget, openFileTarget } from "../io/file.ts";
import { createTaskContext } from "../task-context.ts";
import { convertInto } from "./convert.ts";
import type { TargetFiles } from "./convert-target.ts";
import {
  convertSpec,
  lastCheckpoint,
  MiB,
  type OneTarget,
  sha256,
  tempFolder,
  writeStampedRaw,
} from "./testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());
const raw = folder.file("source.raw");

beforeAll(() => {
  writeStampedRaw(raw, 64 * MiB, [
    { start: 0, length: 40 * MiB },
    { start: 50 * MiB, length: MiB },
  ]);
});

const spec = (name: string, more: { overwrite?: boolean } = {}): OneTarget =>
  convertSpec({
    sourcePath: raw,
    targetPath: folder.file(name),
    targetFormat: "qcow2",
    partialPath: folder.file(`.${name}.partial`),
    roots: [folder.path],
    ...more,
  });

const realFiles: TargetFiles = { create: createFileTarget, reopen: openFileTarget };

/** Runs it here, on a clock that makes resume points often. */
async function run(
  job: OneTarget,
  resumeFrom: Checkpoint | null = null,
  files = realFiles,
): Promise<{ outcome: ConvertResult | Error; events: TaskEvent[] }> {
  const events: TaskEvent[] = [];
  let nowMs = 0;
  const ctx = createTaskContext({
    start: { resumeFrom, control: new SharedArrayBuffer(8) },
    post: (event) => events.push(event),
    now: () => {
      nowMs += 20;
      return nowMs;
    },
  });
  const outcome = await convertInto(job, ctx, files).catch((error: Error) => error);
  ctx.end();
  return { outcome, events };
}

/** An attempt that a crash ended: its last resume point, with its unfinished file in place. */
async function crashed(job: OneTarget): Promise<Checkpoint> {
  const kept = `${job.partialPath}.kept`;
  let calls = 0;
  const { events } = await run(job, null, {
    ...realFiles,
    create: async (path) => {
      const target = await createFileTarget(path);
      return {
        ...target,
        async write(offset, bytes) {
          calls += 1;
          if (calls === 18) {
            copyFileSync(path, kept);
            throw new Error("crash");
          }
          await target.write(offset, bytes);
        },
      };
    },
  });
  copyFileSync(kept, job.partialPath);
  const point = lastCheckpoint(events);
  if (point === null) throw new Error("no resume point was made");
  return point;
}

test("a link that leads nowhere is somebody's: it is not replaced", async () => {
  const job = spec("dangling.qcow2");
  symlinkSync(folder.file("nowhere"), job.targetPath);
  expect((await run(job)).outcome).toMatchObject({ code: "target.exists" });
  expect(existsSync(job.partialPath)).toBe(false);
  expect(existsSync(folder.file("nowhere"))).toBe(false);
});

test("the checksum file of a replaced target goes with it; any other file of that name stays", async () => {
  const job = spec("again.qcow2", { overwrite: true });
  writeFileSync(job.targetPath, "old");
  const line = (name: string) => `${"0".repeat(64)}  ${name}\n`;
  for (const ours of [line("again.qcow2"), line("again.qcow2") + line("again-flat.vmdk")]) {
    writeFileSync(`${job.targetPath}.sha256`, ours);
    expect((await run(job)).outcome).toMatchObject({ kind: "convert" });
    expect(existsSync(`${job.targetPath}.sha256`)).toBe(false);
  }
  const mine = [line("other.qcow2"), line("again.qcow2") + line("notes"), `${line("again.qcow2")}more\n`, "a note"];
  for (const other of mine) {
    writeFileSync(`${job.targetPath}.sha256`, other);
    expect((await run(job)).outcome).toMatchObject({ kind: "convert" });
    expect(readFileSync(`${job.targetPath}.sha256`, "utf8")).toBe(other);
  }
});

test("an unfinished file that is not what the resume point was made for is made anew, to the same bytes", async () => {
  const whole = spec("whole.qcow2");
  expect((await run(whole)).outcome).toMatchObject({ kind: "convert", resumedFromBytes: null });

  const fit = spec("fit.qcow2");
  const goesOn = await run(fit, await crashed(fit));
  expect(goesOn.outcome).toMatchObject({ kind: "convert", resumedFromBytes: expect.any(Number) });
  expect(sha256(fit.targetPath)).toBe(sha256(whole.targetPath));

  const short = spec("short.qcow2");
  const point = await crashed(short);
  truncateSync(short.partialPath, MiB);
  const { outcome, events } = await run(short, point);
  expect(outcome).toMatchObject({ kind: "convert", resumedFromBytes: null });
  expect(events.filter(({ type }) => type === "started")).toMatchObject([{ resumedFromBytes: null }]);
  expect(sha256(short.targetPath)).toBe(sha256(whole.targetPath));
});

test("a link in the place of the unfinished file is not followed", async () => {
  const job = spec("led-away.qcow2");
  const point = await crashed(job);
  const precious = folder.file("precious");
  copyFileSync(job.partialPath, precious);
  const before = sha256(precious);
  rmSync(job.partialPath);
  symlinkSync(precious, job.partialPath);
  expect((await run(job, point)).outcome).toMatchObject({ kind: "convert", resumedFromBytes: null });
  expect(sha256(precious)).toBe(before);
});
