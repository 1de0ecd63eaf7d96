/**
 * The GUIDs of images we write. Random ones would make two conversions of one disk differ, and a resumed one differ from an
 * undisturbed one; the same ones for every disk would make Windows take two disks of one machine for one. So they follow from the
 * content: a digest over the size of the disk, the numbers of its blocks and a CRC-32 of what each holds. Disks that are the same
 * get the same GUIDs; disks that differ get others.
 */
import { createHash } from "node:crypto";

const hash = (...parts: (string | number)[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex");

/** Before the first block. */
export function contentDigest(virtualSizeBytes: number): string {
  return hash("HyperSDK Desktop VHDX", virtualSizeBytes);
}

/** With one more block. */
export function nextDigest(digest: string, block: number, blockCrc: number): string {
  return hash(digest, block, blockCrc);
}

/** A GUID for one purpose, marked as made this way (RFC 9562, section 5.8, version 8). */
export function guidFrom(digest: string, purpose: "file write" | "data write" | "virtual disk"): string {
  const hex = hash(digest, purpose);
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
