/**
 * The only thing a page may say over IPC: "rpc:port" with a MessagePort, on which the contract is then served. It is heard
 * from the main frame of the program's own pages only, and a page has one port: a new one closes the one before.
 */
import { type IpcMainEvent, ipcMain, type MessagePortMain } from "electron";
import { isOwnPage } from "./page-address.ts";

/** @param connect serves the contract on the port; what it returns ends that */
export function openIpcDoor(base: string, connect: (port: MessagePortMain) => () => void): void {
  const current = new Map<number, () => void>();

  ipcMain.on("rpc:port", (event: IpcMainEvent) => {
    const [port] = event.ports;
    if (!port) return;
    const frame = event.senderFrame;
    if (!frame || frame.parent !== null || !isOwnPage(base, frame.url)) {
      port.close();
      return;
    }
    const page = event.sender.id;
    current.get(page)?.();
    const disconnect = connect(port);
    const end = () => {
      if (current.get(page) === end) current.delete(page);
      disconnect();
      port.close();
    };
    current.set(page, end);
    port.once("close", end); // the page was reloaded, or is gone
  });
}
