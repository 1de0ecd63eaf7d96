/** ipcMain: only messages; the program has no method calls over IPC. */
import { claim, honestEmitter } from "./honesty.ts";

class IpcMain extends honestEmitter("ipcMain", "IpcMain") {}
claim(IpcMain);
export const ipcMain = new IpcMain();
