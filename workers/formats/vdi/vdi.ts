/**
 * VirtualBox's disk images ("VirtualBox Disk Image", version 1.1).
 *
 *   header │ block map: u32 each ─► blocks (extra bytes │ data), in any order
 *
 * A child knows its parent by UUID alone: tasks/open-disk.ts looks for it. Neighbours: header.ts (checks), reader.ts (block map),
 * writer.ts, check.ts, structures.ts (bytes).
 */
import { type Format, PLAIN_VARIANT } from "../format.ts";
import { SIGNATURE, SIGNATURE_AT_BYTES } from "./structures.ts";

const PROBE_BYTES = SIGNATURE_AT_BYTES + 4;

export const vdi: Format = {
  info: {
    id: "vdi",
    label: "VDI image",
    extensions: ["vdi"],
    can: { read: true, write: true, differencing: true, compressed: false },
    variants: [
      { ...PLAIN_VARIANT, id: "dynamic", label: "Dynamic" },
      { ...PLAIN_VARIANT, id: "static", label: "Static" },
    ],
  },
  probeBytes: { head: PROBE_BYTES, tail: 0 },
  probe: (head) =>
    head.length >= PROBE_BYTES &&
    new DataView(head.buffer, head.byteOffset, PROBE_BYTES).getUint32(SIGNATURE_AT_BYTES, true) === SIGNATURE
      ? "yes"
      : "no",
  open: async (source) => (await import("./reader.ts")).openVdi(source),
  create: async (...asked) => (await import("./writer.ts")).createVdi(...asked),
  async *check(...asked) {
    yield* (await import("./check.ts")).checkVdi(...asked);
  },
};
