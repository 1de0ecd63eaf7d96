/**
 * Starts the built program (out/) for a spec: on the real Electron where there is one, else on the stand-in in e2e/host, by the
 * same Playwright calls. The only place that knows which of the two it is.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { _electron, type ElectronApplication, type Page, test } from "@playwright/test";
import type { LogEntry } from "./host/log.ts";
import type { StandIn } from "./host/stand-in.ts";

const root = join(import.meta.dirname, "..");
const hostFolder = join(root, "e2e/host/bin");
// Never import "electron" here: outside of Electron that starts a download.
const dist = join(createRequire(import.meta.url).resolve("electron/package.json"), "../dist");
const binaries = [
  process.env.ELECTRON_BINARY,
  join(dist, "electron"),
  join(dist, "electron.exe"),
  join(dist, "Electron.app/Contents/MacOS/Electron"),
];
const real = binaries.find((path) => path !== undefined && existsSync(path));

/** What a person sees and does outside the window. The real Electron draws these and cannot be asked: there every call throws. */
export interface Desktop {
  /** What was recorded of one kind ("notification", "message-box", "login-item" …), oldest first. */
  log(kind: string): Promise<LogEntry[]>;
  trays(): Promise<ReturnType<StandIn["trays"]>>;
  clickTray(): Promise<void>;
  clickTrayItem(id: string): Promise<void>;
  clickMenuItem(id: string): Promise<void>;
  clickNotification(index: number): Promise<void>;
  /** From now on questions are answered by the button of this label. */
  answerQuestions(button: string): Promise<void>;
}

export interface Program {
  readonly app: ElectronApplication;
  readonly dataFolder: string;
  /** Where the account's settings are kept (XDG_CONFIG_HOME). */
  readonly configFolder: string;
  readonly desktop: Desktop;
  /** Ends the program, running work or not, and removes its folders if this launch made them. */
  close(): Promise<void>;
}

export interface LaunchOptions {
  /** Kept afterwards; left out, the program has a new one of its own. */
  dataFolder?: string;
  /** Whether the desktop shows tray icons. */
  tray?: boolean;
  args?: string[];
  /** Folder with package.json and out/; left out, the repository. */
  program?: string;
  env?: Record<string, string>;
}

/** The command line of one start, for specs that start the program themselves (second instance). */
export function commandOf(options: LaunchOptions & { dataFolder: string; configFolder: string }): {
  executablePath: string;
  args: string[];
  env: Record<string, string>;
} {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    executablePath: real ?? join(hostFolder, "electron"),
    args: [options.program ?? root, ...(options.args ?? [])],
    env: {
      ...Object.fromEntries(inherited),
      // A dbus-send that answers as a desktop with (or without) a tray.
      PATH: [hostFolder, process.env.PATH].join(delimiter),
      STAND_IN_TRAY: String(options.tray ?? true),
      HYPERSDK_DATA_DIR: options.dataFolder,
      XDG_CONFIG_HOME: options.configFolder,
      ...options.env,
    },
  };
}

export async function launch(options: LaunchOptions = {}): Promise<Program> {
  const scratch = mkdtempSync(join(tmpdir(), "hypersdk-e2e-"));
  const dataFolder = options.dataFolder ?? join(scratch, "data");
  const configFolder = join(scratch, "config");
  const app = await _electron.launch({ ...commandOf({ ...options, dataFolder, configFolder }), cwd: root });
  const desktop = desktopOf(app);
  const lastWords = listen(app, dataFolder);
  return {
    app,
    dataFolder,
    configFolder,
    desktop,
    async close() {
      if (testFailed()) console.error(lastWords());
      await desktop.answerQuestions("Stop and quit").catch(() => {}); // ended already
      await app.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** Characters of each of the program's outputs that are told. */
const TOLD = 4000;

/** @returns what tells why the program is as it is: how it ended, what it printed, and the end of its log */
function listen(app: ElectronApplication, dataFolder: string): () => string {
  const child = app.process();
  let printed = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    printed = (printed + text).slice(-TOLD);
  });
  return () => {
    const log = join(dataFolder, "logs", "hypersdk.log");
    const logged = existsSync(log) ? readFileSync(log, "utf8").slice(-TOLD) : "none";
    const { exitCode, signalCode } = child;
    return `The program: exit ${exitCode}, signal ${signalCode}\nIt printed: ${printed}\nIts log: ${logged}`;
  };
}

/** Also outside of any test, where nothing fails. */
function testFailed(): boolean {
  try {
    return test.info().errors.length > 0;
  } catch {
    return false;
  }
}

/** The window's page, once it is the program's. */
export async function mainWindow({ app }: Pick<Program, "app">): Promise<Page> {
  const page = await app.firstWindow();
  await page.waitForURL((url) => url.href !== "about:blank");
  return page;
}

/** Keeps a picture of the page in e2e/screenshots (ignored by git) to be looked at. */
export async function shot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(root, "e2e/screenshots", `${name}.png`) });
}

function desktopOf(app: ElectronApplication): Desktop {
  /** Calls one member of the stand-in's own desktop inside the program. */
  const call = <K extends keyof StandIn>(name: K, ...args: unknown[]): Promise<unknown> =>
    app.evaluate(
      (electron, { member, given }) => {
        const { standIn } = electron as unknown as { standIn: Record<string, unknown> };
        const found = standIn[member];
        return typeof found === "function" ? (found(...given) as unknown) : found;
      },
      { member: name as string, given: args },
    );
  return {
    async log(kind) {
      const entries = (await call("log")) as LogEntry[];
      return entries.filter((entry) => entry.kind === kind);
    },
    trays: () => call("trays") as ReturnType<Desktop["trays"]>,
    clickTray: () => call("clickTray") as Promise<void>,
    clickTrayItem: (id) => call("clickTrayItem", id) as Promise<void>,
    clickMenuItem: (id) => call("clickMenuItem", id) as Promise<void>,
    clickNotification: (index) => call("clickNotification", index) as Promise<void>,
    answerQuestions: (button) =>
      app.evaluate((electron, label) => {
        const { dialog, standIn } = electron as typeof electron & { standIn?: StandIn };
        const box = (...args: unknown[]) => {
          const {
            message,
            detail,
            buttons = [],
          } = args.at(-1) as { message: string; detail?: string; buttons?: string[] };
          standIn?.log.push({ kind: "message-box", message, detail, buttons });
          return Promise.resolve({ response: buttons.indexOf(label), checkboxChecked: false });
        };
        dialog.showMessageBox = box as typeof dialog.showMessageBox;
      }, button),
  };
}
