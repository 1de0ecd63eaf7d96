/** What a script of the same account does beside the window: the REST port with the token of the discovery file. */
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Discovery, readLiveDiscovery } from "../src-main/files/discovery.ts";
import { writeLongVmdk } from "../workers/tasks/testing/long-disk.ts";

const MiB = 1024 * 1024;
const LISTENS_WITHIN_MS = 15_000;

/** A program that was only just launched does not listen yet. @throws Error where none does in time */
async function discovered(dataFolder: string): Promise<Discovery> {
  for (const end = Date.now() + LISTENS_WITHIN_MS; Date.now() < end; await sleep(50)) {
    const found = readLiveDiscovery(dataFolder);
    if (found) return found;
  }
  throw new Error(`No program listens on ${dataFolder}`);
}

/** One call of the REST port of the program on `dataFolder`. @throws Error with status and body where it is refused */
export async function rest<T>(dataFolder: string, method: string, path: string, body?: object): Promise<T> {
  const found = await discovered(dataFolder);
  const response = await fetch(`${found.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${readFileSync(found.tokenFile, "utf8").trim()}`,
      "content-type": "application/json",
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

/** A disk in a library, and where its conversion goes. */
interface LibraryDisk {
  readonly source: string;
  readonly target: string;
}

/** Puts long.vmdk, a disk that takes very long to convert, into a new library beside the data folder. */
export async function longDiskInLibrary(dataFolder: string): Promise<LibraryDisk> {
  const folder = join(dataFolder, "..", "library");
  mkdirSync(folder, { recursive: true });
  const source = join(folder, "long.vmdk");
  writeLongVmdk(source);
  await rest(dataFolder, "POST", "/libraries", { path: folder });
  return { source, target: join(folder, "long.qcow2") };
}

/** Puts web01.raw into a new library beside the data folder; each of its words carries its own offset. */
export async function rawDiskInLibrary(dataFolder: string, sizeMiB: number): Promise<LibraryDisk> {
  const folder = join(dataFolder, "..", "library");
  mkdirSync(folder, { recursive: true });
  const source = join(folder, "web01.raw");
  const file = openSync(source, "w");
  const block = Buffer.alloc(MiB);
  for (let start = 0; start < sizeMiB * MiB; start += MiB) {
    for (let at = 0; at < MiB; at += 8) block.writeDoubleLE(start + at, at);
    writeSync(file, block);
  }
  closeSync(file);
  await rest(dataFolder, "POST", "/libraries", { path: folder });
  return { source, target: join(folder, "web01.qcow2") };
}

/** Starts converting the disk to qcow2; it is raw where its name says so. @returns the run's id */
export async function startConversion(dataFolder: string, disk: LibraryDisk): Promise<string> {
  const forced = disk.source.endsWith(".raw") ? { sourceFormat: "raw" } : {};
  const targets = [{ path: disk.target, format: "qcow2" }];
  const request = { kind: "convert", sourcePath: disk.source, ...forced, targets };
  const { runId } = await rest<{ runId: string }>(dataFolder, "POST", "/jobs", { request });
  return runId;
}
