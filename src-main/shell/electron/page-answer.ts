/** Answers app://hypersdk/… from the built pages: a closed set of files, read-only, under the same strict policy as the pages in a browser. */
import { Readable } from "node:stream";
import { PAGE_POLICY } from "../../api/respond.ts";
import type { StaticFiles } from "../../files/static-files.ts";
import { PAGE_HOST } from "./page-address.ts";

const HEADERS = {
  "content-security-policy": PAGE_POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
} as const;

function refusal(status: number, text: string): Response {
  return new Response(text, { status, headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8" } });
}

/** True where a path, decoded, tries to climb out or hides another spelling. The closed set holds anyway; this says why. */
function climbs(path: string): boolean {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return true;
  }
  return decoded.includes("\\") || decoded.includes("\0") || decoded.split("/").includes("..");
}

/** A path without an extension is a page of the program and gets index.html; others are files that exist or do not. */
export function answerPage(files: StaticFiles, request: { method: string; url: string }): Response {
  const { host, pathname } = new URL(request.url);
  if (host !== PAGE_HOST) return refusal(403, "This program has no such host.");
  if (request.method !== "GET") return refusal(405, "Only GET.");
  if (climbs(pathname)) return refusal(403, "That path leads out of the program's pages.");
  const isPage = !/\.[^/]*$/.test(pathname);
  const file = files.get(isPage ? "/index.html" : pathname);
  if (!file) return refusal(404, "There is no such file.");
  return new Response(Readable.toWeb(file.open()) as ReadableStream, {
    headers: {
      ...HEADERS,
      "content-type": file.mediaType,
      "content-length": String(file.sizeBytes),
      "cache-control": file.immutable ? "max-age=31536000, immutable" : "no-cache",
    },
  });
}
