/**
 * What bench/nbd.ts measures: a disk from an NBD server to a file, through the reader that exports use.
 *
 *   node bench/nbd-to-file.ts SOCKET FILE
 */
import { nbdDisk } from "../workers/disk/nbd-disk.ts";
import { createFileTarget } from "../workers/io/file.ts";
import { openNbd } from "../workers/io/nbd/connection.ts";
import { openSeveral } from "../workers/io/nbd/several.ts";

const WINDOW_BYTES = Number(process.env.X_W??1024) * 1024;

const [socket = "", file = ""] = process.argv.slice(2);
const signal = new AbortController().signal;
const open = () => openNbd({ kind: "unix", path: socket }, { exportName: "", signal });
const disk = nbdDisk(await openSeveral(open, Number(process.env.X_CONN ?? 4)));
const target = await createFileTarget(file);
const window = new Uint8Array(WINDOW_BYTES);
for await (const { start, length, state } of disk.extents(0, disk.virtualSizeBytes)) {
  if (state !== "data") continue;
  for (let at = start; at < start + length; at += WINDOW_BYTES) {
    const part = window.subarray(0, Math.min(WINDOW_BYTES, start + length - at));
    await disk.read(at, part);
    await target.write(at, part);
  }
}
await target.resize(disk.virtualSizeBytes);
await target.close();
await disk.close();
