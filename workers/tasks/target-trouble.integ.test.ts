/** Targets that cannot be: each ends in its named error, and leaves nothing that could be taken for an image. */
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  convertSpec,
  MiB,
  type OneTarget,
  qemuImg,
  runOnWorker,
  startWorker,
  tempFolder,
  writeStampedRaw,
} from "./testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());
const raw = folder.file("source.raw");
beforeAll(() => writeStampedRaw(raw, 16 * MiB, [{ start: 0, length: 6 * MiB }]));

/** A conversion of the source to `path`; `attempt` tells the unfinished files of two apart. */
function to(path: string, more: { overwrite?: boolean; attempt?: string } = {}): OneTarget {
  return convertSpec({
    sourcePath: raw,
    targetPath: path,
    targetFormat: "qcow2",
    overwrite: more.overwrite ?? false,
    partialPath: join(path, "..", `.${more.attempt ?? "one"}.partial`),
    roots: [folder.path],
  });
}

const emptyFolder = (name: string): string => {
  mkdirSync(folder.file(name));
  return folder.file(name);
};

test("a name that is too long is refused before anything is written", async () => {
  const inside = emptyFolder("long");
  // 300 bytes of 2-byte letters: the unfinished file's name would fit.
  await expect(runOnWorker(to(join(inside, `${"ü".repeat(150)}.qcow2`)))).rejects.toMatchObject({
    code: "path.too-long",
    hint: "Choose a shorter one.",
  });
  expect(readdirSync(inside)).toEqual([]);
});

test("a folder that may not be written to, whoever asks", async () => {
  // Nobody makes files in sysfs, root neither; no permission is needed to be refused.
  await expect(runOnWorker(to("/sys/kernel/out.qcow2"))).rejects.toMatchObject({ code: "target.read-only" });
});

test("a folder that is not there, or is a file", async () => {
  await expect(runOnWorker(to(folder.file("none/out.qcow2")))).rejects.toMatchObject({ code: "path.not-found" });
  await expect(runOnWorker(to(join(raw, "out.qcow2")))).rejects.toMatchObject({ code: "path.not-found" });
});

test("a folder that is removed while the target is written: told as vanished, not made anew", async () => {
  const inside = emptyFolder("removed");
  const worker = startWorker(to(join(inside, "out.qcow2")));
  worker.pause();
  while (readdirSync(inside).length === 0) await sleep(5);
  rmSync(inside, { recursive: true });
  worker.resume();
  await expect(worker.result).rejects.toMatchObject({ code: "io.vanished" });
  expect(existsSync(inside)).toBe(false);
});

test("what is no regular file is never replaced", async () => {
  const inside = emptyFolder("kinds");
  const at = (name: string) => join(inside, name);
  execFileSync("mkfifo", [at("pipe")]);
  mkdirSync(at("folder"));
  const server = createServer().listen(at("socket"));
  await new Promise((ready) => server.once("listening", ready));
  for (const path of [at("pipe"), at("folder"), at("socket"), "/dev/null"]) {
    await expect(runOnWorker(to(path, { overwrite: true })), path).rejects.toMatchObject({
      code: "path.not-file",
      message: expect.stringContaining(path),
    });
  }
  expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  expect(readdirSync(inside).toSorted()).toEqual(["folder", "pipe", "socket"]);
  server.close();
});

test("an existing file stays as it is without leave to replace it", async () => {
  const inside = emptyFolder("exists");
  const path = join(inside, "out.qcow2");
  writeFileSync(path, "precious");
  await expect(runOnWorker(to(path))).rejects.toMatchObject({ code: "target.exists" });
  expect(readFileSync(path, "utf8")).toBe("precious");
  expect(readdirSync(inside)).toEqual(["out.qcow2"]);
});

test("two at once to one target: the first keeps the name, the second is refused, both leave nothing else", async () => {
  const inside = emptyFolder("race");
  const path = join(inside, "out.qcow2");
  const both = [to(path, { attempt: "one" }), to(path, { attempt: "two" })].map((spec) => startWorker(spec));
  // Both are past the look at the target before either is done.
  for (const worker of both) worker.pause();
  while (readdirSync(inside).length < 2) await sleep(5);
  for (const worker of both) worker.resume();
  const outcomes = await Promise.allSettled(both.map(({ result }) => result));
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "target.exists" } });
  expect(readdirSync(inside)).toEqual(["out.qcow2"]);
  expect(qemuImg("compare", "-f", "raw", "-F", "qcow2", raw, path)).toContain("identical");
});
