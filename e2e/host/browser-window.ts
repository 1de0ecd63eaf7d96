/** BrowserWindow: a page of Chromium and the state of a frame that nobody draws. */
import type { BrowserWindowConstructorOptions, Rectangle } from "electron";
import { app } from "./app.ts";
import { claim, honestEmitter } from "./honesty.ts";
import { preventable, record } from "./log.ts";
import { openWindows } from "./open-windows.ts";
import { destroy, targetOf, WebContents } from "./web-contents.ts";

export class BrowserWindow extends honestEmitter("BrowserWindow", "BrowserWindow") {
  readonly #contents: WebContents;
  #bounds: Rectangle;
  #visible: boolean;
  #maximized = false;
  #minimized = false;
  #destroyed = false;

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super();
    const { x = 0, y = 0, width = 800, height = 600, show = true, webPreferences = {} } = options;
    this.#bounds = { x, y, width, height };
    this.#visible = show;
    this.#contents = new WebContents(webPreferences, { width, height }, () => this.close());
    record("window", {
      bounds: this.#bounds,
      webPreferences: { ...webPreferences },
      minWidth: options.minWidth,
      minHeight: options.minHeight,
    });
    openWindows.add(this);
    this.#contents.once("destroyed", () => this.#gone());
    this.#contents.once("did-finish-load", () => this.emit("ready-to-show"));
    app.emit("browser-window-created", {}, this);
    app.emit("web-contents-created", {}, this.#contents);
  }

  static getAllWindows(): BrowserWindow[] {
    return [...openWindows].filter((window) => window instanceof BrowserWindow);
  }
  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.#contents[targetOf] === contents[targetOf]) ?? null;
  }

  get id(): number {
    return this.#contents.id;
  }
  get webContents(): WebContents {
    return this.#contents;
  }
  loadURL(url: string): Promise<void> {
    return this.#contents.loadURL(url);
  }
  show(): void {
    this.#visible = true;
    this.emit("show");
    this.focus();
  }
  hide(): void {
    this.#visible = false;
    this.emit("hide");
  }
  focus(): void {
    record("window-focus", { id: this.id });
    this.emit("focus");
  }
  isVisible(): boolean {
    return this.#visible && !this.#destroyed;
  }
  minimize(): void {
    this.#minimized = true;
    this.emit("minimize");
  }
  isMinimized(): boolean {
    return this.#minimized;
  }
  restore(): void {
    this.#minimized = false;
    this.emit("restore");
  }
  maximize(): void {
    this.#maximized = true;
    this.#visible = true;
    this.emit("maximize");
  }
  isMaximized(): boolean {
    return this.#maximized;
  }
  setBounds(bounds: Partial<Rectangle>): void {
    this.#bounds = { ...this.#bounds, ...bounds };
    this.emit("resize");
    this.emit("move");
  }
  getNormalBounds(): Rectangle {
    return { ...this.#bounds };
  }
  setProgressBar(progress: number): void {
    record("progress-bar", { progress });
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  close(): void {
    if (this.#destroyed) return;
    const event = preventable();
    this.emit("close", event);
    if (!event.defaultPrevented) this.destroy();
  }
  destroy(): void {
    this.#contents[destroy]();
  }

  #gone(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    openWindows.delete(this);
    this.emit("closed");
    if (openWindows.size > 0 || app.emit("window-all-closed")) return;
    app.quit(); // what Electron does where nobody listens
  }
}
claim(BrowserWindow);
