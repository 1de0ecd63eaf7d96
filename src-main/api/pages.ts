/** The built pages over HTTP. Public: they hold no secrets, and a page without a session can only sign in. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { AppError } from "../../src-core/model/error.ts";
import type { StaticFile, StaticFiles } from "../files/static-files.ts";
import { PAGE_POLICY } from "./respond.ts";

/**
 * Sends the file at `urlPath`. The pages keep their routes in the fragment: an address like /jobs/ID is sent on to /#/jobs/ID.
 * @throws AppError request.not-found
 */
export function servePage(
  files: StaticFiles | null,
  urlPath: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (files === null) throw new AppError("request.not-found", "This program was built without pages.");
  const file = files.get(urlPath === "/" ? "/index.html" : urlPath);
  if (file === undefined) {
    if (!isRoute(urlPath)) throw new AppError("request.not-found");
    response.writeHead(302, { Location: `/#${urlPath}` }).end();
    return;
  }
  if (file.mediaType.startsWith("text/html")) response.setHeader("Content-Security-Policy", PAGE_POLICY);
  sendFile(file, request, response);
}

/** A route is what the page itself understands: words and ids, no file name in it. */
function isRoute(urlPath: string): boolean {
  return /^(\/[\w-]+)+$/.test(urlPath) && !urlPath.startsWith("/assets/");
}

export function sendFile(file: StaticFile, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.setHeader("ETag", file.etag);
  if (request.headers["if-none-match"] === file.etag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { "Content-Type": file.mediaType, "Content-Length": file.sizeBytes });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  // A caller that goes away is no error; a file that cannot be read cuts the answer short, which its length shows.
  pipeline(file.open(), response, () => {});
}
