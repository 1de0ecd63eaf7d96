/** libvmdk as a second oracle of what a VMDK holds: it reads by itself what qemu-img may misread in the same way as we do. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { fillExpected, type TestDisk } from "./test-disk.ts";

/** Prints the SHA-256 of the guest's bytes, read through Debian's python3-libvmdk. */
const SCRIPT = `
import hashlib, pyvmdk, sys
disk = pyvmdk.handle()
disk.open(sys.argv[1])
disk.open_extent_data_files()
digest, left = hashlib.sha256(), disk.get_media_size()
while left > 0:
    piece = disk.read_buffer(min(left, 1 << 20))
    if not piece:
        sys.exit("the disk ends %d bytes before its size" % left)
    digest.update(piece)
    left -= len(piece)
print(digest.hexdigest())
`;

/** SHA-256 of the disk in the image at `path`, hexadecimal; throws with libvmdk's words when it cannot be read. */
export function libvmdkDigest(path: string): string {
  return execFileSync("/usr/bin/python3", ["-c", SCRIPT, path], { encoding: "utf8" }).trim();
}

/** SHA-256 of a test disk, hexadecimal. */
export function diskDigest(disk: TestDisk): string {
  const digest = createHash("sha256");
  const piece = new Uint8Array(1024 * 1024);
  for (let at = 0; at < disk.virtualSizeBytes; at += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, disk.virtualSizeBytes - at));
    fillExpected(disk, at, part);
    digest.update(part);
  }
  return digest.digest("hex");
}
