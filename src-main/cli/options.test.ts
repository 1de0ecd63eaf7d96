import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { parseVerify, parseWhole } from "./options.ts";

describe("--verify", () => {
  it.each([
    ["full", { mode: "full" }],
    ["none", { mode: "none" }],
    ["sample", { mode: "sample", fraction: 0.02, seed: 7 }],
    ["sample=12.5", { mode: "sample", fraction: 0.125, seed: 7 }],
    ["sample=100%", { mode: "sample", fraction: 1, seed: 7 }],
  ])("%s", (text, mode) => {
    expect(parseVerify(text, 7)).toEqual(mode);
  });

  it.each(["", "all", "sample=", "sample=0", "sample=101", "sample=-1", "sample=1e3", "full=2"])(
    "refuses %j",
    (text) => {
      expect(() => parseVerify(text, 7)).toThrow(InvalidArgumentError);
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
