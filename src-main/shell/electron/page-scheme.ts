/** The scheme app: of the program's own pages. */
import { protocol } from "electron";
import { staticFiles } from "../../files/static-files.ts";
import { PAGE_SCHEME } from "./page-address.ts";
import { answerPage } from "./page-answer.ts";

/** Makes app: a standard, secure scheme (an origin of its own). Only possible before the app is ready. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the built pages in `root`. Call when the app is ready. @throws where the folder cannot be read */
export function servePages(root: string): void {
  const files = staticFiles(root);
  protocol.handle(PAGE_SCHEME, (request) => answerPage(files, request));
}
