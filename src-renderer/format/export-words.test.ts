import { expect, it } from "vitest";
import { outputWords, timedLimitWords } from "./export-words.ts";

it.each([
  [{ kind: "ova" }, "OVA file"],
  [{ kind: "ovf", compressionLevel: 9 }, "OVF folder, compression 9"],
  [{ kind: "ova", compressionLevel: 1, digest: "sha1" }, "OVA file, compression 1, SHA-1 manifest"],
  [{ kind: "ovf", digest: "sha512" }, "OVF folder, SHA-512 manifest"],
  [{ kind: "disks", format: "qcow2", options: {} }, "disks as qcow2"],
  [
    { kind: "disks", format: "vmdk", options: { subformat: "streamOptimized", compression: { method: "zlib" } } },
    "disks as vmdk, streamOptimized, zlib",
  ],
  [{ kind: "disks", format: "vhdx", options: { compression: { method: "none" } } }, "disks as vhdx"],
] as const)("%j reads as what is made", (output, words) => {
  expect(outputWords(output)).toBe(words);
});

it("says when a limit holds", () => {
  expect(timedLimitWords({ from: "22:00", to: "06:00", maxBytesPerSecond: 50 * 1024 ** 2 })).toBe(
    "22:00 to 06:00 at most 50 MiB/s",
  );
});
