import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StaticFiles, staticFiles } from "./static-files.ts";

let top: string;
let files: StaticFiles;
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), "hypersdk-static-"));
  mkdirSync(join(top, "web/assets"), { recursive: true });
  writeFileSync(join(top, "secret.txt"), "secret");
  writeFileSync(join(top, "web/index.html"), "<!doctype html>");
  writeFileSync(join(top, "web/assets/index-DiwrgTda.js"), "1");
  writeFileSync(join(top, "web/assets/plain.js"), "1");
  writeFileSync(join(top, "web/assets/with space-DiwrgTda.css"), "1");
  writeFileSync(join(top, "web/notes.bak"), "1");
  symlinkSync(join(top, "secret.txt"), join(top, "web/link.txt"));
  symlinkSync(top, join(top, "web/up"));
  files = staticFiles(join(top, "web"));
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

describe("static files", () => {
  it("finds what was built, with its type and how long it may be kept", () => {
    expect(files.get("/index.html")).toMatchObject({ mediaType: "text/html; charset=utf-8", immutable: false });
    expect(files.get("/assets/index-DiwrgTda.js")).toMatchObject({ sizeBytes: 1, immutable: true });
    expect(files.get("/assets/plain.js")).toMatchObject({ immutable: false });
    expect(files.get("/assets/with%20space-DiwrgTda.css")).toMatchObject({ mediaType: "text/css; charset=utf-8" });
  });

  it.each([
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/assets/../index.html",
    "//index.html",
    "/index.html%00",
    "/link.txt",
    "/up/secret.txt",
    "/notes.bak",
    "/assets",
    "",
    "/",
    "/%E0%A4%A",
    "/__proto__",
    "/constructor",
  ])("does not know %j", (path) => {
    expect(files.get(path)).toBeUndefined();
  });

  it("changes the tag when the file changes, and knows when it is gone", () => {
    const path = join(top, "web/assets/plain.js");
    const before = files.get("/assets/plain.js")?.etag;
    writeFileSync(path, "changed");
    expect(files.get("/assets/plain.js")?.etag).not.toBe(before);
    rmSync(path);
    expect(files.get("/assets/plain.js")).toBeUndefined();
  });
});
