/**
 * The built pages as a closed set: the folder is walked once and only what was found is ever opened, so no spelling of a
 * path (encoded, "..", backslash, NUL, links) can reach anything else.
 */
import { createReadStream, readdirSync, realpathSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import type { Readable } from "node:stream";

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** The build puts a hash of the content into these names: a browser may keep them for ever. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+$/;

export interface StaticFile {
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly immutable: boolean;
  /** A new stream of the content; the caller pipes or destroys it. */
  open(): Readable;
}

export interface StaticFiles {
  /** The file at a URL path ("/assets/index-1a2b3c4d.js"), still percent-encoded; undefined where there is none. */
  get(urlPath: string): StaticFile | undefined;
}

/** The path without percent-encoding; what is not properly encoded names no file. */
function decoded(urlPath: string): string {
  try {
    return decodeURIComponent(urlPath);
  } catch {
    return "";
  }
}

/** Collects the files of known type below `root` (links left out). @throws where the folder cannot be read */
export function staticFiles(root: string): StaticFiles {
  const files = new Map<string, { path: string; mediaType: string; immutable: boolean }>();
  const top = realpathSync(root);
  const walk = (folder: string, prefix: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const key = `${prefix}/${entry.name}`;
      const mediaType = MEDIA_TYPES[extname(entry.name).toLowerCase()];
      if (entry.isDirectory()) walk(path, key);
      else if (entry.isFile() && mediaType !== undefined) {
        files.set(key, { path, mediaType, immutable: HASHED.test(key) });
      }
    }
  };
  walk(top, "");
  return {
    get(urlPath) {
      const known = files.get(decoded(urlPath));
      const now = known && statSync(known.path, { throwIfNoEntry: false });
      if (known === undefined || now === undefined) return undefined;
      return {
        mediaType: known.mediaType,
        sizeBytes: now.size,
        etag: `"${now.size.toString(36)}-${Math.trunc(now.mtimeMs).toString(36)}"`,
        immutable: known.immutable,
        open: () => createReadStream(known.path),
      };
    },
  };
}
