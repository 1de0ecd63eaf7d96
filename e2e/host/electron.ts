/**
 * What `import … from "electron"` and `require("electron")` find under the stand-in. Importing it starts the browser as soon as
 * the program's first turn is over; `ready` follows.
 */
import { app, boot } from "./app.ts";
import { BrowserWindow } from "./browser-window.ts";
import { nativeTheme, powerMonitor, powerSaveBlocker, screen } from "./desktop.ts";
import { dialog, shell } from "./dialog.ts";
import { ipcMain } from "./ipc-main.ts";
import { Menu } from "./menu.ts";
import { nativeImage } from "./native-image.ts";
import { Notification } from "./notification.ts";
import { safeStorage } from "./safe-storage.ts";
import { protocol, session } from "./session.ts";
import { standIn } from "./stand-in.ts";
import { Tray } from "./tray.ts";
import { webContents } from "./web-contents.ts";

const electron = {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  nativeTheme,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
  webContents,
  /** Not Electron's: what specs see and do at the desktop. */
  standIn,
};
/** Names that Node, Playwright and the inspector may look for on a module. */
const quiet = new Set(["then", "default", "__esModule", "toJSON"]);
const guarded = new Proxy(electron, {
  get(target, key) {
    if (typeof key === "string" && !(key in target) && !quiet.has(key)) {
      throw new Error(`The stand-in for Electron has no ${key}.`);
    }
    return Reflect.get(target, key);
  },
});

export {
  app,
  BrowserWindow,
  dialog,
  // What require() answers, so that a missing name throws there as well; a missing import fails by name when linking.
  guarded as "module.exports",
  ipcMain,
  Menu,
  Notification,
  nativeImage,
  nativeTheme,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  standIn,
  Tray,
  webContents,
};

process.on("SIGTERM", () => app.quit());
process.on("SIGINT", () => app.quit());
setImmediate(() => {
  app[boot]().catch((error) => {
    console.error(error);
    process.exit(70);
  });
});
