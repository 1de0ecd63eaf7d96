import { describe, expect, it } from "vitest";
import { durationText, exactSizeText, percentText, sizeText } from "./size.ts";

describe("sizeText", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.00 KiB"],
    [1536, "1.50 KiB"],
    [10 * 1024 - 1, "10.0 KiB"],
    [100 * 1024, "100 KiB"],
    [1023.4 * 1024, "1023 KiB"],
    [1023.6 * 1024, "1.00 MiB"],
    [64 * 1024 ** 2, "64.0 MiB"],
    [2 ** 53 - 1, "8.00 PiB"],
  ])("%d → %s", (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it("gives the exact figure beside a rounded one only", () => {
    expect(exactSizeText(512)).toBe("512 bytes");
    expect(exactSizeText(67_108_864)).toBe("64.0 MiB (67108864 bytes)");
  });
});

describe("durationText", () => {
  it.each([
    [0, "0.0 s"],
    [9_940, "9.9 s"],
    [10_000, "0:10"],
    [59_600, "1:00"],
    [83_000, "1:23"],
    [4_000_000, "1:06:40"],
  ])("%d ms → %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe("percentText", () => {
  it.each([
    [0, 100, "0 %"],
    [999, 1000, "99 %"],
    [1000, 1000, "100 %"],
    [1001, 1000, "100 %"],
    [0, 0, "100 %"],
  ])("%d of %d → %s", (done, total, text) => {
    expect(percentText(done, total)).toBe(text);
  });
});
