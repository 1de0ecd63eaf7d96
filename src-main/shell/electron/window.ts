/** The one window: sandboxed, shown when its page is ready, remembered in place and size, hidden rather than closed. */
import { BrowserWindow, nativeTheme, screen } from "electron";
import { readSmallJson, writeSmallJson } from "../../files/small-json-file.ts";
import { addressOf } from "./page-address.ts";
import { SMALLEST, WindowState, windowPlace } from "./window-bounds.ts";

export interface MainWindow {
  /** Brings the window to the front, on `route` ("/jobs/ID") if given; makes it first where there is none. */
  open(route?: string): void;
  hide(): void;
  /** The window, for dialogs that belong to it; null while it is not open. */
  current(): BrowserWindow | null;
}

/** A page that crashes again within this time is not loaded once more: it would flicker for ever. */
const CRASH_AGAIN_MS = 10_000;

export function createMainWindow(options: {
  /** See page-address.ts. */
  base: string;
  preload: string;
  icon: string;
  /** File that remembers place and size. */
  stateFile: string;
  /** True when the window may really close; false keeps it, and `closed` says what happened instead. */
  mayClose(): boolean;
  /** The user closed the window and it stayed. */
  closed(): void;
  /** The system ends the session (Windows). */
  sessionEnds(): void;
  now(): number;
  /** Something about the page that a log should have. */
  trouble(message: string): void;
}): MainWindow {
  let window: BrowserWindow | null = null;
  let lastCrashAt = Number.NEGATIVE_INFINITY;
  /** False once the user has sent the window away, which may be before it was ready to show. */
  let wanted = true;

  function make(route: string): BrowserWindow {
    const saved = WindowState.safeParse(readSmallJson(options.stateFile)).data ?? null;
    const areas = screen.getAllDisplays().map((display) => display.workArea);
    const made = new BrowserWindow({
      ...windowPlace(saved, areas),
      minWidth: SMALLEST.width,
      minHeight: SMALLEST.height,
      show: false,
      title: "HyperSDK Desktop",
      icon: options.icon,
      backgroundColor: nativeTheme.shouldUseDarkColors ? "#101719" : "#f5f4f1",
      webPreferences: {
        preload: options.preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
        spellcheck: false,
      },
    });
    made.once("ready-to-show", () => {
      if (!wanted) return;
      if (saved?.maximized) made.maximize();
      else made.show();
    });
    made.on("close", (event) => {
      remember(made);
      if (options.mayClose()) return;
      event.preventDefault();
      options.closed();
    });
    made.once("closed", () => {
      window = null;
    });
    made.once("session-end", options.sessionEnds);
    made.webContents.on("render-process-gone", (_event, { reason }) => reload(made, reason));
    load(made, route);
    return made;
  }

  function load(target: BrowserWindow, route: string): void {
    target.loadURL(addressOf(options.base, route)).catch((error) => options.trouble(`The page did not load: ${error}`));
  }
  function reload(target: BrowserWindow, reason: string): void {
    options.trouble(`The page's process ended: ${reason}`);
    const again = options.now() - lastCrashAt < CRASH_AGAIN_MS;
    lastCrashAt = options.now();
    if (reason !== "clean-exit" && !again && !target.isDestroyed()) target.webContents.reload();
  }
  function remember(target: BrowserWindow): void {
    try {
      writeSmallJson(options.stateFile, { ...target.getNormalBounds(), maximized: target.isMaximized() });
    } catch (error) {
      options.trouble(`The window's place was not saved: ${error}`);
    }
  }

  return {
    open(route) {
      wanted = true;
      if (!window) {
        window = make(route ?? "/");
        return;
      }
      if (route !== undefined) load(window, route);
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    },
    hide() {
      wanted = false;
      window?.hide();
    },
    current: () => window,
  };
}
