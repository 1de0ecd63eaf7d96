/** A disk for tests that stop work in its middle: however late a busy machine lets them act, the work is still going on. */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { basename } from "node:path";

const MIB = 1024 ** 2;
const FILE_MIB = 128;
const EXTENTS = 1024;

/**
 * Writes a VMDK of 128 GiB made of one file of 128 MiB again and again, beside it as NAME-flat.vmdk. It holds stored zeros, which
 * have to be read to be known as such: converting it takes half a minute at best, and writes next to nothing.
 */
export function writeLongVmdk(path: string): void {
  const flat = path.replace(/\.vmdk$/, "-flat.vmdk");
  const file = openSync(flat, "wx");
  try {
    for (let at = 0; at < FILE_MIB; at += 1) writeSync(file, Buffer.alloc(MIB));
  } finally {
    closeSync(file);
  }
  const extent = `RW ${(FILE_MIB * MIB) / 512} FLAT "${basename(flat)}" 0`;
  const head = ["# Disk DescriptorFile", "version=1", "CID=1a2b3c4d", "parentCID=ffffffff"];
  const lines = [...head, 'createType="twoGbMaxExtentFlat"', ...Array.from({ length: EXTENTS }, () => extent)];
  writeFileSync(path, `${lines.join("\n")}\n`);
}
