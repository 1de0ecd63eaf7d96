/**
 * webContents: one page of Chromium, its two worlds and its ports. The order at birth matters: bindings, worlds and request
 * interception stand before the first navigation.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { WebPreferences, WindowOpenHandlerResponse } from "electron";
import { browser, type Fields } from "./chromium.ts";
import { makeCodec } from "./codec.ts";
import { claim, honest, honestEmitter } from "./honesty.ts";
import { ipcMain } from "./ipc-main.ts";
import { preventable, record } from "./log.ts";
import { BINDING, DELIVER, type FromPage, isolatedWorld, mainWorld, type ToPage } from "./page-worlds.ts";
import { closedByPage, MessagePortMain, receive } from "./ports.ts";
import { answer, carried, carriedPatterns, original, permissionSettings, session } from "./session.ts";

const { encode, decode } = makeCodec();
const WORLD = "Electron Isolated Context";
const all = new Set<WebContents>();

type OpenHandler = (details: {
  url: string;
  frameName: string;
  features: string;
  disposition: string;
}) => WindowOpenHandlerResponse;

/** For the stand-in's own modules; no member that Electron does not have. */
export const targetOf = Symbol("id of the page in Chromium");
export const destroy = Symbol("end the page");

/** Emits "destroyed" once the page is gone, whoever ended it. */
export class WebContents extends honestEmitter("webContents", "WebContents") {
  static #lastId = 0;
  readonly #id = ++WebContents.#lastId;
  readonly #preferences: WebPreferences;
  readonly #closeWindow: () => void;
  readonly #attached: Promise<void>;
  readonly #ports = new Map<number, MessagePortMain>();
  readonly #refused = new Set<string>();
  #outbox: string[] = [];
  #openHandler: OpenHandler | null = null;
  #targetId = "";
  #sessionId = "";
  #world = 0;
  #url = "";
  #destroyed = false;

  /** @param size of the window, in pixels @param closeWindow what `close()` does */
  constructor(preferences: WebPreferences, size: { width: number; height: number }, closeWindow: () => void) {
    super();
    for (const [key, safe] of Object.entries({ sandbox: true, contextIsolation: true, nodeIntegration: false })) {
      const asked = preferences[key as "sandbox"] ?? safe;
      if (asked !== safe) throw new Error(`The stand-in for Electron has no pages with ${key}: ${asked}.`);
    }
    this.#preferences = preferences;
    this.#closeWindow = closeWindow;
    all.add(this);
    this.#attached = this.#attach(size);
    this.#attached.catch((error) => this.#destroyed || console.error("stand-in:", error));
  }

  static getAllWebContents(): WebContents[] {
    return [...all];
  }
  static fromDevToolsTargetId(targetId: string): WebContents | undefined {
    return [...all].find((contents) => contents.#targetId === targetId);
  }

  get id(): number {
    return this.#id;
  }
  get session() {
    return session.defaultSession;
  }
  get mainFrame() {
    return this.#frame;
  }
  getURL(): string {
    return this.#url;
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  close(): void {
    this.#closeWindow();
  }
  reload(): void {
    void this.#send("Page.reload");
  }
  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler;
  }
  /** Resolves when the page has loaded, or at once where only the part after # changes. @throws Error net::ERR_… */
  async loadURL(url: string): Promise<void> {
    await this.#attached;
    const origin = new URL(carried(url)).origin;
    for (const { name, setting } of await permissionSettings(this, new URL(url).origin)) {
      if (origin !== "null") await browser().send("Browser.setPermission", { permission: { name }, setting, origin });
    }
    const loaded = new Promise<void>((resolve) => this.once("did-finish-load", resolve));
    const moved = new Promise<void>((resolve) => this.once("did-navigate-in-page", () => resolve()));
    const { loaderId, errorText } = await this.#send("Page.navigate", { url: carried(url) });
    if (errorText) {
      this.emit("did-fail-load", {}, -2, errorText, url, true);
      throw new Error(`${errorText} loading '${url}'`);
    }
    await (loaderId ? loaded : moved);
  }

  get [targetOf](): string {
    return this.#targetId;
  }
  [destroy](): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    all.delete(this);
    this.#closePorts();
    if (this.#targetId)
      browser()
        .send("Target.closeTarget", { targetId: this.#targetId })
        .catch(() => {});
    this.emit("destroyed");
  }

  readonly #frame = honest(
    "webContents.mainFrame",
    "WebFrameMain",
    frameOf(() => this.#url),
  );

  #send(method: string, params: Fields = {}): Promise<Fields> {
    return browser().send(method, params, this.#sessionId);
  }

  async #attach({ width, height }: { width: number; height: number }): Promise<void> {
    const target = await browser().send("Target.createTarget", { url: "about:blank", newWindow: true, width, height });
    this.#targetId = String(target.targetId);
    const attached = await browser().send("Target.attachToTarget", { targetId: this.#targetId, flatten: true });
    this.#sessionId = String(attached.sessionId);
    this.#listen();
    await browser().send("Target.setDiscoverTargets", { discover: true });
    for (const domain of ["Page", "Runtime", "Inspector"]) await this.#send(`${domain}.enable`);
    await this.#send("Fetch.enable", {
      patterns: [{ urlPattern: "*", resourceType: "Document" }, ...carriedPatterns()],
    });
    await this.#raiseWorlds();
  }

  async #raiseWorlds(): Promise<void> {
    const event = `e${randomUUID()}`;
    const { preload } = this.#preferences;
    const code = preload ? readFileSync(preload, "utf8") : "";
    const names = JSON.stringify({ binding: BINDING, deliver: DELIVER, event });
    const { node = "", electron = "" } = process.versions;
    const inside = JSON.stringify({ versions: { node, electron }, platform: process.platform });
    const wrapped = `function (require, process, module, exports) {\n${code}\n}`;
    await this.#send("Page.addScriptToEvaluateOnNewDocument", { source: `(${mainWorld})(${names})` });
    await this.#send("Runtime.addBinding", { name: BINDING, executionContextName: WORLD });
    await this.#send("Page.addScriptToEvaluateOnNewDocument", {
      worldName: WORLD,
      source: `(${isolatedWorld})(${makeCodec}, ${names}, ${inside}, ${wrapped})`,
    });
  }

  #listen(): void {
    const on = <P>(method: string, listener: (params: P) => void) =>
      browser().on(`${this.#sessionId}:${method}`, listener);
    on("Runtime.bindingCalled", ({ payload, executionContextId }: { payload: string; executionContextId: number }) => {
      this.#world = executionContextId;
      for (const text of JSON.parse(payload) as string[]) this.#fromPage(decode(text) as FromPage);
    });
    on("Page.domContentEventFired", () => this.emit("dom-ready"));
    on("Page.loadEventFired", () => this.emit("did-finish-load"));
    on("Page.frameNavigated", ({ frame }: { frame: { url: string; parentId?: string } }) => {
      if (frame.parentId) return;
      this.#url = original(frame.url);
      this.#closePorts();
      this.emit("did-navigate", {}, this.#url);
    });
    on("Page.navigatedWithinDocument", ({ url, frameId }: { url: string; frameId: string }) => {
      if (frameId !== this.#targetId) return;
      this.#url = original(url);
      this.emit("did-navigate-in-page", {}, this.#url, true);
    });
    on("Page.frameRequestedNavigation", ({ url }: { url: string }) => {
      const event = Object.assign(preventable(), { url: original(url) });
      this.emit("will-navigate", event, event.url);
      record("will-navigate", { url: event.url, prevented: event.defaultPrevented });
      if (event.defaultPrevented) this.#refused.add(url);
    });
    on("Fetch.requestPaused", (paused: PausedRequest) => void this.#intercept(paused).catch(() => {}));
    on("Inspector.targetCrashed", () => this.emit("render-process-gone", {}, { reason: "crashed", exitCode: 5 }));
    browser().on("Target.targetDestroyed", ({ targetId }: { targetId: string }) => {
      if (targetId === this.#targetId) this[destroy]();
    });
  }

  async #intercept({ requestId, request }: PausedRequest): Promise<void> {
    if (this.#refused.delete(request.url)) {
      await this.#send("Fetch.failRequest", { requestId, errorReason: "Aborted" });
      return;
    }
    const { method, headers, postData } = request;
    const asked = new Request(original(request.url), { method, headers, ...(postData ? { body: postData } : {}) });
    const reply = await answer(asked).catch((error) => new Response(String(error), { status: 500 }));
    if (!reply) {
      await this.#send("Fetch.continueRequest", { requestId });
      return;
    }
    await this.#send("Fetch.fulfillRequest", {
      requestId,
      responseCode: reply.status,
      responseHeaders: [...reply.headers].map(([name, value]) => ({ name, value })),
      body: Buffer.from(await reply.arrayBuffer()).toString("base64"),
    });
  }

  #fromPage(message: FromPage): void {
    switch (message.type) {
      case "send": {
        const ports = message.ports.map((id) => this.#adopt(id));
        const event = { sender: this, senderFrame: this.#frame, processId: 1, frameId: 1, ports };
        ipcMain.emit(message.channel, event, ...message.args);
        return;
      }
      case "port":
        this.#ports.get(message.id)?.[receive](message.data);
        return;
      case "window-open": {
        const { url, name: frameName } = message;
        const reply = this.#openHandler?.({ url, frameName, features: "", disposition: "foreground-tab" });
        record("window-open", { url, action: reply?.action ?? "allow" });
        if (reply?.action !== "deny") console.error("stand-in: windows opened by pages are not done here");
        return;
      }
      case "preload-error":
        this.emit("preload-error", {}, this.#preferences.preload, new Error(message.message));
        console.error("stand-in: the preload failed:", message.message);
    }
  }

  #adopt(id: number): MessagePortMain {
    const port = new MessagePortMain({
      post: (data) => this.#toPage({ type: "port", id, data }),
      closed: () => {
        this.#ports.delete(id);
        this.#toPage({ type: "port-closed", id });
      },
    });
    this.#ports.set(id, port);
    return port;
  }
  #closePorts(): void {
    for (const port of this.#ports.values()) port[closedByPage]();
    this.#ports.clear();
    this.#outbox = [];
  }
  /** What is said in one turn goes over in one evaluation. */
  #toPage(message: ToPage): void {
    if (this.#outbox.push(encode(message)) > 1) return;
    setImmediate(() => {
      const batch = this.#outbox;
      this.#outbox = [];
      if (batch.length === 0 || this.#destroyed) return;
      const expression = `${DELIVER}(${JSON.stringify(JSON.stringify(batch))})`;
      // The page may be gone or another by now; then nobody waits for the words.
      this.#send("Runtime.evaluate", { expression, contextId: this.#world }).catch(() => {});
    });
  }
}
claim(WebContents);

interface PausedRequest {
  requestId: string;
  request: { url: string; method: string; headers: Record<string, string>; postData?: string };
}

function frameOf(url: () => string) {
  return {
    get url() {
      return url();
    },
    get origin() {
      const { protocol, host } = new URL(url());
      return `${protocol}//${host}`;
    },
    parent: null,
  };
}

export const webContents = honest(
  "webContents",
  "WebContents",
  {
    getAllWebContents: WebContents.getAllWebContents,
    fromDevToolsTargetId: WebContents.fromDevToolsTargetId,
  },
  true,
);
