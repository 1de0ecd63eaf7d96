import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { ExportOptions } from "../../src-core/model/export.ts";
import { exportOptions, parseTimedLimit, type TypedExport } from "./export-request.ts";

const typed: TypedExport = { to: "out", as: "ova", option: [], quiesce: "try", power: "leave", limitAt: [] };
const asked = (more: Partial<TypedExport> = {}) => exportOptions({ ...typed, ...more }, (path) => `/here/${path}`);

describe("what an export is asked for", () => {
  it("is, with nothing said, what the contract takes for granted", () => {
    expect(asked()).toEqual(ExportOptions.parse({ output: { kind: "ova" }, folder: "/here/out" }));
  });

  it.each<[string, Partial<TypedExport>, object]>([
    ["an OVF with a level", { as: "ovf", compression: 9 }, { output: { kind: "ovf", compressionLevel: 9 } }],
    ["a digest for an OVA", { digest: "sha1" }, { output: { kind: "ova", digest: "sha1" } }],
    [
      "a digest for an OVF, with a level",
      { as: "ovf", compression: 1, digest: "sha512" },
      { output: { kind: "ovf", compressionLevel: 1, digest: "sha512" } },
    ],
    [
      "disks with options",
      { as: "qcow2", option: ["compress=zstd:3", "block=64K", "compress=zlib"] },
      { output: { kind: "disks", format: "qcow2", options: { compression: { method: "zlib" }, blockBytes: 65_536 } } },
    ],
    ["--force", { force: true }, { overwrite: true }],
    ["--overwrite", { overwrite: true }, { overwrite: true }],
    [
      "speed",
      { limit: 5000, limitAt: [{ from: "08:00", to: "18:00", maxBytesPerSecond: 2048 }] },
      { maxBytesPerSecond: 5000, limitsByTime: [{ from: "08:00", to: "18:00", maxBytesPerSecond: 2048 }] },
    ],
    [
      "how many at once",
      { disksAtOnce: 8, connections: 1, priority: 0 },
      { disksAtOnce: 8, connectionsPerHost: 1, priority: 0 },
    ],
  ])("takes %s", (_, more, expected) => {
    const options = asked(more);
    expect(options).toMatchObject(expected);
    expect(ExportOptions.parse(options)).toEqual(options);
  });

  it.each<[string, Partial<TypedExport>]>([
    ["options of disk files for an OVA", { option: ["compress=zlib"] }],
    ["the level of an OVA for disk files", { as: "raw", compression: 1 }],
    ["the digest of an OVA for disk files", { as: "qcow2", digest: "sha256" }],
    ["where a disk lies", { as: "qcow2", option: ["backing=/etc/passwd"] }],
    ["another size", { as: "qcow2", option: ["resize=1G"] }],
    ["a key without a value", { as: "qcow2", option: ["block"] }],
    ["an empty value", { as: "qcow2", option: ["block="] }],
    ["a value that is none", { as: "qcow2", option: ["compress=lzma"] }],
    ["a name every object has", { as: "qcow2", option: ["toString=1"] }],
  ])("refuses %s", (_, more) => {
    expect(() => asked(more)).toThrow(expect.objectContaining({ code: "usage.invalid" }));
  });
});

describe("--limit-at", () => {
  it.each([
    ["08:00-18:00=10M", { from: "08:00", to: "18:00", maxBytesPerSecond: 10 * 2 ** 20 }],
    ["8:00-18:30=10MB/s", { from: "08:00", to: "18:30", maxBytesPerSecond: 10 * 2 ** 20 }],
    ["22:00-06:00=1K", { from: "22:00", to: "06:00", maxBytesPerSecond: 1024 }],
    ["00:00-00:00=1G", { from: "00:00", to: "00:00", maxBytesPerSecond: 2 ** 30 }],
  ])("takes %s", (text, expected) => {
    expect(parseTimedLimit(text)).toEqual(expected);
  });

  it.each([
    "08:00=10M",
    "08:00-24:00=10M",
    "08:60-09:00=10M",
    "08-18=10M",
    "08:00-18:00=",
    "08:00-18:00=fast",
    "x",
    "",
  ])("refuses %s", (text) => {
    expect(() => parseTimedLimit(text)).toThrow(InvalidArgumentError);
  });
});
