import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { earlyStorer, systemBeginStoring, worthStoringEarly } from "./early-store.ts";

const MiB = 1024 * 1024;

test("storing begins every 64 MiB, in all files", () => {
  const begun: number[] = [];
  const reached = earlyStorer([3, 4], (descriptor) => begun.push(descriptor));
  for (let written = 0; written <= 200 * MiB; written += MiB) reached(written);
  expect(begun).toEqual([3, 4, 3, 4, 3, 4]);
  expect([worthStoringEarly(100 * MiB), worthStoringEarly(200 * MiB)]).toEqual([false, true]);
});

test("where the system cannot, nothing happens", () => {
  expect(() => earlyStorer([3], null)(100 * MiB)).not.toThrow();
});

test.runIf(process.platform === "linux")(
  "the system's own call begins to write, and minds no strange descriptor",
  async () => {
    const begin = systemBeginStoring();
    expect(begin).not.toBeNull();
    const path = join(tmpdir(), `early-store-${process.pid}`);
    const file = openSync(path, "w+");
    try {
      const bytes = Buffer.alloc(8 * MiB, 7);
      writeSync(file, bytes);
      begin?.(file);
      expect(readFileSync(path).equals(bytes)).toBe(true);
    } finally {
      closeSync(file);
      rmSync(path);
    }
    expect(() => begin?.(12_345)).not.toThrow();
  },
);
