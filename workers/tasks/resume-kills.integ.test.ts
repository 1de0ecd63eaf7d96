/** Conversions of every kind, killed again and again by SIGKILL: each ends in the bytes of the undisturbed one. */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import type { ConvertSpec } from "../../src-core/model/task.ts";
import type { Checkpoint, TaskEvent } from "../../src-core/model/task-event.ts";
import { seededRandom } from "../disk/sample.ts";
import {
  convertSpec,
  lastCheckpoint,
  MiB,
  qemuImg,
  sha256,
  startChild,
  tempFolder,
  writeStampedRaw,
} from "./testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());
const source = folder.file("source.qcow2");

/** 126 MiB of data: enough for lanes, and a resume point may come each 16 MiB. */
beforeAll(() => {
  const raw = folder.file("source.raw");
  const ranges = Array.from({ length: 14 }, (_, index) => ({
    start: index * 11 * MiB + 4096 * index,
    length: 9 * MiB + 512 * index,
  }));
  writeStampedRaw(raw, 160 * MiB + 512, ranges);
  qemuImg("convert", "-O", "qcow2", raw, source);
});

interface Target {
  readonly name: string;
  readonly to: FormatId;
  readonly options?: TargetOptions;
}

interface Case {
  readonly label: string;
  readonly targets: readonly Target[];
  readonly lanes: number;
  readonly kills: number;
}

const STREAM: TargetOptions = { subformat: "streamOptimized", compression: { method: "zlib", level: 1 } };
const ZLIB: TargetOptions = { compression: { method: "zlib", level: 1 } };

/** 50 kills in all. */
const CASES: readonly Case[] = [
  { label: "qcow2, zlib", targets: [{ name: "zlib.qcow2", to: "qcow2", options: ZLIB }], lanes: 2, kills: 7 },
  {
    label: "qcow2, zstd",
    targets: [{ name: "zstd.qcow2", to: "qcow2", options: { compression: { method: "zstd" } } }],
    lanes: 0,
    kills: 6,
  },
  { label: "streamOptimized", targets: [{ name: "stream.vmdk", to: "vmdk", options: STREAM }], lanes: 2, kills: 7 },
  {
    label: "monolithicFlat with its companion",
    targets: [{ name: "flat.vmdk", to: "vmdk", options: { subformat: "monolithicFlat" } }],
    lanes: 3,
    kills: 6,
  },
  { label: "monolithicSparse", targets: [{ name: "sparse.vmdk", to: "vmdk" }], lanes: 2, kills: 6 },
  {
    label: "VHDX of 4096-byte sectors",
    targets: [{ name: "large.vhdx", to: "vhdx", options: { sectorBytes: 4096 } }],
    lanes: 2,
    kills: 6,
  },
  {
    label: "two targets at once",
    targets: [
      { name: "one.qcow2", to: "qcow2", options: ZLIB },
      { name: "two.vhd", to: "vhd", options: { subformat: "fixed" } },
    ],
    lanes: 2,
    kills: 6,
  },
  {
    label: "two targets at once, on one thread",
    targets: [
      { name: "three.vdi", to: "vdi" },
      { name: "four.vmdk", to: "vmdk", options: STREAM },
    ],
    lanes: 0,
    kills: 6,
  },
];

function specFor(targets: readonly Target[], kind: string): ConvertSpec {
  const all = targets.map(({ name, to, options = {} }) =>
    convertSpec({
      sourcePath: source,
      targetPath: folder.file(`${kind}/${name}`),
      targetFormat: to,
      partialPath: folder.file(`${kind}/.${name}.partial`),
      roots: [folder.path],
      options,
    }),
  );
  const [first] = all;
  if (first === undefined) throw new Error("no target");
  return { ...first, targets: all.flatMap((one) => one.targets) };
}

/** Names and sums of all files in a folder: a conversion's files carry the same names in each. */
const filesIn = (kind: string) =>
  Object.fromEntries(readdirSync(folder.file(kind)).map((name) => [name, sha256(folder.file(`${kind}/${name}`))]));

/** Lets it run to its end. @returns how long it worked */
async function undisturbed(spec: ConvertSpec, lanes: number): Promise<number> {
  const child = startChild(spec, { lanes });
  await child.ended;
  const last = child.events.at(-1);
  if (last?.type !== "finished" || last.result.kind !== "convert") throw new Error(JSON.stringify(last));
  return last.result.durationMs;
}

/** Kills it so many ms after it has begun its work, or after its next resume point. A doomed one waits at its end to be killed. */
async function killed(
  spec: ConvertSpec,
  lanes: number,
  resumeFrom: Checkpoint | null,
  after: "started" | "checkpoint",
  waitMs: number,
): Promise<readonly TaskEvent[]> {
  const child = startChild(spec, { lanes, resumeFrom, doomed: true });
  const moment = ({ type }: TaskEvent) => type === after || type === "written" || type === "failed";
  while (!child.events.some(moment)) await sleep(2);
  await sleep(waitMs);
  child.kill();
  await child.ended;
  return child.events;
}

test("fifty kills are planned", () => {
  expect(CASES.reduce((sum, { kills }) => sum + kills, 0)).toBe(50);
});

describe.each(CASES.map((one, index) => ({ ...one, seed: index + 1 })))("$label (seed $seed)", (one) => {
  test("killed at random moments it ends in the same bytes", async () => {
    const [calm, shaken] = [`calm-${one.seed}`, `shaken-${one.seed}`];
    for (const kind of [calm, shaken]) mkdirSync(folder.file(kind));
    const durationMs = await undisturbed(specFor(one.targets, calm), one.lanes);
    const spec = specFor(one.targets, shaken);
    const random = seededRandom(one.seed);
    let resumeFrom: Checkpoint | null = null;
    let resumed = 0;
    for (let kill = 0; kill < one.kills; kill += 1) {
      // In the middle of whatever it does there: between two resume points, while it makes one, while it ends.
      const after = kill % 3 === 1 ? "checkpoint" : "started";
      const waitMs = (random() * durationMs) / 3;
      const events = await killed(spec, one.lanes, resumeFrom, after, waitMs);
      expect(events.map(({ type }) => type)).not.toContain("failed");
      if (events.some((event) => event.type === "started" && event.resumedFromBytes !== null)) resumed += 1;
      resumeFrom = lastCheckpoint(events) ?? resumeFrom;
      for (const { path } of spec.targets) expect(existsSync(path)).toBe(false);
    }
    // The second kill comes after a resume point at the earliest.
    expect(resumeFrom?.doneBytes).toBeGreaterThan(0);
    const last = startChild(spec, { lanes: one.lanes, resumeFrom });
    await last.ended;
    expect(last.events.at(-1)).toMatchObject({ type: "finished", result: { resumedFromBytes: resumeFrom?.doneBytes } });
    expect(resumed).toBeGreaterThanOrEqual(one.kills - 2);
    expect(filesIn(shaken)).toEqual(filesIn(calm));
  });
});
