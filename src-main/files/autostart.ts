/**
 * Start at login on Linux: a desktop entry in the XDG autostart folder (freedesktop.org, "Desktop Application Autostart
 * Specification" and "Desktop Entry Specification"). Windows and macOS have an API for it; see shell/electron/login-item.ts.
 */
import { mkdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { writeOwnerFile } from "./owner-file.ts";
import { pathError } from "./path-error.ts";

/** The entry's path for the account that `env` belongs to. A relative XDG_CONFIG_HOME is invalid and ignored, as specified. */
export function autostartFile(env: NodeJS.ProcessEnv = process.env): string {
  const config = env.XDG_CONFIG_HOME;
  return join(
    config && isAbsolute(config) ? config : join(homedir(), ".config"),
    "autostart",
    "hypersdk-desktop.desktop",
  );
}

/**
 * One argument of an Exec line: quoted, with the characters escaped that are special inside the quotes, then once more the
 * backslashes for the string itself; a literal per cent sign is doubled. The specification's section "The Exec key".
 */
function execArgument(argument: string): string {
  const quoted = `"${argument.replace(/["`$\\]/g, (c) => `\\${c}`)}"`;
  return quoted.replaceAll("\\", "\\\\").replaceAll("%", "%%");
}

/** @param command program and arguments; none may hold a line break. @throws Error for one that does */
export function autostartEntry(command: readonly string[]): string {
  if (command.some((argument) => /[\n\r\0]/.test(argument)))
    throw new Error("An autostart command holds a line break.");
  return [
    "[Desktop Entry]",
    "Type=Application",
    "Name=HyperSDK Desktop",
    "Comment=Virtual machine conversions that go on in the background",
    `Exec=${command.map(execArgument).join(" ")}`,
    "Icon=hypersdk-desktop",
    "Terminal=false",
    "X-GNOME-Autostart-enabled=true",
    "",
  ].join("\n");
}

/** Writes the entry, or removes it where `command` is null. @throws AppError path.* where the folder does not allow it */
export function setAutostart(file: string, command: readonly string[] | null): void {
  try {
    if (command === null) {
      rmSync(file, { force: true });
      return;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeOwnerFile(file, autostartEntry(command));
  } catch (thrown) {
    throw pathError(thrown, file);
  }
}
