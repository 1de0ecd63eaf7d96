/** Which walks of a file are kept, and when they are believed. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SourceRange } from "./byte-source.ts";
import { type FileState, rangesOf } from "./known-ranges.ts";

const RANGES: readonly SourceRange[] = [
  { start: 0, length: 100, hole: true },
  { start: 100, length: 50, hole: false },
  { start: 150, length: 850, hole: true },
];
const longAgo = BigInt(Date.now() - 3_600_000) * 1_000_000n;

let inode = 0n;
let walks = 0;
let state: FileState;

beforeEach(() => {
  inode++;
  walks = 0;
  state = { dev: 1n, ino: inode, size: 1000n, mtimeNs: longAgo, ctimeNs: longAgo, blocks: 8n };
});

afterEach(() => {
  vi.useRealTimers();
});

async function told(start = 0, length = 1000, ranges = RANGES, between = () => {}): Promise<string[]> {
  async function* walk(): AsyncIterable<SourceRange> {
    walks++;
    yield* ranges;
    between();
  }
  const got: string[] = [];
  for await (const range of rangesOf(() => state, start, length, walk)) {
    got.push(`${range.start}+${range.length} ${range.hole ? "hole" : "data"}`);
  }
  return got;
}

const WHOLE = ["0+100 hole", "100+50 data", "150+850 hole"];

describe("a whole walk of a file that nobody touched for a while", () => {
  test("is kept: the second one looks at nothing", async () => {
    expect(await told()).toEqual(WHOLE);
    expect(await told(0, 1000, [])).toEqual(WHOLE);
    expect(walks).toBe(1);
  });

  test("answers for parts, cut at their ends", async () => {
    await told();
    expect(await told(120, 60, [])).toEqual(["120+30 data", "150+30 hole"]);
    expect(await told(999, 1, [])).toEqual(["999+1 hole"]);
  });

  test("is kept until another file's is", async () => {
    await told();
    const first = state;
    state = { ...first, ino: 1000n + inode };
    await told();
    state = first;
    await told();
    expect(walks).toBe(3);
  });

  test("is believed for ten seconds", async () => {
    vi.useFakeTimers({ toFake: ["hrtime"] });
    await told();
    vi.advanceTimersByTime(9_000);
    await told();
    expect(walks).toBe(1);
    vi.advanceTimersByTime(1_000);
    await told();
    expect(walks).toBe(2);
  });

  test.each([
    ["content", { mtimeNs: longAgo + 1n }],
    ["attributes", { ctimeNs: longAgo + 1n }],
    ["size", { size: 1001n }],
    ["blocks", { blocks: 16n }],
    ["device", { dev: 2n }],
  ] as const)("is not believed once %s changed", async (_, change) => {
    await told();
    state = { ...state, ...change };
    expect(await told(0, Number(state.size), [])).toEqual([]);
    expect(walks).toBe(2);
  });
});

describe("not kept is", () => {
  test.each([
    ["just written to", { mtimeNs: BigInt(Date.now()) * 1_000_000n }],
    ["just punched", { ctimeNs: BigInt(Date.now()) * 1_000_000n }],
    ["of the future", { mtimeNs: BigInt(Date.now() + 3_600_000) * 1_000_000n }],
  ] as const)("a file that was %s", async (_, change) => {
    state = { ...state, ...change };
    await told();
    await told();
    expect(walks).toBe(2);
  });

  test("a walk over part of a file", async () => {
    await told(0, 999);
    await told(1, 999);
    await told();
    expect(walks).toBe(3);
  });

  test("a walk during which the file changed", async () => {
    await told(0, 1000, RANGES, () => {
      state = { ...state, mtimeNs: longAgo + 1n };
    });
    await told();
    expect(walks).toBe(2);
  });

  test("a file torn into more pieces than memory is for", async () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({ start: i, length: 1, hole: i % 2 === 0 }));
    state = { ...state, size: 5000n };
    expect(await told(0, 5000, many)).toHaveLength(5000);
    expect(await told(0, 5000, many)).toHaveLength(5000);
    expect(walks).toBe(2);
  });

  test("a walk that its reader left", async () => {
    for await (const _ of rangesOf(
      () => state,
      0,
      1000,
      async function* () {
        walks++;
        yield* RANGES;
      },
    ))
      break;
    await told();
    expect(walks).toBe(2);
  });
});
