/**
 * Identifiers for images whose format wants one (VHD, VDI), without chance or clock: the same disk gives the same file, byte for
 * byte, also when its conversion was interrupted. The identifier follows from the disk's size and from the first grain stored in
 * each block, so different disks get different ones. Two conversions of one unchanged disk share theirs.
 */
import { createHash } from "node:crypto";

/** Where the chain of digests begins; hexadecimal, for resume states. */
export function firstIdentity(format: string, virtualSizeBytes: number): string {
  return createHash("sha256").update(`${format} ${virtualSizeBytes}`).digest("hex");
}

/** The chain after one more block. @param grain the first bytes stored in it */
export function nextIdentity(identity: string, block: number, grain: Uint8Array): string {
  return createHash("sha256").update(`${identity} ${block} `).update(grain).digest("hex");
}

/** A UUID of version 8 (RFC 9562, section 5.8) that follows from the chain. @param purpose tells several of one image apart */
export function identityUuid(identity: string, purpose: string): Uint8Array {
  const uuid = new Uint8Array(createHash("sha256").update(`${identity} ${purpose}`).digest().subarray(0, 16));
  uuid[6] = 0x80 + ((uuid[6] ?? 0) % 0x10);
  uuid[8] = 0x80 + ((uuid[8] ?? 0) % 0x40);
  return uuid;
}
