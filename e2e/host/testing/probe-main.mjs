// A small program for the stand-in's own tests: one page on probe://pages/, which talks over a port.
import { join } from "node:path";
import { app, BrowserWindow, ipcMain, protocol, session } from "electron";

globalThis.probe = { secondInstances: [], requests: [], portsClosed: 0, received: [], fromFrame: null, spoken: [] };
const { probe } = globalThis;

protocol.registerSchemesAsPrivileged([{ scheme: "probe", privileges: { standard: true, secure: true } }]);
if (!app.requestSingleInstanceLock({ word: "hello" })) app.quit();
app.on("second-instance", (_event, argv, workingDirectory, additionalData) =>
  probe.secondInstances.push({ argv, workingDirectory, additionalData }),
);
ipcMain.on("spoken", (_event, ...args) => probe.spoken.push(args));
ipcMain.on("port", (event) => {
  const [port] = event.ports;
  probe.fromFrame = { url: event.senderFrame.url, origin: event.senderFrame.origin, parent: event.senderFrame.parent };
  port.on("message", ({ data }) => {
    if (data === "close") port.close();
    else {
      probe.received.push(data);
      port.postMessage(data);
    }
  });
  port.once("close", () => {
    probe.portsClosed += 1;
  });
  // Late on purpose: what the page says before start() must wait, not be lost.
  setTimeout(() => port.start(), 50);
});

app.whenReady().then(async () => {
  protocol.handle("probe", (request) => {
    const { pathname } = new URL(request.url);
    probe.requests.push(`${request.method} ${request.url}`);
    if (pathname !== "/" && pathname !== "/other") return new Response("no such thing", { status: 404 });
    const headers = { "content-type": "text/html", "content-security-policy": "default-src 'self' 'unsafe-inline'" };
    return new Response(
      `<title>${pathname}</title><a id="out" target="_blank" href="https://example.invalid/x">x</a>`,
      { headers },
    );
  });
  if (process.argv.includes("--deny")) session.defaultSession.setPermissionCheckHandler(() => false);
  const window = new BrowserWindow({
    webPreferences: { preload: join(import.meta.dirname, "probe-preload.cjs"), sandbox: true },
  });
  window.webContents.setWindowOpenHandler(() => ({ action: "deny" }));
  window.webContents.on("will-navigate", (event) => {
    if (!event.url.startsWith("probe:")) event.preventDefault();
  });
  await window.loadURL("probe://pages/");
});
