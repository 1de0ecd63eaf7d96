import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockInstance } from "../db/instance-lock.ts";
import { dataFolder, prepareDataFolder } from "./data-folder.ts";
import { readDiscovery, removeDiscovery, writeDiscovery } from "./discovery.ts";
import { listFolder, realFolder } from "./folder-listing.ts";
import { readTokenFile, tokenFile, writeTokenFile } from "./token-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mode = (path: string) => statSync(path).mode & 0o777;

describe("the data folder", () => {
  it("is the one asked for, else the environment's, else the system's", () => {
    const before = process.env.HYPERSDK_DATA_DIR;
    process.env.HYPERSDK_DATA_DIR = "/from/environment";
    expect(dataFolder("/asked")).toBe("/asked");
    expect(dataFolder()).toBe("/from/environment");
    delete process.env.HYPERSDK_DATA_DIR;
    expect(dataFolder()).toMatch(/hypersdk/);
    if (before !== undefined) process.env.HYPERSDK_DATA_DIR = before;
  });

  it("is made for its owner only, and closed again where it was open", () => {
    const inner = join(folder, "a/data");
    prepareDataFolder(inner);
    expect(mode(inner)).toBe(0o700);
    chmodSync(inner, 0o755);
    prepareDataFolder(inner);
    expect(mode(inner)).toBe(0o700);
    writeFileSync(join(folder, "file"), "");
    expect(() => prepareDataFolder(join(folder, "file"))).toThrow(expect.objectContaining({ code: "path.not-folder" }));
  });

  it("is used by one program at a time", () => {
    const first = lockInstance(folder);
    expect(first).not.toBeNull();
    expect(lockInstance(folder)).toBeNull();
    first?.release();
    const second = lockInstance(folder);
    expect(second).not.toBeNull();
    second?.release();
  });
});

describe("token and discovery files", () => {
  const discovery = {
    url: "http://127.0.0.1:8080",
    pid: 7,
    version: "1.0.0",
    startedAt: new Date(0).toISOString(),
    tokenFile: "/t",
  };

  it("are for their owner, whatever lay there before", () => {
    writeFileSync(tokenFile(folder), "old", { mode: 0o644 });
    writeTokenFile(folder, "secret");
    expect(mode(tokenFile(folder))).toBe(0o600);
    expect(readTokenFile(folder)).toBe("secret");
    // Not written through a planted link.
    const other = join(folder, "other");
    writeFileSync(other, "untouched");
    rmSync(tokenFile(folder));
    symlinkSync(other, tokenFile(folder));
    writeTokenFile(folder, "secret");
    expect(readTokenFile(folder)).toBe("secret");
    expect(statSync(other).size).toBe("untouched".length);
    expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  it("are none where there is none, or no proper one", () => {
    expect(readTokenFile(folder)).toBeNull();
    expect(readDiscovery(folder)).toBeNull();
    expect(readDiscovery(join(folder, "gone"))).toBeNull();
    writeFileSync(join(folder, "service.json"), "{ half");
    expect(readDiscovery(folder)).toBeNull();
    writeFileSync(join(folder, "service.json"), JSON.stringify({ ...discovery, pid: "7" }));
    expect(readDiscovery(folder)).toBeNull();
  });

  it("are taken away only by the program they tell of", () => {
    writeDiscovery(folder, discovery);
    expect(readDiscovery(folder)).toEqual(discovery);
    removeDiscovery(folder, 8);
    expect(readDiscovery(folder)).not.toBeNull();
    removeDiscovery(folder, 7);
    expect(existsSync(join(folder, "service.json"))).toBe(false);
    removeDiscovery(folder, 7);
  });
});

describe("a folder's listing", () => {
  it("names sub-folders and links to folders in reading order, and nothing else", async () => {
    for (const name of ["vm10", "vm2", "Alpha", ".hidden"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "file"), "");
    symlinkSync(join(folder, "vm2"), join(folder, "link"));
    symlinkSync(join(folder, "gone"), join(folder, "broken"));
    const listing = await listFolder(folder);
    expect(listing.folders.map(({ name }) => name)).toEqual(["Alpha", "link", "vm2", "vm10"]);
    expect(listing).toMatchObject({ path: folder, parent: tmpdir(), writable: true, truncated: false });
    expect(listing.freeBytes).toBeGreaterThan(0);
    expect((await listFolder("/")).parent).toBeNull();
    expect((await listFolder()).path.length).toBeGreaterThan(1);
  });

  it("stops at a thousand and says so", async () => {
    for (let number = 0; number < 1_001; number += 1) mkdirSync(join(folder, `f${number}`));
    const listing = await listFolder(folder);
    expect(listing.folders).toHaveLength(1_000);
    expect(listing.truncated).toBe(true);
    rmSync(join(folder, "f7"), { recursive: true });
    expect(await listFolder(folder)).toMatchObject({ truncated: false });
  });

  it("fails by name", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(listFolder(join(folder, "gone"))).rejects.toMatchObject({ code: "path.not-found" });
    await expect(listFolder(join(folder, "file"))).rejects.toMatchObject({ code: "path.not-folder" });
    await expect(listFolder(join(folder, "file/below"))).rejects.toMatchObject({ code: "path.not-folder" });
    await expect(realFolder(`${folder}\0x`)).rejects.toMatchObject({ code: "path.not-found" });
    await expect(realFolder("a".repeat(5_000))).rejects.toMatchObject({ code: "path.too-long" });
  });
});
