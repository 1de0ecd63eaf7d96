/** Lanes that compress what only the copying thread can read. */
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, test } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import { CONTROL } from "../control.ts";
import type { Layer } from "../disk/chain.ts";
import { copyDisk } from "../disk/copy.ts";
import { profileOf, windowBytesOf } from "../disk/window.ts";
import { createFileTarget } from "../io/file.ts";
import { feedingPreparer } from "../tasks/lane-disk.ts";
import { planTarget } from "../tasks/target-plan.ts";
import { MiB, tempFolder } from "../tasks/testing/rig.ts";
import type { LaneAccess } from "./lane-thread.ts";
import { createPermits } from "./permits.ts";

const folder = tempFolder();
afterAll(() => folder.remove());

/** A disk of which half is data: in windows of every kind, and none of it lies in a file. */
const SIZE = 70 * MiB + 512;
const disk: Layer & { reads: number } = {
  reads: 0,
  virtualSizeBytes: SIZE,
  async *extents(start: number, length: number) {
    for (let at = start; at < start + length; at += 64 * 1024) {
      const size = Math.min(64 * 1024, start + length - at);
      yield { start: at, length: size, state: (at / 65536) % 3 === 0 ? "hole" : "data" } as const;
    }
  },
  async read(offset: number, into: Uint8Array) {
    disk.reads++;
    // Gives way to everything else, as a connection does.
    await new Promise((resolve) => setImmediate(resolve));
    const words = new Uint32Array(Math.ceil(into.length / 4));
    for (let i = 0; i < words.length; i++) words[i] = ((offset >>> 9) + (i >>> 5)) * 2654435761;
    into.set(new Uint8Array(words.buffer, 0, into.length));
  },
};

interface Threads {
  readonly access: LaneAccess;
  readonly started: Worker[];
  /** Permits that are held. */
  held(): number;
}

function threads(count: number): Threads {
  const started: Worker[] = [];
  const control = new SharedArrayBuffer(Object.keys(CONTROL).length * 4);
  return {
    started,
    held: () => Atomics.load(new Int32Array(control), CONTROL.held),
    access: {
      count,
      permits: { free: createPermits(count), control },
      warm() {},
      start(start) {
        const lane = new Worker(new URL("./lane-entry.ts", new URL("../", import.meta.url)));
        started.push(lane);
        lane.postMessage(start);
        return lane;
      },
    },
  };
}

/** @returns the sum of what a copy of `source` makes */
async function copied(
  source: Layer,
  format: FormatId,
  options: TargetOptions,
  access: LaneAccess | null,
  progress: (bytes: number) => void = () => {},
): Promise<string> {
  const path = folder.file(`out.${format}`);
  rmSync(path, { force: true });
  const target = { path, format, options, overwrite: false, partialPath: path };
  const { create, plan } = await planTarget(target, source.virtualSizeBytes, []);
  const file = await createFileTarget(path);
  try {
    const writer = await create(file, plan, { name: path, companions: [], resume: null });
    const profiles = [profileOf(writer, false)];
    const preparer = feedingPreparer(source, profiles, source.virtualSizeBytes, access);
    try {
      await copyDisk(source, [{ writer, endBytes: plan.virtualSizeBytes, profile: 0 }], preparer, {
        startBytes: 0,
        doneDataBytes: 0,
        windowBytes: windowBytesOf(profiles),
        hooks: { async gate() {}, async spend() {}, progress },
        now: () => performance.now(),
        checkpointRule: null,
        checkpoint() {},
      });
    } finally {
      await preparer.close();
    }
    await writer.finish();
  } finally {
    await file.close();
  }
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

const ZLIB = { compression: { method: "zlib", level: 1 } } as const;

describe("the bytes are those of one thread", () => {
  const targets: [FormatId, TargetOptions][] = [
    ["qcow2", ZLIB],
    ["qcow2", { compression: { method: "zstd" } }],
    ["vmdk", { subformat: "streamOptimized", ...ZLIB }],
  ];
  test.each(targets)("%s %o", async (format, options) => {
    const alone = await copied(disk, format, options, null);
    for (const count of [2, 4]) {
      const { access, started, held } = threads(count);
      expect(await copied(disk, format, options, access)).toBe(alone);
      expect(started).toHaveLength(count - 1);
      expect(held()).toBe(0);
    }
  });
});

test("nobody is started for a target that is not compressed", async () => {
  const { access, started } = threads(4);
  await copied(disk, "qcow2", {}, access);
  expect(started).toHaveLength(0);
});

test("a read that fails is told as it failed, whoever the window was for", async () => {
  const broken: Layer = {
    ...disk,
    read(offset, into) {
      if (offset > 40 * MiB) throw new AppError("source.lost", "cut");
      return disk.read(offset, into);
    },
  };
  const { access, held } = threads(3);
  await expect(copied(broken, "qcow2", ZLIB, access)).rejects.toMatchObject({ code: "source.lost", message: "cut" });
  expect(held()).toBe(0);
});

test("a lane that dies ends the copy with a reason", async () => {
  const { access, started } = threads(2);
  let killed = false;
  const kill = (bytes: number) => {
    if (killed || bytes < 20 * MiB) return;
    killed = true;
    void started[0]?.terminate();
  };
  // With no answer that is waited for from it the copy may as well end well: then it did the lane's part itself.
  const done = await copied(disk, "qcow2", ZLIB, access, kill).catch((error: unknown) => error);
  expect(killed).toBe(true);
  if (typeof done === "string") expect(done).toBe(await copied(disk, "qcow2", ZLIB, null));
  else expect(done).toMatchObject({ code: "job.crashed" });
});
