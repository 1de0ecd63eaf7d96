import { expect, test } from "vitest";
import { allocationMap, sumExtents } from "./allocation-map.ts";
import { fakeReader } from "./testing/fake-disk.ts";

const disk = {
  sizeBytes: 1_000_960,
  tableBytes: 70_000,
  ranges: [
    { start: 512, length: 300_000, state: "data" as const },
    { start: 300_512, length: 100_000, state: "zero" as const },
    { start: 900_000, length: 100_960, state: "data" as const },
  ],
};

test.each([1, 2, 3, 7, 512, 4096])("%i slices: exact, gap-free, together the whole disk", async (wanted) => {
  const map = await allocationMap(fakeReader(disk), wanted);
  expect(map.totals).toEqual({ dataBytes: 400_960, zeroBytes: 100_000, holeBytes: 500_000 });
  expect(map.extentCount).toBe(5);
  expect(map.slices.length).toBeLessThanOrEqual(wanted);
  let at = 0;
  const sums = { dataBytes: 0, zeroBytes: 0, holeBytes: 0 };
  for (const slice of map.slices) {
    expect(slice.start).toBe(at);
    expect(slice.dataBytes + slice.zeroBytes + slice.holeBytes).toBe(slice.lengthBytes);
    at += slice.lengthBytes;
    sums.dataBytes += slice.dataBytes;
    sums.zeroBytes += slice.zeroBytes;
    sums.holeBytes += slice.holeBytes;
  }
  expect(at).toBe(disk.sizeBytes);
  expect(sums).toEqual(map.totals);
  expect(new Set(map.slices.slice(0, -1).map((slice) => slice.lengthBytes)).size).toBeLessThanOrEqual(1);
});

test("a slice shows what lies in it", async () => {
  const map = await allocationMap(fakeReader({ ...disk, sizeBytes: 1_024_000 }), 10);
  expect(map.slices[0]).toEqual({ start: 0, lengthBytes: 102_400, dataBytes: 101_888, zeroBytes: 0, holeBytes: 512 });
  expect(map.slices[5]).toMatchObject({ holeBytes: 102_400 });
});

test("an empty disk has no slices", async () => {
  const empty = { sizeBytes: 0, ranges: [] };
  expect(await allocationMap(fakeReader(empty), 8)).toMatchObject({ extentCount: 0, slices: [] });
  expect(await sumExtents(fakeReader(empty))).toEqual({ dataBytes: 0, zeroBytes: 0, holeBytes: 0 });
});

test("the gate can stop it", async () => {
  const gate = async () => {
    throw new Error("stop");
  };
  await expect(allocationMap(fakeReader(disk), 8, gate)).rejects.toThrow("stop");
});
