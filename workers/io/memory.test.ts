import { describe, expect, it } from "vitest";
import { memorySource, memoryTarget } from "./memory.ts";

describe("memory source and target", () => {
  it("reads what is there and names what is not", async () => {
    const source = memorySource("m", Uint8Array.of(1, 2, 3));
    const two = new Uint8Array(2);
    await source.read(1, two);
    expect([...two]).toEqual([2, 3]);
    await expect(source.read(2, two)).rejects.toMatchObject({
      code: "disk.truncated",
      details: { file: "m", offset: 2, missingBytes: 1 },
    });
  });

  it("keeps bytes across page borders and zeroes what a shorter size cut off", async () => {
    const target = memoryTarget("t");
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i % 251) + 1);
    await target.write(65_000, bytes);
    expect(target.sizeBytes).toBe(135_000);
    const back = new Uint8Array(70_000);
    await target.read(65_000, back);
    expect(Buffer.compare(back, bytes)).toBe(0);
    await target.resize(65_010);
    await target.resize(140_000);
    const content = target.content();
    expect([...content.subarray(64_998, 65_012)]).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0]);
    expect(content.subarray(65_010).every((byte) => byte === 0)).toBe(true);
  });

  it("keeps only synced bytes as durable", async () => {
    const target = memoryTarget("t", Uint8Array.of(9));
    await target.write(1, Uint8Array.of(1));
    expect([...target.durableContent()]).toEqual([9]);
    await target.sync();
    await target.write(2, Uint8Array.of(2));
    expect([...target.durableContent()]).toEqual([9, 1]);
  });
});
