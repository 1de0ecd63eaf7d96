/** The walk over what a seeker answers, right or wrong: only what is a hole by every sign is told as one. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HoleSeeker, holeMap } from "./hole-map.ts";

const KiB = 1024;
const SIZE = 1024 * KiB;
/** Where the file holds bytes other than zero. */
const DATA = [
  [100 * KiB, 120 * KiB],
  [160 * KiB, 200 * KiB],
  [900 * KiB, SIZE],
] as const;

let folder = "";
let fd = -1;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hole-map-"));
  fd = openSync(join(folder, "file"), "wx+");
  ftruncateSync(fd, SIZE);
  for (const [start, end] of DATA) writeSync(fd, Buffer.alloc(end - start, 7), 0, end - start, start);
});
afterAll(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true, force: true });
});

/** Answers as a file system would whose stored ranges are `stored`. */
function seekerOf(stored: readonly (readonly [number, number])[]): HoleSeeker {
  return {
    data: (_, at) => {
      const next = stored.find(([, end]) => end > at);
      return next === undefined ? Number.POSITIVE_INFINITY : Math.max(at, next[0]);
    },
    hole: (_, at) => {
      let found = at;
      for (const [start, end] of stored) if (start <= found && found < end) found = end;
      return found;
    },
  };
}

/** As text, in KiB: "0+100 hole". */
async function told(seeker: HoleSeeker, start = 0, length = SIZE): Promise<string[]> {
  const ranges: string[] = [];
  for await (const range of holeMap(fd, seeker, start, length)) {
    ranges.push(`${range.start / KiB}+${range.length / KiB} ${range.hole ? "hole" : "data"}`);
  }
  return ranges;
}

const honest = seekerOf(DATA);

describe("holeMap", () => {
  test("ranges in turn; a hole of less than 64 KiB is not worth telling", async () => {
    expect(await told(honest)).toEqual(["0+100 hole", "100+100 data", "200+700 hole", "900+124 data"]);
  });

  test.each([
    ["inside a hole", 10, 80, ["10+80 hole"]],
    ["from a hole's short rest into the next", 50, 350, ["50+150 data", "200+200 hole"]],
    ["inside data", 110, 5, ["110+5 data"]],
    ["up to the end", 800, 224, ["800+100 hole", "900+124 data"]],
    ["nothing", 500, 0, []],
  ])("a part: %s", async (_, start, length, expected) => {
    expect(await told(honest, start * KiB, length * KiB)).toEqual(expected);
  });

  test("a file that holds nothing is one hole to its end", async () => {
    expect(await told(seekerOf([]), 210 * KiB, 600 * KiB)).toEqual(["210+600 hole"]);
  });

  const liars: Record<string, HoleSeeker> = {
    "does not answer": { data: () => null, hole: () => null },
    "knows of no data and no hole": { data: () => null, hole: (_, at) => at },
    "calls everything a hole": { data: () => Number.POSITIVE_INFINITY, hole: (_, at) => at },
    "forgets the first data": seekerOf(DATA.slice(2)),
    "forgets the last data": seekerOf(DATA.slice(0, 2)),
    "calls the end of the file near": { data: () => Number.POSITIVE_INFINITY, hole: () => Number.POSITIVE_INFINITY },
    "goes round in circles": { data: (_, at) => at, hole: (_, at) => at },
  };
  test.each(Object.entries(liars))(
    "a system that %s: no byte of data is told as a hole at its ends",
    async (_, liar) => {
      let at = 0;
      for await (const range of holeMap(fd, liar, 0, SIZE)) {
        expect(range.start).toBe(at);
        at += range.length;
        const edges = [range.start, range.start + range.length - 4096];
        const covers = DATA.some(([start, end]) => edges.some((edge) => edge < end && edge + 4096 > start));
        if (range.hole) expect(covers).toBe(false);
      }
      expect(at).toBe(SIZE);
    },
  );
});
