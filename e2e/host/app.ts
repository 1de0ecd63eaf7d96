/** app: the life of the program, its names and folders. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { LoginItemSettings, Settings } from "electron";
import { startBrowser, stopBrowser } from "./chromium.ts";
import { claim, honest, honestEmitter } from "./honesty.ts";
import { preventable, record } from "./log.ts";
import { openWindows } from "./open-windows.ts";
import { lockOrTell } from "./single-instance.ts";

/** Called once by the module's entry, after the program's own first turn. */
export const boot = Symbol("start the browser and say ready");

interface Manifest {
  name: string;
  productName?: string;
  version: string;
}

const commandLine = honest("app.commandLine", "CommandLine", {
  hasSwitch: (name: string) => process.argv.slice(2).some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`)),
});

class App extends honestEmitter("app", "App") {
  readonly #ready = Promise.withResolvers<void>();
  readonly #paths = new Map<string, string>();
  #isReady = false;
  #ending = false;
  #manifest: Manifest | null = null;

  get isPackaged(): boolean {
    return process.env.STAND_IN_PACKAGED === "1";
  }
  get commandLine() {
    return commandLine;
  }
  whenReady(): Promise<void> {
    return this.#ready.promise;
  }
  isReady(): boolean {
    return this.#isReady;
  }
  getName(): string {
    const { name, productName } = this.#package();
    return productName ?? name;
  }
  getVersion(): string {
    return this.#package().version;
  }
  /** The folder Electron was started with, or the one of the started file. */
  getAppPath(): string {
    const started = process.argv[1] ?? process.cwd();
    return existsSync(started) && statSync(started).isDirectory() ? started : dirname(started);
  }
  getPath(name: string): string {
    const path = this.#paths.get(name) ?? this.#defaultPath(name);
    this.#paths.set(name, path);
    if (name === "userData") mkdirSync(path, { recursive: true });
    return path;
  }
  /** Only the folder of the program's own data can be moved. */
  setPath(name: "userData", path: string): void {
    this.#paths.set(name, path);
  }
  setAppUserModelId(id: string): void {
    record("app-user-model-id", { id });
  }
  /** Pages are sandboxed here whatever is asked. */
  enableSandbox(): void {
    if (this.#isReady) throw new Error("app.enableSandbox() can only be called before app is ready");
    record("sandbox");
  }
  setLoginItemSettings(settings: Settings): void {
    record("login-item", { ...settings });
  }
  getLoginItemSettings(): LoginItemSettings {
    return {
      openAtLogin: false,
      wasOpenedAtLogin: false,
      status: "not-registered",
      executableWillLaunchAtLogin: false,
      launchItems: [],
    };
  }
  requestSingleInstanceLock(additionalData: unknown = null): boolean {
    const letter = { argv: process.argv, workingDirectory: process.cwd(), additionalData };
    return lockOrTell(this.getPath("userData"), letter, (second) =>
      this.emit("second-instance", {}, second.argv, second.workingDirectory, second.additionalData),
    );
  }
  quit(): void {
    if (this.#ending) return;
    const before = preventable();
    this.emit("before-quit", before);
    if (before.defaultPrevented) return;
    this.#ending = true; // the last window's end must not ask again
    for (const window of openWindows) {
      window.close();
      if (window.isDestroyed()) continue;
      this.#ending = false;
      return;
    }
    const will = preventable();
    this.emit("will-quit", will);
    if (will.defaultPrevented) this.#ending = false;
    else this.#end(0);
  }
  /** Ends without asking anybody. */
  exit(code = 0): void {
    this.#ending = true;
    for (const window of openWindows) window.destroy();
    this.#end(code);
  }

  async [boot](): Promise<void> {
    if (this.#ending) return;
    const browser = await startBrowser(this.getPath("userData"));
    process.stderr.write(`\nDevTools listening on ${browser.endpoint}\n`);
    browser.once("gone", () => {
      console.error("stand-in: Chromium ended by itself");
      this.exit(70);
    });
    this.#isReady = true;
    this.emit("will-finish-launching");
    this.emit("ready", {}, {});
    this.#ready.resolve();
  }

  #end(code: number): void {
    this.emit("quit", {}, code);
    void stopBrowser().finally(() => process.exit(code));
  }
  #defaultPath(name: string): string {
    switch (name) {
      case "home":
        return homedir();
      case "temp":
        return tmpdir();
      case "exe":
        return process.execPath;
      case "appData":
        return process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config");
      case "userData":
        return process.env.STAND_IN_USER_DATA ?? mkdtempSync(join(tmpdir(), "stand-in-"));
      default:
        throw new Error(`The stand-in for Electron has no app.getPath("${name}").`);
    }
  }
  #package(): Manifest {
    for (let folder = this.getAppPath(); ; folder = dirname(folder)) {
      if (this.#manifest) return this.#manifest;
      const path = join(folder, "package.json");
      if (existsSync(path)) this.#manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
      else if (folder === dirname(folder)) throw new Error("No package.json above the started file.");
    }
  }
}
claim(App);
export const app = new App();
