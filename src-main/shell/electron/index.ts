/**
 * Boot of the desktop program. The order matters: what only works before Electron is ready, the lock that makes the program
 * one, then the App (which finds work that a crash left behind), then what people see.
 */
import { join } from "node:path";
import { app, powerMonitor, shell } from "electron";
import { type App, startApp } from "../../app.ts";
import { dataFolder, prepareDataFolder } from "../../files/data-folder.ts";
import { denyPermissions, guardAllContents } from "./contents-guard.ts";
import { createElectronShell } from "./electron-shell.ts";
import { openIpcDoor } from "./ipc-door.ts";
import { keepAwakeWhileWorking } from "./keep-awake.ts";
import { HIDDEN, startedHidden } from "./login-item.ts";
import { setApplicationMenu } from "./menu.ts";
import { PRODUCT_BASE, pageBase } from "./page-address.ts";
import { registerPageScheme, servePages } from "./page-scheme.ts";
import { tellOfSleep } from "./power-events.ts";
import { askToQuit, tellAbout, tellFatal } from "./questions.ts";
import { createQuitFlow } from "./quit-flow.ts";
import { showTray } from "./tray.ts";
import { desktopShowsTrays } from "./tray-host.ts";
import { createMainWindow } from "./window.ts";

// This file is bundled to out/main/index.js; what lies beside it is found from there.
const beside = (path: string) => join(import.meta.dirname, path);
const renderer = beside("../renderer");
const icons = beside("../../resources/icons");

function fail(title: string): (error: unknown) => void {
  return (error) => {
    console.error(error);
    tellFatal(title, error);
    app.exit(1); // work that was running is found, and goes on, at the next start
  };
}
process.on("uncaughtException", fail("HyperSDK Desktop has to close"));

const folder = dataFolder();
prepareDataFolder(folder);
// Chromium's own data lives in the data folder, so that one data folder is one program: the lock below is per folder.
app.setPath("userData", join(folder, "window"));
app.setAppUserModelId("io.hypersdk.desktop");
app.enableSandbox();
registerPageScheme();

if (app.requestSingleInstanceLock()) {
  app.whenReady().then(start).catch(fail("HyperSDK Desktop cannot start"));
} else {
  app.quit(); // the first one has been told and shows its window
}

async function start(): Promise<void> {
  let running: App | null = null;
  let show = !startedHidden();
  app.on("second-instance", (_event, argv) => {
    if (argv.includes(`--${HIDDEN}`)) return;
    // Who starts the program a second time wants to see it, also while a hidden start is still under way.
    if (running) window.open();
    else show = true;
  });
  const base = pageBase(app.isPackaged, process.env.ELECTRON_RENDERER_URL);
  const hasTray = await desktopShowsTrays();
  let endTray = () => {};
  const trouble = (message: string) => running?.services.log.warn(message);

  guardAllContents(base);
  denyPermissions();
  if (base === PRODUCT_BASE) servePages(renderer);

  const quit = createQuitFlow({
    activeRuns: () => running?.engine.active().length ?? 0,
    ask: (activeRuns) => askToQuit(window.current(), activeRuns, hasTray),
    hideWindow: () => window.hide(),
    async stop() {
      endTray();
      await running?.stop();
    },
    exit: () => app.quit(),
    failed: (error) => trouble(`The program did not stop cleanly: ${error}`),
  });
  const window = createMainWindow({
    base,
    preload: beside("../preload/index.cjs"),
    icon: join(icons, "512x512.png"),
    stateFile: join(folder, "window-place.json"),
    mayClose: () => quit.agreed,
    closed: () => {
      if (hasTray && running?.settings.get().closeToTray) window.hide();
      else void quit.request();
    },
    sessionEnds: () => void quit.now(),
    now: Date.now,
    trouble,
  });

  const program = await startApp({
    dataFolder: folder,
    shell: createElectronShell({ window, icon: join(icons, "512x512.png"), hasTray }),
    webRoot: base === PRODUCT_BASE ? renderer : null,
    version: app.getVersion(),
  });
  running = program;

  app.on("before-quit", (event) => {
    if (quit.agreed) return;
    event.preventDefault();
    void quit.request();
  });
  app.on("window-all-closed", () => {
    // The program lives on in the tray; leaving goes through the quit flow only.
  });
  app.on("activate", () => window.open());
  powerMonitor.on("shutdown", (event?: { preventDefault(): void }) => {
    event?.preventDefault(); // asks the system for the time to stop cleanly
    void quit.now();
  });

  const open = (route?: string) => window.open(route);
  openIpcDoor(base, (port) => program.connectPort(port));
  setApplicationMenu(
    program.engine,
    {
      open,
      quit: () => void quit.request(),
      openDocumentation: () => void shell.openExternal(`${program.url}/api/docs`),
      about: () => void tellAbout(window.current(), app.getVersion(), program.url),
    },
    !app.isPackaged,
  );
  keepAwakeWhileWorking(program.hub, program.engine);
  tellOfSleep(program.scheduler);
  const trayIcon = process.platform === "darwin" ? "trayTemplate.png" : "tray.png";
  if (hasTray) {
    endTray = showTray(join(icons, trayIcon), program, {
      open,
      quit: () => void quit.request(),
      failed: (what, error) => program.services.log.error(what, { error }),
    });
  }
  if (!hasTray || show) window.open();
}
