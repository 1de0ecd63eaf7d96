/** The application menu. Roles bring their own words and keys; the rest is one line each. */
import { Menu, type MenuItemConstructorOptions } from "electron";
import type { JobEngine } from "../../jobs/engine.ts";

export interface MenuActions {
  open(route?: string): void;
  quit(): void;
  /** Opens a page of the local port in the browser of the system. */
  openDocumentation(): void;
  about(): void;
}

/** @param development adds the tools for working on the pages */
export function setApplicationMenu(engine: JobEngine, actions: MenuActions, development: boolean): void {
  const settings: MenuItemConstructorOptions = {
    id: "settings",
    label: "Settings…",
    accelerator: "CmdOrCtrl+,",
    click: () => actions.open("/settings"),
  };
  const quit: MenuItemConstructorOptions = {
    id: "quit",
    label: "Quit HyperSDK Desktop",
    accelerator: "CmdOrCtrl+Q",
    click: () => actions.quit(),
  };
  const about: MenuItemConstructorOptions = {
    id: "about",
    label: "About HyperSDK Desktop",
    click: () => actions.about(),
  };
  const separator: MenuItemConstructorOptions = { type: "separator" };
  const isMac = process.platform === "darwin";

  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...(isMac
        ? [
            {
              label: "HyperSDK Desktop",
              submenu: [about, separator, settings, separator, { role: "hide" }, separator, quit],
            },
          ]
        : []),
      {
        label: "File",
        submenu: [
          ...(isMac ? [] : [settings, separator]),
          { role: "close", accelerator: "CmdOrCtrl+W" },
          ...(isMac ? [] : [separator, quit]),
        ],
      },
      { role: "editMenu" },
      {
        label: "View",
        submenu: [
          { id: "library", label: "Library", accelerator: "CmdOrCtrl+1", click: () => actions.open("/library") },
          { id: "jobs", label: "Jobs", accelerator: "CmdOrCtrl+2", click: () => actions.open("/jobs") },
          separator,
          ...(development ? ([{ role: "reload" }, { role: "toggleDevTools" }, separator] as const) : []),
          { role: "resetZoom" },
          { role: "zoomIn" },
          { role: "zoomOut" },
          { role: "togglefullscreen" },
        ],
      },
      {
        label: "Work",
        submenu: [
          { id: "pause", label: "Pause all work", click: () => engine.pauseAll() },
          { id: "resume", label: "Resume all work", click: () => engine.resumeAll() },
        ],
      },
      { role: "windowMenu" },
      {
        label: "Help",
        submenu: [
          { id: "api", label: "API documentation", click: () => actions.openDocumentation() },
          ...(isMac ? [] : [separator, about]),
        ],
      },
    ] as MenuItemConstructorOptions[]),
  );
}
