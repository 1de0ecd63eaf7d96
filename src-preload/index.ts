/**
 * The whole preload. The page asks for a connection by posting "rpc:connect" with one MessagePort to itself; the port goes to
 * the main process (shell/electron/ipc-door.ts), which serves the contract on it. Nothing callable is given to the page:
 * `window.desktop` only says that there is a window around it. Requests to show a page need no message either: the main
 * process changes the part of the address after #, which the page's router follows.
 */
import { contextBridge, ipcRenderer } from "electron";

window.addEventListener("message", (event) => {
  const [port] = event.ports;
  if (event.source === window && event.data === "rpc:connect" && port)
    ipcRenderer.postMessage("rpc:port", null, [port]);
});

contextBridge.exposeInMainWorld("desktop", Object.freeze({ kind: "window", platform: process.platform }));
