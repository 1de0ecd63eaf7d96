/** What a script of the same account does beside the window: the REST port with the token of the discovery file. */
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const MiB = 1024 * 1024;

/** One call of the REST port of the program on `dataFolder`. @throws Error with status and body where it is refused */
export async function rest<T>(dataFolder: string, method: string, path: string, body?: object): Promise<T> {
  const found = JSON.parse(readFileSync(join(dataFolder, "service.json"), "utf8")) as {
    url: string;
    tokenFile: string;
  };
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

/** Puts web01.raw into a new library beside the data folder; each of its words carries its own offset. */
export async function rawDiskInLibrary(
  dataFolder: string,
  sizeMiB: number,
): Promise<{ source: string; target: string }> {
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

/** Starts converting the raw disk to qcow2. @returns the run's id */
export async function startConversion(dataFolder: string, disk: { source: string; target: string }): Promise<string> {
  const targets = [{ path: disk.target, format: "qcow2" }];
  const request = { kind: "convert", sourcePath: disk.source, sourceFormat: "raw", targets };
  const { runId } = await rest<{ runId: string }>(dataFolder, "POST", "/jobs", { request });
  return runId;
}
