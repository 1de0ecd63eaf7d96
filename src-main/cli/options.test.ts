import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { parseCompression, parseRate, parseSample, parseSize, parseVerify, parseWhole } from "./options.ts";

const seed = () => 7;

describe("--verify", () => {
  it.each([
    ["full", { mode: "full" }],
    ["none", { mode: "none" }],
    ["sample", { mode: "sample", fraction: 0.02, seed: 7 }],
    ["sample=12.5", { mode: "sample", fraction: 0.125, seed: 7 }],
    ["sample=100%", { mode: "sample", fraction: 1, seed: 7 }],
  ])("%s", (text, mode) => {
    expect(parseVerify(text, seed)).toEqual(mode);
  });

  it.each(["", "all", "sample=", "sample=0", "sample=101", "sample=-1", "sample=1e3", "full=2"])(
    "refuses %j",
    (text) => {
      expect(() => parseVerify(text, seed)).toThrow(InvalidArgumentError);
    },
  );
});

describe("whole numbers", () => {
  const port = parseWhole(0, 65_535);
  it.each([
    ["0", 0],
    ["8080", 8080],
    ["65535", 65_535],
  ])("takes %s", (text, value) => {
    expect(port(text)).toBe(value);
  });

  it.each(["", "-1", "65536", "80.5", "0x50", "1e3", " 80"])("refuses %j", (text) => {
    expect(() => port(text)).toThrow(InvalidArgumentError);
  });
});

describe("sizes and speeds", () => {
  it.each([
    ["0", 0],
    ["65536", 65_536],
    ["64K", 65_536],
    ["64k", 65_536],
    ["64KiB", 65_536],
    ["1.5G", 1.5 * 1024 ** 3],
    ["2T", 2 * 1024 ** 4],
    ["512B", 512],
  ])("%s", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(["", "K", "-1", "1X", "1e3", "64 K B", "9999999T"])("%j is no size", (text) => {
    expect(() => parseSize(text)).toThrow(InvalidArgumentError);
  });

  it("a speed is a size a second, of at least 1 KiB", () => {
    expect(parseRate("50M")).toBe(50 * 1024 ** 2);
    expect(parseRate("50M/s")).toBe(50 * 1024 ** 2);
    expect(() => parseRate("1000")).toThrow(InvalidArgumentError);
  });
});

describe("--compress", () => {
  it("takes a method, and a level after a colon", () => {
    expect(parseCompression("none")).toEqual({ method: "none" });
    expect(parseCompression("zstd:19")).toEqual({ method: "zstd", level: 19 });
    for (const text of ["", "lzma", "zlib:", "zlib:fast", ":3"]) {
      expect(() => parseCompression(text), text).toThrow(InvalidArgumentError);
    }
  });
});

describe("--sample", () => {
  it("takes a percentage", () => {
    expect(parseSample("5", seed)).toEqual({ mode: "sample", fraction: 0.05, seed: 7 });
    expect(parseSample("0.5%", seed)).toEqual({ mode: "sample", fraction: 0.005, seed: 7 });
    for (const text of ["", "0", "101", "some"])
      expect(() => parseSample(text, seed), text).toThrow(InvalidArgumentError);
  });
});
