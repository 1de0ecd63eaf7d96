/** A member too large for the digits of a header, to the eyes of tar, bsdtar and Python. The archive is sparse. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFileTarget } from "./file.ts";
import { createTarTarget } from "./tar-target.ts";

test("a disk of more than 8 GiB has its size, and what is behind it its place", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hypersdk-tar-"));
  try {
    const path = join(folder, "big.ova");
    const file = await createFileTarget(path);
    const tar = await createTarTarget(file, { front: [{ name: "a.ovf", sizeBytes: 5 }], modifiedAtMs: 0 });
    const sizeBytes = 8 * 1024 ** 3 + 513;
    await tar.begin("disk1.vmdk").write(sizeBytes - 1, Uint8Array.of(7));
    await tar.seal(sizeBytes);
    await tar.begin("disk2.vmdk").write(0, Buffer.from("the end"));
    await tar.seal(7);
    await tar.finish([Buffer.from("front")]);
    await file.close();

    const run = (command: string, ...args: string[]) => execFileSync(command, args, { encoding: "utf8" });
    for (const program of ["tar", "bsdtar"]) {
      const lines = run(program, "-tvf", path).trim().split("\n");
      expect(lines.map((line) => line.split(/\s+/).at(-1))).toEqual(["a.ovf", "disk1.vmdk", "disk2.vmdk"]);
      expect(lines[1]).toContain(` ${sizeBytes} `);
      expect(run(program, "-xOf", path, "disk2.vmdk")).toBe("the end");
      expect(run(program, "-xOf", path, "a.ovf")).toBe("front");
    }
    const script = "import sys, tarfile; print([m.size for m in tarfile.open(sys.argv[1], 'r:')])";
    expect(run("python3", "-c", script, path).trim()).toBe(`[5, ${sizeBytes}, 7]`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
