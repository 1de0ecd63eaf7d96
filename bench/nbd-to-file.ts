/**
 * What bench/nbd.ts measures: a disk from an NBD server to a file, through the reader that exports use, several windows at a time as
 * nbdcopy has them. Says in REPORT how many seconds it took once the program was up: the product does not start anew for every disk.
 *
 *   node bench/nbd-to-file.ts SOCKET FILE REPORT
 */
import { open, writeFile } from "node:fs/promises";
import { nbdDisk } from "../workers/disk/nbd-disk.ts";
import { openNbd } from "../workers/io/nbd/connection.ts";
import { openSeveral } from "../workers/io/nbd/several.ts";

const WINDOW_BYTES = 1024 * 1024;
const WINDOWS = 6;

const [socket = "", path = "", report = ""] = process.argv.slice(2);
const beganAt = performance.now();
const signal = new AbortController().signal;
const connect = () => openNbd({ kind: "unix", path: socket }, { exportName: "", signal });
const disk = nbdDisk(await openSeveral(connect, 4));
const file = await open(path, "wx");
const windows = windowsOf();
await Promise.all(Array.from({ length: WINDOWS }, copy));
await file.truncate(disk.virtualSizeBytes);
await file.close();
await disk.close();
await writeFile(report, String((performance.now() - beganAt) / 1000));

async function copy(): Promise<void> {
  const memory = new Uint8Array(WINDOW_BYTES);
  for (let next = await windows.next(); next.done !== true; next = await windows.next()) {
    const { at, length } = next.value;
    const window = memory.subarray(0, length);
    await disk.read(at, window);
    await file.write(window, 0, length, at);
  }
}

async function* windowsOf(): AsyncGenerator<{ at: number; length: number }> {
  for await (const { start, length, state } of disk.extents(0, disk.virtualSizeBytes)) {
    if (state !== "data") continue;
    for (let at = start; at < start + length; at += WINDOW_BYTES) {
      yield { at, length: Math.min(WINDOW_BYTES, start + length - at) };
    }
  }
}
