/** Start at login, hidden in the tray: by the system's API on Windows and macOS, by an autostart entry on Linux. */
import { app } from "electron";
import { autostartFile, setAutostart } from "../../files/autostart.ts";

/** The switch a start at login carries. */
export const HIDDEN = "hidden";

/** Program and arguments that start this program again as it was started. An AppImage is started by its own file. */
function ownCommand(): [program: string, ...args: string[]] {
  if (app.isPackaged) return [process.env.APPIMAGE ?? process.execPath, `--${HIDDEN}`];
  return [process.execPath, app.getAppPath(), `--${HIDDEN}`];
}

export function setStartAtLogin(on: boolean): void {
  const command = ownCommand();
  if (process.platform === "linux") {
    setAutostart(autostartFile(), on ? command : null);
    return;
  }
  const [path, ...args] = command;
  app.setLoginItemSettings({ openAtLogin: on, path, args });
}

/** True when this start should not show the window. */
export function startedHidden(): boolean {
  if (app.commandLine.hasSwitch(HIDDEN)) return true;
  return process.platform === "darwin" && app.getLoginItemSettings().wasOpenedAtLogin;
}
