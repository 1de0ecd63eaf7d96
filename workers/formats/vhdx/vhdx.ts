/**
 * Hyper-V's virtual disks ("[MS-VHDX]: Virtual Hard Disk v2 (VHDX) File Format"): fixed, dynamic and differencing; written as
 * dynamic and fixed.
 *
 *   0        "vhdxfile"                                   ┐
 *   64 Ki    header 1    128 Ki  header 2                 ├ header section, 1 MiB
 *   192 Ki   region table   256 Ki  its copy              ┘
 *   …        log                      changes to be made before anything below is read
 *   …        metadata region          items by GUID: block size, disk size, sector sizes, parent
 *   …        BAT                      u64 a block ─► payload blocks; in differencing disks also sector bitmaps
 *
 * Neighbours: header.ts, metadata.ts and parent-locator.ts (checks), log.ts and replayed-source.ts (what a crash left),
 * mapping.ts and bat-entries.ts (BAT), reader.ts, writer.ts and new-image.ts, check.ts, structures.ts (bytes).
 */
import { type Format, PLAIN_VARIANT } from "../format.ts";
import { BLOCK_SIZES, MAGIC } from "./structures.ts";

/** 512 first: every guest boots from such disks. */
const CHOICES = { ...PLAIN_VARIANT, blockBytes: BLOCK_SIZES, sectorBytes: [512, 4096] };

export const vhdx: Format = {
  info: {
    id: "vhdx",
    label: "VHDX image",
    extensions: ["vhdx", "avhdx"],
    can: { read: true, write: true, differencing: true, compressed: false },
    variants: [
      { ...CHOICES, id: "dynamic", label: "Dynamic" },
      { ...CHOICES, id: "fixed", label: "Fixed" },
    ],
  },
  probeBytes: { head: MAGIC.length, tail: 0 },
  probe: (head) => (Buffer.from(head.subarray(0, MAGIC.length)).toString("latin1") === MAGIC ? "yes" : "no"),
  open: async (source) => (await import("./reader.ts")).openVhdx(source),
  create: async (...asked) => (await import("./writer.ts")).createVhdx(...asked),
  async *check(...asked) {
    yield* (await import("./check.ts")).checkVhdx(...asked);
  },
};
