/**
 * The package as electron-builder makes it, as far as that goes without the Electron binary: a folder stands in for Electron's
 * distribution, the real app.asar comes out, its fuses are set, and what is in it runs.
 */
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { extractAll, listPackage } from "@electron/asar";
import { FuseState, FuseV1Options, FuseVersion, getCurrentFuseWire } from "@electron/fuses";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshBuild } from "../../scripts/fresh-build.ts";
import { launch, mainWindow } from "../app.ts";

const root = join(import.meta.dirname, "../..");
const scratch = mkdtempSync(join(tmpdir(), "packaging-"));
const unpacked = join(scratch, "dist", process.arch === "x64" ? "linux-unpacked" : `linux-${process.arch}-unpacked`);
const archive = join(unpacked, "resources/app.asar");

/** The mark after which Electron's binary keeps its fuses: version 1, their number, and one character each. */
const FUSE_SENTINEL = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";
const FUSES = Object.values(FuseV1Options).filter((value) => typeof value === "number").length;

/** A folder with the files of an Electron distribution that the packager looks for. */
function standInDistribution(): string {
  const folder = join(scratch, "electron");
  mkdirSync(join(folder, "locales"), { recursive: true });
  mkdirSync(join(folder, "resources"));
  const wire = Buffer.concat([Buffer.from(FUSE_SENTINEL), Buffer.from([1, FUSES]), Buffer.alloc(FUSES, "0")]);
  writeFileSync(join(folder, "electron"), Buffer.concat([Buffer.from("#!/bin/sh\nexit 1\n"), wire, Buffer.from("\n")]));
  for (const name of ["chrome-sandbox", "chrome_crashpad_handler"]) writeFileSync(join(folder, name), "");
  for (const name of ["electron", "chrome-sandbox", "chrome_crashpad_handler"]) chmodSync(join(folder, name), 0o755);
  for (const name of ["LICENSE", "version", "locales/en-US.pak", "locales/de.pak"])
    writeFileSync(join(folder, name), "x");
  return folder;
}

beforeAll(async () => {
  await freshBuild(() => {});
  const electronBuilder = join(root, "node_modules/.bin/electron-builder");
  const settings = [`electronDist=${standInDistribution()}`, `directories.output=${join(scratch, "dist")}`];
  await promisify(execFile)(
    electronBuilder,
    ["--linux", "dir", "--config", "electron-builder.config.mjs", ...settings.map((setting) => `-c.${setting}`)],
    { cwd: root },
  );
}, 120_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the package for Linux", () => {
  it("holds what the program needs and nothing else", () => {
    const files = listPackage(archive, { isPack: false });
    for (const needed of ["index.js", "worker.js", "cli.js", "service.js"])
      expect(files).toContain(`/out/main/${needed}`);
    for (const needed of [
      "/out/preload/index.cjs",
      "/out/renderer/index.html",
      "/resources/icons/tray.png",
      "/package.json",
    ]) {
      expect(files).toContain(needed);
    }
    const tops = new Set(files.map((file) => file.split("/")[1]));
    expect([...tops].sort()).toEqual(["node_modules", "out", "package.json", "resources"]);
    const packages = new Set(files.filter((file) => /^\/node_modules\/[^/]+$/.test(file)));
    expect([...packages].sort()).toEqual(
      ["@koromix", "better-sqlite3", "koffi"].map((name) => `/node_modules/${name}`),
    );
    const libraries = files.filter((file) => file.endsWith(".node"));
    expect(libraries.sort()).toEqual([
      `/node_modules/@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`,
      `/node_modules/@koromix/koffi-linux-${process.arch}/musl_${process.arch}/koffi.node`,
      `/node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`,
    ]);
    expect(files.filter((file) => /\.(ts|tsx|map|cc|hh|inc|S)$|\.test\./.test(file))).toEqual([]);
  });

  it("keeps the library outside of the archive, and small", () => {
    const library = `app.asar.unpacked/node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`;
    expect(existsSync(join(unpacked, "resources", library))).toBe(true);
    expect(statSync(archive).size).toBeLessThan(12 * 1024 * 1024);
    expect(readdirSync(join(unpacked, "locales"))).toEqual(["en-US.pak"]);
    expect(existsSync(join(unpacked, "hypersdk-desktop"))).toBe(true);
  });

  it("has its fuses set", async () => {
    const wire = await getCurrentFuseWire(join(unpacked, "hypersdk-desktop"));
    expect(wire.version).toBe(FuseVersion.V1);
    const state = (fuse: FuseV1Options) => wire[fuse];
    const { DISABLE, ENABLE } = FuseState;
    expect(state(FuseV1Options.RunAsNode)).toBe(DISABLE);
    expect(state(FuseV1Options.EnableCookieEncryption)).toBe(ENABLE);
    expect(state(FuseV1Options.EnableNodeOptionsEnvironmentVariable)).toBe(DISABLE);
    expect(state(FuseV1Options.EnableNodeCliInspectArguments)).toBe(DISABLE);
    expect(state(FuseV1Options.EnableEmbeddedAsarIntegrityValidation)).toBe(ENABLE);
    expect(state(FuseV1Options.OnlyLoadAppFromAsar)).toBe(ENABLE);
    expect(state(FuseV1Options.GrantFileProtocolExtraPrivileges)).toBe(DISABLE);
  });

  it("runs: the window opens on what was packed", async () => {
    const extracted = join(scratch, "extracted");
    extractAll(archive, extracted);
    const program = await launch({ program: extracted, env: { STAND_IN_PACKAGED: "1" } });
    try {
      const page = await mainWindow(program);
      await page.locator("#root > *").first().waitFor();
      expect(await page.title()).toContain("HyperSDK Desktop");
      expect(await program.desktop.trays()).toMatchObject([{ hasImage: true }]);
    } finally {
      await program.close();
    }
  });
});
