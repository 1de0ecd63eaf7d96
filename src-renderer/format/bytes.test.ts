import { describe, expect, it } from "vitest";
import { exactBytes, formatBytes, formatCount, formatPercent, formatRate, mibRate, mibText } from "./bytes.ts";

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [1, "1 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [10 * 1024 + 512, "10.5 KiB"],
    [1024 ** 2 - 1, "1 MiB"],
    [1024 ** 3 - 1024 ** 2 / 4, "1 GiB"],
    [13_421_772_800, "12.5 GiB"],
    [5.25 * 1024 ** 4, "5.25 TiB"],
    [100 * 1024 ** 3, "100 GiB"],
    [Number.MAX_SAFE_INTEGER, "8 PiB"],
  ])("%d → %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

it("keeps the zeros of whole numbers", () => {
  expect(formatBytes(200 * 1024)).toBe("200 KiB");
  expect(formatBytes(10 * 1024)).toBe("10 KiB");
});

it("gives the exact figure in words", () => {
  expect(exactBytes(13_421_772_800)).toBe("13,421,772,800 bytes");
  expect(exactBytes(1)).toBe("1 byte");
  expect(formatCount(5012)).toBe("5,012");
});

it("gives rates a second", () => {
  expect(formatRate(182 * 1024 * 1024 + 0.4)).toBe("182 MiB/s");
});

it.each([
  [0, 0, "0 %"],
  [0, 100, "0 %"],
  [1, 100_000, "<0.1 %"],
  [5, 100, "5.0 %"],
  [999, 1000, "99 %"],
  [99_999, 100_000, "99.9 %"],
  [100, 100, "100 %"],
])("%d of %d is %s", (part, whole, text) => {
  expect(formatPercent(part, whole)).toBe(text);
});

it.each([
  ["1.5", 1_572_864],
  ["0.0001", 1024],
  ["100", 104_857_600],
])("a limit of %s MiB a second is %d bytes a second", (text, bytes) => {
  expect(mibRate(Number(text))).toBe(bytes);
});

it("shows a limit as it was typed", () => {
  expect(mibText(mibRate(12.5))).toBe("12.5");
});
