/** The real map of real files, against what was written and against qemu-img's own walk. */
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, ftruncateSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { SourceRange } from "./byte-source.ts";
import { openFileSource } from "./file.ts";
import { keepsExactHoles, systemHoleSeeker } from "./hole-map.ts";

const MiB = 1024 * 1024;
/** Ordinary folders may lie on a file system that is not asked (a container's overlay); the memory's own always can. */
const parent = keepsExactHoles(tmpdir()) || !existsSync("/dev/shm") ? tmpdir() : "/dev/shm";
const folder = mkdtempSync(join(parent, "hole-map-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, sizeBytes: number, data: readonly (readonly [start: number, length: number])[]): string {
  const path = join(folder, name);
  const fd = openSync(path, "wx");
  ftruncateSync(fd, sizeBytes);
  for (const [start, length] of data) writeSync(fd, Buffer.alloc(length, 0xa5), 0, length, start);
  closeSync(fd);
  return path;
}

async function rangesOf(path: string, start?: number, length?: number): Promise<SourceRange[] | null> {
  const source = await openFileSource(path);
  const found: SourceRange[] = [];
  if (source.ranges === undefined) return null;
  for await (const range of source.ranges(start ?? 0, length ?? source.sizeBytes)) found.push(range);
  await source.close();
  return found;
}

test("this system has a hole map", async () => {
  expect(systemHoleSeeker()).not.toBeNull();
  expect(keepsExactHoles(folder)).toBe(true);
});

test("holes of a file just written, not yet on any disk, are found to the block and no data is lost", async () => {
  const path = write("fresh", 40 * MiB + 700, [
    [0, 100],
    [8 * MiB, 3 * MiB],
    [20 * MiB + 5, 10],
    [40 * MiB, 700],
  ]);
  const block = statfsSync(path).bsize;
  const ranges = await rangesOf(path);
  expect(ranges).toEqual([
    { start: 0, length: block, hole: false },
    { start: block, length: 8 * MiB - block, hole: true },
    { start: 8 * MiB, length: 3 * MiB, hole: false },
    { start: 11 * MiB, length: 9 * MiB, hole: true },
    { start: 20 * MiB, length: block, hole: false },
    { start: 20 * MiB + block, length: 20 * MiB - block, hole: true },
    { start: 40 * MiB, length: 700, hole: false },
  ]);
  // In parts it is the same.
  expect(await rangesOf(path, 9 * MiB, 4 * MiB)).toEqual([
    { start: 9 * MiB, length: 2 * MiB, hole: false },
    { start: 11 * MiB, length: 2 * MiB, hole: true },
  ]);
});

test("a random file: the same bytes stored as qemu-img says, seed 20251", async () => {
  let state = 20_251;
  const next = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const data: [number, number][] = Array.from({ length: 60 }, () => [next(200) * 256 * 1024, (1 + next(32)) * 4096]);
  const path = write("random", 64 * MiB, data);
  const map = JSON.parse(
    execFileSync("qemu-img", ["map", "-f", "raw", "--output=json", path], { encoding: "utf8" }),
  ) as { start: number; length: number; data: boolean }[];
  const sum = (lengths: readonly number[]) => lengths.reduce((all, one) => all + one, 0);
  const ranges = await rangesOf(path);
  expect(sum((ranges ?? []).filter(({ hole }) => hole).map(({ length }) => length))).toBe(
    sum(map.filter((one) => !one.data && one.length >= 64 * 1024).map(({ length }) => length)),
  );
});

test("a file with a block for every byte is not asked, one without any is a hole", async () => {
  expect(await rangesOf(write("full", 2 * MiB, [[0, 2 * MiB]]))).toBeNull();
  expect(await rangesOf(write("empty", 2 * MiB, []))).toEqual([{ start: 0, length: 2 * MiB, hole: true }]);
});
