const electron = require("electron");
const { contextBridge, ipcRenderer } = electron;
const tried = (act) => {
  try {
    return String(act());
  } catch (error) {
    return error.message;
  }
};
window.addEventListener("message", (event) => {
  if (event.source === window && event.data === "connect") ipcRenderer.postMessage("port", null, [event.ports[0]]);
});
ipcRenderer.send("spoken", {
  worlds: typeof window.pageVariable,
  fs: tried(() => require("node:fs")),
  sendSync: tried(() => ipcRenderer.sendSync("x")),
  functions: tried(() => contextBridge.exposeInMainWorld("bad", { call() {} })),
  names: {
    electron: Object.keys(electron),
    ipcRenderer: Object.keys(ipcRenderer),
    contextBridge: Object.keys(contextBridge),
  },
});
contextBridge.exposeInMainWorld("given", { kind: "window", deep: { list: [1, 2] } });
