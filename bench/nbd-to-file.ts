/**
 * What bench/nbd.ts measures: a disk from an NBD server to a file, through the reader that exports use, several windows at a time as
 * nbdcopy has them. Says in REPORT how many seconds it took once the program was up: the product does not start anew for every disk.
 *
 *   node bench/nbd-to-file.ts SOCKET FILE REPORT
 */
import { open, writeFile } from "node:fs/promises";
import { nbdDisk } from "../workers/disk/nbd-disk.ts";
import { windowBytesOf } from "../workers/disk/window.ts";
import { openNbd } from "../workers/io/nbd/connection.ts";
import { openSeveral } from "../workers/io/nbd/several.ts";

/** As large as those of the copy engine where nothing is compressed. */
const WINDOW_BYTES = windowBytesOf([]);
/** Read at a time. They are written one after the other, as the copy engine does: writers of one file only wait for each other. */
const WINDOWS = 4;

const [socket = "", path = "", report = ""] = process.argv.slice(2);
const beganAt = performance.now();
const signal = new AbortController().signal;
const connect = () => openNbd({ kind: "unix", path: socket }, { exportName: "", signal });
const disk = nbdDisk(await openSeveral(connect, 4));
const file = await open(path, "wx");
// Known at once: a file that grows with every write costs the file system half as much again.
await file.truncate(disk.virtualSizeBytes);
const windows = windowsOf();
let written: Promise<unknown> = Promise.resolve();
await Promise.all(Array.from({ length: WINDOWS }, copy));
await file.close();
await disk.close();
await writeFile(report, String((performance.now() - beganAt) / 1000));

async function copy(): Promise<void> {
  const memory = new Uint8Array(WINDOW_BYTES);
  for (let next = await windows.next(); next.done !== true; next = await windows.next()) {
    const { at, length } = next.value;
    const window = memory.subarray(0, length);
    await disk.read(at, window);
    const write = written.then(() => file.write(window, 0, length, at));
    written = write;
    await write;
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
