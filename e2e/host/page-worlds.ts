/**
 * What runs inside the page, as text: `isolatedWorld` in a JavaScript world of its own, where the preload lives and the
 * binding to the host is visible, and `mainWorld` in the page's own. Neither may refer to anything outside itself.
 * The worlds share the DOM only; they talk by CustomEvents whose name no page can guess.
 * Not done, because this Chromium has no close event on ports: a page does not hear that main closed a port, nor main that a
 * living page closed one (it does hear that the page went).
 */
import type { Codec } from "./codec.ts";

/** Page → host. */
export type FromPage =
  | { type: "send"; channel: string; args: unknown[]; ports: number[] }
  | { type: "port"; id: number; data: unknown }
  | { type: "window-open"; url: string; name: string }
  | { type: "preload-error"; message: string };

/** Host → page. */
export type ToPage = { type: "port"; id: number; data: unknown } | { type: "port-closed"; id: number };

/** Name of the function in the isolated world that takes what the host says; of the binding that takes what the page says. */
export const DELIVER = "__standInDeliver";
export const BINDING = "__standInHost";

interface IsolatedScope {
  [BINDING](text: string): void;
  [DELIVER](text: string): void;
}
type Preload = (require: (name: string) => unknown, process: object, module: object, exports: object) => void;

export function isolatedWorld(
  makeCodec: () => Codec,
  names: { binding: typeof BINDING; deliver: typeof DELIVER; event: string },
  process: { versions: Record<string, string>; platform: string },
  preload: Preload,
): void {
  if (window !== window.top) return;
  const scope = globalThis as unknown as IsolatedScope;
  const { encode, decode } = makeCodec();
  const ports = new Map<number, MessagePort>();
  let lastPort = 0;

  // Messages of one turn travel together: a call through the binding costs more than its content.
  let outbox: string[] = [];
  const tell = (message: FromPage): void => {
    if (outbox.push(encode(message)) > 1) return;
    queueMicrotask(() => {
      const batch = outbox;
      outbox = [];
      scope[names.binding](JSON.stringify(batch));
    });
  };
  const lacks = <T extends object>(name: string, members: T): T =>
    new Proxy(members, {
      get(target, key) {
        if (typeof key === "string" && !(key in target))
          throw new Error(`The stand-in for Electron has no ${name}.${key}.`);
        return Reflect.get(target, key);
      },
    });

  function adopt(port: MessagePort): number {
    const id = ++lastPort;
    ports.set(id, port);
    port.onmessage = (event) => tell({ type: "port", id, data: event.data });
    return id;
  }
  scope[names.deliver] = (text) => {
    for (const item of JSON.parse(text) as string[]) {
      const message = decode(item) as ToPage;
      if (message.type === "port") ports.get(message.id)?.postMessage(message.data);
      else {
        ports.get(message.id)?.close();
        ports.delete(message.id);
      }
    }
  };

  const ipcRenderer = lacks("ipcRenderer", {
    send: (channel: string, ...args: unknown[]) => tell({ type: "send", channel, args, ports: [] }),
    postMessage: (channel: string, message: unknown, transfer: MessagePort[] = []) =>
      tell({ type: "send", channel, args: [message], ports: transfer.map(adopt) }),
  });
  /** Data only, deeply frozen on the other side; functions across the worlds are not done here. */
  const contextBridge = lacks("contextBridge", {
    exposeInMainWorld: (key: string, api: unknown) => {
      const json = JSON.stringify(api, (_name, value) => {
        if (typeof value === "function")
          throw new Error("The stand-in for Electron has no functions over contextBridge.");
        return value;
      });
      document.dispatchEvent(new CustomEvent(names.event, { detail: JSON.stringify({ key, json }) }));
    },
  });
  const electron = lacks("electron (in a preload)", { ipcRenderer, contextBridge });

  document.addEventListener(`${names.event}:open`, (event) => {
    const { url, name } = JSON.parse((event as CustomEvent<string>).detail) as { url: string; name: string };
    tell({ type: "window-open", url, name });
  });
  const require = (name: string): unknown => {
    if (name === "electron" || name === "electron/renderer") return electron;
    throw new Error(`module not found: ${name}`);
  };
  const module = { exports: {} };
  try {
    preload(
      require,
      { ...process, type: "renderer", contextIsolated: true, sandboxed: true, env: {}, argv: [] },
      module,
      module.exports,
    );
  } catch (error) {
    tell({ type: "preload-error", message: String(error instanceof Error ? error.stack : error) });
  }
}

export function mainWorld(names: { event: string }): void {
  if (window !== window.top) return;
  const freeze = (value: unknown): unknown => {
    if (typeof value === "object" && value !== null)
      for (const item of Object.values(Object.freeze(value))) freeze(item);
    return value;
  };
  document.addEventListener(names.event, (event) => {
    const { key, json } = JSON.parse((event as CustomEvent<string>).detail) as { key: string; json: string };
    Object.defineProperty(window, key, { value: freeze(JSON.parse(json)), enumerable: true });
  });
  // No window comes to be by itself: window.open and target=_blank are told to the host, which asks the app's handler.
  const open = (url: string, name: string): null => {
    document.dispatchEvent(new CustomEvent(`${names.event}:open`, { detail: JSON.stringify({ url, name }) }));
    return null;
  };
  window.open = (url = "about:blank", name = "") => open(new URL(url, location.href).href, name);
  window.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[target=_blank]") : null;
    if (!link || event.defaultPrevented) return;
    event.preventDefault();
    open(link.href, "");
  });
}
