/** What the App asks of the window around it. */
import { dialog, type OpenDialogOptions, powerMonitor, shell } from "electron";
import { readPowerSupply } from "../../files/power-supply.ts";
import type { Shell } from "../shell.ts";
import { setStartAtLogin } from "./login-item.ts";
import { showNotification } from "./notifications.ts";
import { systemVault } from "./system-vault.ts";
import type { MainWindow } from "./window.ts";

export function createElectronShell(options: { window: MainWindow; icon: string; hasTray: boolean }): Shell {
  const { window, icon, hasTray } = options;
  return {
    kind: "window",
    can: { pickFolder: true, revealFile: true, startAtLogin: true, tray: hasTray },
    vault: systemVault(),
    notify: (notice) => showNotification(notice, icon, (route) => window.open(route)),
    async reveal(path) {
      shell.showItemInFolder(path);
    },
    async pickFolder() {
      const question: OpenDialogOptions = {
        title: "Choose a folder",
        properties: ["openDirectory", "createDirectory"],
      };
      const parent = window.current();
      const { canceled, filePaths } = await (parent
        ? dialog.showOpenDialog(parent, question)
        : dialog.showOpenDialog(question));
      return canceled ? null : (filePaths[0] ?? null);
    },
    async readPower() {
      // Linux tells the battery's level as well; elsewhere the system's own word is all there is.
      if (process.platform === "linux") return readPowerSupply();
      return { onMains: !powerMonitor.isOnBatteryPower(), batteryPercent: null };
    },
    setStartAtLogin,
  };
}
