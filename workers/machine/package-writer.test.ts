import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { packageFile, sumsOf } from "./package-writer.ts";

const content = Uint8Array.from({ length: 2.5 * 1024 * 1024 + 7 }, (_, at) => (at * 31 + (at >> 8)) % 251);
const hex = (algorithm: string) => createHash(algorithm).update(content).digest("hex");

test.each(["sha256", "sha1", "sha512"] as const)("SHA-256 and %s come from one reading", async (digest) => {
  const reads: [number, number][] = [];
  const told: number[] = [];
  const sums = await sumsOf(
    async (offset, into) => {
      reads.push([offset, into.length]);
      into.set(content.subarray(offset, offset + into.length));
    },
    content.length,
    digest,
    { async gate() {}, progress: (doneBytes) => told.push(doneBytes) },
  );
  expect(sums).toEqual({ sha256: hex("sha256"), manifestSum: hex(digest) });
  let end = 0;
  for (const [offset, length] of reads) {
    expect(offset).toBe(end);
    end += length;
  }
  expect([end, told.at(-1)]).toEqual([content.length, content.length]);
  expect(packageFile("a", content, digest)).toEqual({ name: "a", sizeBytes: content.length, ...sums });
});
