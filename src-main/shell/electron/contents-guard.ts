/** What no page may do, whichever window it is in: leave the program's pages, open windows, embed others, ask for devices. */
import { app, session } from "electron";
import { isOwnPage } from "./page-address.ts";

/** Puts the guard on every page made from now on; call before the first window. */
export function guardAllContents(base: string): void {
  app.on("web-contents-created", (_event, contents) => {
    contents.on("will-navigate", (event) => {
      if (!isOwnPage(base, event.url)) event.preventDefault();
    });
    contents.on("will-redirect", (event) => {
      if (!isOwnPage(base, event.url)) event.preventDefault();
    });
    contents.on("will-attach-webview", (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: "deny" }));
  });
}

/** The pages need no device and no permission but putting text on the clipboard when a button is pressed. */
const ALLOWED = "clipboard-sanitized-write";

/** Answers every permission question with no, asked or looked up. Call when the app is ready. */
export function denyPermissions(): void {
  session.defaultSession.setPermissionRequestHandler((_contents, permission, answer) => answer(permission === ALLOWED));
  session.defaultSession.setPermissionCheckHandler((_contents, permission) => permission === ALLOWED);
}
