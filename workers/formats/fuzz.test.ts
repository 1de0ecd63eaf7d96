/** Lying images: every seed gives success or a named error, soon and in little memory. `npm run fuzz` goes on for longer. */
import { describe, expect, it } from "vitest";
import { everyField, fuzzCase, judge, lie } from "./testing/fuzz.ts";

describe("readers of lying images", () => {
  it("answer to each field set to each suspicious value", async () => {
    const values = [0n, 1n, 0xffffffffn, 2n ** 64n - 1n];
    let cases = 0;
    for (const one of everyField(values)) {
      cases++;
      const complaint = await judge(one);
      if (complaint !== null) expect.fail(`${one.mutations.join("; ")}: ${complaint}`);
    }
    expect(cases).toBeGreaterThan(1500);
  }, 90_000);

  it("answer to 4,000 mutated images", async () => {
    for (let seed = 1; seed <= 4000; seed++) {
      const one = fuzzCase(seed);
      const complaint = await judge(one);
      if (complaint !== null)
        expect.fail(`seed ${seed}, ${one.fixture.name}: ${one.mutations.join("; ")}: ${complaint}`);
    }
  }, 120_000);

  it.each([
    {
      what: "a grain directory of gigabytes in a sparse file was scanned",
      found: lie("zeroed grains", "VMDK sparse header.capacity", 2n ** 37n, 2 ** 41),
    },
    {
      what: "the same through a larger capacity",
      found: lie("monolithicSparse", "VMDK sparse header.capacity", 2n ** 40n, 2 ** 41),
    },
    {
      what: "a check told of damage at 2^62, which no file has",
      found: lie("zeroed grains", "VMDK sparse header.gdOffset", 2n ** 53n),
    },
    {
      what: "the same of a VHD's header",
      found: lie("dynamic, exact bitmaps, blocks in disorder", "VHD footer.dataOffset", 2n ** 64n - 2n),
    },
  ])("stay cured: $what", async ({ found }) => {
    expect(await judge(found)).toBeNull();
  });
});
