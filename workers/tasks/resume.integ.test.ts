import { existsSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import type { ConvertResult } from "../../src-core/model/task.ts";
import type { Checkpoint, TaskEvent } from "../../src-core/model/task-event.ts";
import { seededRandom } from "../disk/sample.ts";
import {
  convertSpec,
  lastCheckpoint,
  MiB,
  type OneTarget,
  qemuImg,
  runOnWorker,
  sha256,
  startChild,
  startWorker,
  tempFolder,
  writeStampedRaw,
} from "./testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());

const raw = folder.file("source.raw");
const source = folder.file("source.qcow2");

beforeAll(() => {
  const ranges = Array.from({ length: 14 }, (_, index) => ({
    start: index * 36 * MiB + 4096 * index,
    length: 10 * MiB + 512 * index,
  }));
  writeStampedRaw(raw, 512 * MiB, ranges);
  qemuImg("convert", "-O", "qcow2", "-o", "cluster_size=16k", raw, source);
});

const spec = (name: string, to: FormatId): OneTarget =>
  convertSpec({
    sourcePath: source,
    targetPath: folder.file(name),
    targetFormat: to,
    partialPath: folder.file(`.${name}.partial`),
    roots: [folder.path],
  });

interface Attempt {
  readonly events: readonly TaskEvent[];
  /** null when it was killed before its end. */
  readonly result: ConvertResult | null;
}

/** Starts an attempt and kills it so many ms after its first checkpoint; null = lets it run. */
type StartAttempt = (resumeFrom: Checkpoint | null, killAfterMs: number | null) => Promise<Attempt>;

/** Attempt after attempt, each going on from the last checkpoint of those before; the last one is not killed. */
async function throughKills(job: OneTarget, start: StartAttempt, kills: readonly number[]) {
  let resumeFrom: Checkpoint | null = null;
  const begins: (number | null)[] = [];
  for (const killAfterMs of [...kills, null]) {
    const { events, result }: Attempt = await start(resumeFrom, killAfterMs);
    const started = events.find((event) => event.type === "started");
    if (started !== undefined) begins.push(started.resumedFromBytes);
    resumeFrom = lastCheckpoint(events) ?? resumeFrom;
    if (result !== null) return { result, begins };
    expect(existsSync(job.targetPath)).toBe(false);
  }
  throw new Error("the last attempt, which nobody killed, did not finish");
}

/** Waits for an attempt's first checkpoint, then so many ms; a doomed one that makes none waits at its end to be killed. */
async function killMoment(events: readonly TaskEvent[], afterMs: number): Promise<void> {
  const moment = (event: TaskEvent) => ["checkpoint", "written", "failed"].includes(event.type);
  while (!events.some(moment)) await sleep(2);
  await sleep(afterMs);
}

/** An attempt that is killed as soon as its first checkpoint is heard of. @returns that checkpoint */
async function killedAtCheckpoint(job: OneTarget, resumeFrom: Checkpoint | null = null): Promise<Checkpoint> {
  const worker = startWorker(job, {
    resumeFrom,
    doomed: true,
    onEvent: (event) => {
      if (event.type === "checkpoint") void worker.kill();
    },
  });
  await expect(worker.result).rejects.toMatchObject({ code: "job.crashed" });
  const first = worker.events.find((event) => event.type === "checkpoint");
  if (first === undefined) throw new Error("no checkpoint was made");
  return first.checkpoint;
}

const startOnWorker =
  (job: OneTarget): StartAttempt =>
  async (resumeFrom, killAfterMs) => {
    const worker = startWorker(job, { resumeFrom, doomed: killAfterMs !== null });
    if (killAfterMs !== null) {
      await killMoment(worker.events, killAfterMs);
      await worker.kill();
    }
    const outcome = await worker.result.catch(() => null);
    return { events: worker.events, result: outcome?.kind === "convert" ? outcome : null };
  };

const startInProcess =
  (job: OneTarget): StartAttempt =>
  async (resumeFrom, killAfterMs) => {
    const child = startChild(job, { resumeFrom, doomed: killAfterMs !== null });
    if (killAfterMs !== null) {
      await killMoment(child.events, killAfterMs);
      child.kill();
    }
    await child.ended;
    const finished = child.events.find((event) => event.type === "finished");
    return { events: child.events, result: finished?.result.kind === "convert" ? finished.result : null };
  };

describe.each(["qcow2", "vhd", "vhdx", "vdi", "raw"] as const)("to %s", (to) => {
  let undisturbed: string;
  beforeAll(async () => {
    const job = spec(`undisturbed.${to}`, to);
    await runOnWorker(job);
    undisturbed = sha256(job.targetPath);
  });

  test.each([
    { how: "a worker terminated", begin: startOnWorker, seed: 1, kills: 5 },
    { how: "a process killed by SIGKILL", begin: startInProcess, seed: 2, kills: 3 },
  ])("$how at random moments, again and again, ends in the same bytes", async ({ how, begin, seed, kills }) => {
    const random = seededRandom(seed);
    const job = spec(`${how.replaceAll(" ", "-")}.${to}`, to);
    const moments = Array.from({ length: kills }, () => random() * 60);
    const { result, begins } = await throughKills(job, begin(job), moments);
    expect(begins.filter((at) => at !== null).length).toBeGreaterThan(0);
    expect(result.resumedFromBytes).toBe(begins.at(-1));
    expect(sha256(job.targetPath)).toBe(undisturbed);
    expect(readdirSync(folder.path).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  test("an older checkpoint than the last one serves as well", async () => {
    const job = spec(`older.${to}`, to);
    const older = await killedAtCheckpoint(job);
    const newer = await killedAtCheckpoint(job, older);
    expect(newer.doneBytes).toBeGreaterThan(older.doneBytes);
    const again = startWorker(job, { resumeFrom: older });
    expect(await again.result).toMatchObject({ resumedFromBytes: older.doneBytes });
    expect(sha256(job.targetPath)).toBe(undisturbed);
  });
});

describe("a checkpoint that does not fit any more: the work starts over, says so, and is right", () => {
  const damages: Record<string, { why: RegExp; damage: (job: OneTarget, point: Checkpoint) => Checkpoint }> = {
    "the source was touched": {
      why: /source changed/,
      damage: (_, point) => {
        utimesSync(source, new Date(), new Date(Date.now() + 5000));
        return point;
      },
    },
    "the partial file is gone": {
      why: /unfinished file is gone/,
      damage: (job, point) => {
        rmSync(job.partialPath);
        return point;
      },
    },
    "other targets": {
      why: /other targets/,
      damage: (_, point) => ({ ...point, state: { ...point.state, targets: "[]" } }),
    },
    "a foreign version": { why: /another version/, damage: (_, point) => ({ ...point, state: { hello: 1 } }) },
  };
  test.each(Object.entries(damages))("%s", async (name, { why, damage }) => {
    const job = spec(`${name.replaceAll(" ", "-")}.qcow2`, "qcow2");
    const point = await killedAtCheckpoint(job);
    const second = startWorker(job, { resumeFrom: damage(job, point) });
    expect(await second.result).toMatchObject({ resumedFromBytes: null });
    expect(second.events.find((event) => event.type === "log")?.message).toMatch(why);
    expect(qemuImg("compare", source, job.targetPath)).toContain("identical");
  });
});
