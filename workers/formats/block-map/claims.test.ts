import { describe, expect, it } from "vitest";
import { seededRandom } from "../testing/test-disk.ts";
import { type Claim, type ClaimTrouble, findClaimTrouble } from "./claims.ts";

interface Named extends Claim {
  readonly name: string;
}

async function troubleOf(
  file: { sizeBytes: number; unitBytes: number },
  pages: readonly (readonly Named[])[],
  windowBytes?: number,
): Promise<{ found: ClaimTrouble<Named>[]; walks: number }> {
  let walks = 0;
  const found: ClaimTrouble<Named>[] = [];
  async function* walk(): AsyncIterable<readonly Named[]> {
    walks++;
    yield* pages;
  }
  for await (const one of findClaimTrouble(file, walk, windowBytes)) found.push(one);
  return { found, walks };
}

const words = (found: readonly ClaimTrouble<Named>[]): string[] =>
  found.map((one) => `${one.kind === "gap" ? "gap" : one.claim.name} ${one.start}+${one.length}`);

describe("claims of ranges of a file", () => {
  it("that touch but do not overlap are sound, and cover the file without a gap", async () => {
    const pages = [[{ start: 0, length: 512, name: "header" }], [{ start: 512, length: 4096, name: "table" }]];
    expect((await troubleOf({ sizeBytes: 4608, unitBytes: 512 }, pages)).found).toEqual([]);
  });

  it("that overlap are told by the one that comes later, with exactly the shared range", async () => {
    const pages = [
      [
        { start: 10_240, length: 5120, name: "a" },
        { start: 0, length: 10_240, name: "b" },
      ],
      [{ start: 9728, length: 1024, name: "c" }],
      [{ start: 512, length: 512, name: "d" }],
    ];
    const { found, walks } = await troubleOf({ sizeBytes: 15_360, unitBytes: 512 }, pages);
    expect(words(found)).toEqual(["c 9728+1024", "d 512+512"]);
    expect(walks).toBe(1);
  });

  it("that leave room show it, to the end of the file", async () => {
    const pages = [[{ start: 1024, length: 1024, name: "a" }], [{ start: 4096, length: 100, name: "b" }]];
    const { found } = await troubleOf({ sizeBytes: 5000, unitBytes: 512 }, pages);
    expect(words(found)).toEqual(["gap 0+1024", "gap 2048+2048", "gap 4608+392"]);
    expect(words((await troubleOf({ sizeBytes: 700, unitBytes: 512 }, [])).found)).toEqual(["gap 0+700"]);
    expect((await troubleOf({ sizeBytes: 0, unitBytes: 512 }, pages)).found).toEqual([]);
  });

  it("far apart in a huge file cost one walk for each window that has one, and no more memory", async () => {
    const sizeBytes = 2 ** 53 - 512;
    const pages = [
      [
        { start: 0, length: 512, name: "header" },
        { start: 2 ** 52, length: 512, name: "far" },
        { start: 2 ** 52, length: 1024, name: "again" },
      ],
    ];
    const { found, walks } = await troubleOf({ sizeBytes, unitBytes: 512 }, pages);
    expect(walks).toBe(2);
    expect(words(found)).toEqual([
      `again ${2 ** 52}+512`,
      `gap 512+${2 ** 52 - 512}`,
      `gap ${2 ** 52 + 1024}+${sizeBytes - 2 ** 52 - 1024}`,
    ]);
  });

  it("are judged the same by windows of every size as unit by unit", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed);
      const units = 1 + Math.floor(random() * 600);
      const claims = Array.from({ length: Math.floor(random() * 12) }, (_, i): Named => {
        const start = Math.floor(random() * units);
        return { start: start * 8, length: 8 * (1 + Math.floor(random() * 90)), name: String(i) };
      });
      const count = new Uint8Array(units);
      let shared = 0;
      for (const { start, length } of claims) {
        for (let unit = start / 8; unit < Math.min(units, (start + length) / 8); unit++) {
          if ((count[unit] ?? 0) > 0) shared += 8;
          count[unit] = 1;
        }
      }
      const free = count.filter((one) => one === 0).length * 8;
      for (const windowBytes of [8, 16, 4096]) {
        const { found } = await troubleOf({ sizeBytes: units * 8, unitBytes: 8 }, [claims], windowBytes);
        const sum = (kind: string): number =>
          found.filter((one) => one.kind === kind).reduce((all, { length }) => all + length, 0);
        expect([sum("overlap"), sum("gap")], `seed ${seed}, window ${windowBytes}`).toEqual([shared, free]);
        const gaps = found.filter(({ kind }) => kind === "gap");
        for (const [index, gap] of gaps.entries()) {
          const before = gaps[index - 1];
          if (before) expect(before.start + before.length, "gaps are merged and ascend").toBeLessThan(gap.start);
        }
      }
    }
  });

  it("of no length are a mistake of their maker", async () => {
    const empty = [[{ start: 0, length: 0, name: "a" }]];
    await expect(troubleOf({ sizeBytes: 512, unitBytes: 512 }, empty)).rejects.toMatchObject({ code: "internal.bug" });
  });
});
