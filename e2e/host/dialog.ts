/**
 * dialog and shell: questions are written down and answered as somebody would who presses Escape; a spec that wants another
 * answer replaces the function through Playwright, as with the real Electron.
 */
import type { MessageBoxOptions, OpenDialogOptions } from "electron";
import { honest } from "./honesty.ts";
import { record } from "./log.ts";

/** Electron takes (options) or (window, options). */
function optionsOf<T>(args: readonly unknown[]): T {
  return args.at(-1) as T;
}

export const dialog = honest("dialog", "Dialog", {
  async showOpenDialog(...args: unknown[]) {
    record("open-dialog", { ...optionsOf<OpenDialogOptions>(args) });
    return { canceled: true, filePaths: [] as string[] };
  },
  async showMessageBox(...args: unknown[]) {
    const { type, message, detail, buttons, cancelId } = optionsOf<MessageBoxOptions>(args);
    record("message-box", { type, message, detail, buttons });
    return { response: cancelId ?? 0, checkboxChecked: false };
  },
  showErrorBox(title: string, content: string) {
    record("error-box", { title, content });
  },
});

export const shell = honest("shell", "Shell", {
  async openExternal(url: string) {
    record("open-external", { url });
  },
  showItemInFolder(path: string) {
    record("show-item", { path });
  },
});
