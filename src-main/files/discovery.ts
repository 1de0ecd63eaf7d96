/**
 * service.json: how scripts and the command line of the same account find a running program by themselves.
 * Written once the port listens, removed on a clean stop; after a crash it may be stale, so readers check that it answers.
 */
import { readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { discoveryFile } from "./discovery-file.ts";
import { writeOwnerFile } from "./owner-file.ts";
import { systemCode } from "./path-error.ts";

export const Discovery = z.object({
  /** e.g. "http://127.0.0.1:8080" */
  url: z.url(),
  pid: z.number().int().positive(),
  version: z.string(),
  startedAt: z.iso.datetime(),
  /** Absolute path of the file that holds the access token. */
  tokenFile: z.string(),
});
export type Discovery = z.infer<typeof Discovery>;

export function writeDiscovery(dataFolder: string, discovery: Discovery): void {
  writeOwnerFile(discoveryFile(dataFolder), `${JSON.stringify(discovery, null, 2)}\n`);
}

/** What service.json says, or null where it is missing or not ours. */
export function readDiscovery(dataFolder: string): Discovery | null {
  let text: string;
  try {
    text = readFileSync(discoveryFile(dataFolder), "utf8");
  } catch (thrown) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(systemCode(thrown))) return null;
    throw thrown;
  }
  try {
    return Discovery.parse(JSON.parse(text));
  } catch {
    // Written by another version, or by hand: as good as none.
    return null;
  }
}

/** The same, where the process that wrote it lives, as this account's. */
export function readLiveDiscovery(dataFolder: string): Discovery | null {
  const discovery = readDiscovery(dataFolder);
  if (discovery === null) return null;
  try {
    process.kill(discovery.pid, 0);
    return discovery;
  } catch {
    // ESRCH: gone. EPERM: the number now belongs to another account, so it is not the writer of our file.
    return null;
  }
}

/** Takes the file away, if it still is that of process `pid`. */
export function removeDiscovery(dataFolder: string, pid: number): void {
  if (readDiscovery(dataFolder)?.pid === pid) rmSync(discoveryFile(dataFolder), { force: true });
}
