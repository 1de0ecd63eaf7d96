import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { walkFolder } from "./walk-folder.ts";

let root = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "walk-folder-"));
  mkdirSync(join(root, "b", "deep", "deeper"), { recursive: true });
  mkdirSync(join(root, "a"));
  for (const file of ["z.raw", "a/1.vmdk", "a/0.vmdk", "b/x", "b/deep/y", "b/deep/deeper/w"])
    writeFileSync(join(root, file), "");
  symlinkSync(root, join(root, "a", "loop"));
  symlinkSync(join(root, "z.raw"), join(root, "link.raw"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function walk(limits: { depth: number; entries: number }): { seen: string[]; problems: string[] } {
  const problems: string[] = [];
  const seen: string[] = [];
  for (const { path, fileNames } of walkFolder(root, limits, (message) => problems.push(message))) {
    for (const name of fileNames) seen.push(relative(root, join(path, name)));
  }
  return { seen, problems };
}

describe("walkFolder", () => {
  it("lists regular files in order, parents first, and follows no link", () => {
    expect(walk({ depth: 9, entries: 100 })).toEqual({
      seen: ["z.raw", "a/0.vmdk", "a/1.vmdk", "b/x", "b/deep/y", "b/deep/deeper/w"],
      problems: [],
    });
  });

  it("stops at its depth and at its number of entries, and says so", () => {
    const shallow = walk({ depth: 1, entries: 100 });
    expect(shallow.seen).toEqual(["z.raw", "a/0.vmdk", "a/1.vmdk", "b/x"]);
    expect(shallow.problems).toEqual([expect.stringContaining("deeper than 1")]);
    const few = walk({ depth: 9, entries: 5 });
    expect(few.seen.length).toBeLessThan(5);
    expect(few.problems).toEqual([expect.stringContaining("first 5 entries")]);
  });

  it("refuses a start that is missing or no folder", () => {
    const start = (path: string) => [...walkFolder(path, { depth: 1, entries: 1 }, () => {})];
    expect(() => start(join(root, "none"))).toThrow(expect.objectContaining({ code: "path.not-found" }));
    expect(() => start(join(root, "z.raw"))).toThrow(expect.objectContaining({ code: "path.not-folder" }));
  });
});
