import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { autostartEntry, autostartFile, setAutostart } from "./autostart.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

it.each([
  [{ XDG_CONFIG_HOME: "/x/config" }, "/x/config/autostart/hypersdk-desktop.desktop"],
  [{ XDG_CONFIG_HOME: "relative" }, join(homedir(), ".config/autostart/hypersdk-desktop.desktop")],
  [{}, join(homedir(), ".config/autostart/hypersdk-desktop.desktop")],
])("finds the folder from %j", (env, file) => {
  expect(autostartFile(env)).toBe(file);
});

it("quotes what would otherwise be read as something else", () => {
  const exec = (command: string[]) => /^Exec=(.*)$/m.exec(autostartEntry(command))?.[1];
  expect(exec(["/opt/HyperSDK Desktop/app", "--hidden"])).toBe('"/opt/HyperSDK Desktop/app" "--hidden"');
  expect(exec(['/a$b`c"d\\e%f'])).toBe('"/a\\\\$b\\\\`c\\\\"d\\\\\\\\e%%f"');
  expect(() => autostartEntry(["/a\nHidden=true"])).toThrow("line break");
});

it("comes and goes, and going twice is no error", () => {
  const folder = mkdtempSync(join(tmpdir(), "autostart-"));
  folders.push(folder);
  const file = join(folder, "deep", "autostart", "hypersdk-desktop.desktop");
  setAutostart(file, ["/usr/bin/hypersdk-desktop", "--hidden"]);
  expect(readFileSync(file, "utf8")).toContain('Exec="/usr/bin/hypersdk-desktop" "--hidden"\n');
  setAutostart(file, null);
  setAutostart(file, null);
  expect(existsSync(file)).toBe(false);
});
