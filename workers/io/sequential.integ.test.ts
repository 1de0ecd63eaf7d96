/** A pipe from another process: short reads, pauses and the end. */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sequentialSource } from "./sequential.ts";

describe("a descriptor", () => {
  it("gives what another process writes with pauses, in full pieces, and then its end", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sequential-"));
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const script = "for i in 1 2 3 4 5; do head -c 70000 /dev/zero | tr '\\0' $i; sleep 0.05; done > \"$1\"";
    const child = spawn("sh", ["-c", script, "sh", pipe], { stdio: "ignore" });
    const fd = openSync(pipe, "r");
    try {
      const source = sequentialSource(fd, "a pipe");
      const got = createHash("sha256");
      const piece = new Uint8Array(100_000);
      const lengths: number[] = [];
      for (let length = piece.length; length === piece.length; ) {
        length = await source.read(piece);
        lengths.push(length);
        got.update(piece.subarray(0, length));
      }
      expect(lengths).toEqual([100_000, 100_000, 100_000, 50_000]);
      expect(source.positionBytes).toBe(350_000);
      expect(await source.read(piece)).toBe(0);
      const expected = Buffer.concat([1, 2, 3, 4, 5].map((digit) => Buffer.alloc(70_000, String(digit))));
      expect(got.digest("hex")).toBe(createHash("sha256").update(expected).digest("hex"));
    } finally {
      closeSync(fd);
      child.kill();
      rmSync(folder, { recursive: true });
    }
  });

  it("that cannot be read is a named error", async () => {
    const fd = openSync("/", "r");
    try {
      await expect(sequentialSource(fd, "a folder").read(new Uint8Array(1))).rejects.toMatchObject({
        details: { file: "a folder" },
      });
    } finally {
      closeSync(fd);
    }
  });
});
