import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import type { TaskEvent } from "../../src-core/model/task-event.ts";
import { createFileTarget, type FileTarget, openFileTarget } from "../io/file.ts";
import { createTaskContext } from "../task-context.ts";
import { convertInto } from "./convert.ts";
import {
  convertSpec,
  KiB,
  MiB,
  type OneTarget,
  openFilesBelow,
  qemuImg,
  startChild,
  tempFolder,
  writeStampedRaw,
} from "./testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());
const raw = folder.file("source.raw");

beforeAll(() => {
  writeStampedRaw(raw, 24 * MiB, [
    { start: 0, length: 5 * MiB },
    { start: 8 * MiB, length: 64 * KiB },
    { start: 12 * MiB, length: 3 * MiB },
  ]);
});

function spec(name: string, to: "qcow2" | "raw", inFolder = folder.path): OneTarget {
  return convertSpec({
    sourcePath: raw,
    targetPath: join(inFolder, name),
    targetFormat: to,
    partialPath: join(inFolder, `.${name}.partial`),
    roots: [folder.path],
  });
}

/** A target whose n-th call of any kind fails; counts the calls. */
function faulty(target: FileTarget, count: { calls: number }, failAt: number): FileTarget {
  const failing =
    <A extends unknown[]>(call: (...args: A) => Promise<void>) =>
    async (...args: A): Promise<void> => {
      count.calls += 1;
      if (count.calls === failAt) throw new AppError("target.no-space", `call ${failAt} fails`);
      await call(...args);
    };
  return {
    ...target,
    write: failing(target.write),
    read: failing(target.read),
    resize: failing(target.resize),
    sync: failing(target.sync),
  };
}

describe.each(["qcow2", "raw"] as const)("to %s", (to) => {
  test("each call on the target fails once: the error is named, nothing is left, no file stays open", async () => {
    const job = spec(`faults.${to}`, to);
    let failAt = 1;
    for (; ; failAt += 1) {
      const count = { calls: 0 };
      const events: TaskEvent[] = [];
      const ctx = createTaskContext({
        start: { resumeFrom: null, control: new SharedArrayBuffer(8) },
        post: (event) => events.push(event),
        now: () => Date.now(),
      });
      const files = {
        create: async (path: string) => faulty(await createFileTarget(path), count, failAt),
        reopen: async (path: string) => faulty(await openFileTarget(path), count, failAt),
      };
      const outcome = await convertInto(job, ctx, files).catch((error: unknown) => error);
      ctx.end();
      if (!(outcome instanceof Error)) break;
      expect(outcome).toMatchObject({ code: "target.no-space", message: `call ${failAt} fails` });
      expect(existsSync(job.partialPath)).toBe(false);
      expect(existsSync(job.targetPath)).toBe(false);
    }
    expect(openFilesBelow(folder.path)).toEqual([]);
    expect(failAt).toBeGreaterThan(5);
    expect(qemuImg("compare", "-f", "raw", "-F", to, raw, job.targetPath)).toContain("identical");
  });
});

test("a full disk ends in target.no-space and leaves nothing on it", async () => {
  const small = folder.file("small-disk");
  mkdirSync(small);
  const script = `mount -t tmpfs -o size=4m tmpfs "${small}" && "$@"; ls -A "${small}" >&2; exit 0`;
  // A mount name space of its own: as root just that, else with a user name space that makes us root in it.
  const unshare = process.getuid?.() === 0 ? ["unshare", "-m"] : ["unshare", "-rm"];
  const [command = "", ...args] = [...unshare, "sh", "-c", `mount -t tmpfs tmpfs "${small}"`];
  const allowed = spawnSync(command, args).status === 0;
  if (!allowed) {
    // Where mounting is forbidden, a limit on file size stands in: the write is refused just the same.
    const child = startChild(spec("full.qcow2", "qcow2", small), {
      prefix: ["sh", "-c", 'trap "" XFSZ; ulimit -f 4096; exec "$@"', "sh"],
    });
    await child.ended;
    expect(child.events.at(-1)).toMatchObject({ type: "failed", error: { code: "io.write" } });
    expect(readdirSync(small)).toEqual([]);
    return;
  }
  const seen = folder.file("left");
  const child = startChild(spec("full.qcow2", "qcow2", small), {
    prefix: [...unshare, "sh", "-c", script.replace(">&2", `> "${seen}"`), "sh"],
  });
  await child.ended;
  expect(child.events.at(-1)).toMatchObject({
    type: "failed",
    error: { code: "target.no-space", hint: expect.stringContaining("Free some space") },
  });
  expect(execFileSync("cat", [seen], { encoding: "utf8" })).toBe("");
});
