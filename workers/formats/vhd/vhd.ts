/**
 * Microsoft's Virtual Hard Disks ("Virtual Hard Disk Image Format Specification", version 1.0).
 *
 *   fixed      data │ footer
 *   dynamic    copy of the footer │ dynamic disk header │ block allocation table ─► blocks (bitmap │ data) │ footer
 *   differencing   as dynamic, with the parent's ID and names in the header; a clear bit is the parent's sector
 *
 * Neighbours: footer.ts (size, checksum), header.ts (dynamic header, parent), blocks.ts, reader.ts, writer.ts,
 * check.ts, structures.ts.
 */
import { type Format, PLAIN_VARIANT } from "../format.ts";
import { BLOCK_SIZES, FIXED_UNIT_BYTES, FOOTER_COOKIE, footerTable } from "./structures.ts";

export const vhd: Format = {
  info: {
    id: "vhd",
    label: "VHD image",
    extensions: ["vhd", "avhd"],
    can: { read: true, write: true, differencing: true, compressed: false },
    variants: [
      { ...PLAIN_VARIANT, id: "dynamic", label: "Dynamic", blockBytes: BLOCK_SIZES },
      { ...PLAIN_VARIANT, id: "fixed", label: "Fixed (Azure)", sizeUnitBytes: FIXED_UNIT_BYTES },
    ],
  },
  probeBytes: { head: FOOTER_COOKIE.length, tail: footerTable.sizeBytes },
  // The footer of the oldest images is a byte shorter.
  probe: (head, tail) =>
    begins(head) || (tail.length === footerTable.sizeBytes && (begins(tail) || begins(tail.subarray(1))))
      ? "yes"
      : "no",
  open: async (source) => (await import("./reader.ts")).openVhd(source),
  create: async (...asked) => (await import("./writer.ts")).createVhd(...asked),
  async *check(...asked) {
    yield* (await import("./check.ts")).checkVhd(...asked);
  },
};

function begins(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, FOOTER_COOKIE.length)).toString("latin1") === FOOTER_COOKIE;
}
