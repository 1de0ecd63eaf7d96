/**
 * Whether the desktop shows tray icons at all. Electron cannot say: on Linux an icon that no panel draws is no error. There the
 * panel announces itself on the session bus (freedesktop.org, StatusNotifierItem), so the bus is asked.
 */
import { execFile } from "node:child_process";

const QUESTION = [
  "--session",
  "--print-reply",
  "--dest=org.freedesktop.DBus",
  "/org/freedesktop/DBus",
  "org.freedesktop.DBus.NameHasOwner",
  "string:org.kde.StatusNotifierWatcher",
];
const PATIENCE_MS = 2000;

/** False where nobody would see the icon: then closing the window must not leave a program that cannot be found again. */
export function desktopShowsTrays(platform: NodeJS.Platform = process.platform): Promise<boolean> {
  if (platform !== "linux") return Promise.resolve(true);
  return new Promise((resolve) => {
    execFile("dbus-send", QUESTION, { timeout: PATIENCE_MS }, (error, output) => {
      resolve(error === null && /boolean true/.test(output));
    });
  });
}
