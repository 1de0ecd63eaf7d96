/** Archives as Linux's initramfs is one: cpio "newc" (Documentation/driver-api/early-userspace/buffer-format.rst). */

export interface ArchiveEntry {
  readonly path: string;
  /** With the type's bits: 0o100755, 0o40755, 0o120777. */
  readonly mode: number;
  /** A link's target, a file's content. */
  readonly content: Buffer;
}

/** Entries in order: folders before what lies in them. */
export function cpioArchive(entries: readonly ArchiveEntry[]): Buffer {
  const parts = entries.flatMap(({ path, mode, content }, index) => member(path, mode, content, index + 1));
  return Buffer.concat([...parts, ...member("TRAILER!!!", 0, Buffer.alloc(0), 0)]);
}

function member(path: string, mode: number, content: Buffer, inode: number): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  // inode, mode, uid, gid, links, mtime, size, four device numbers, the name's length, no check sum.
  const numbers = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const head = Buffer.from(`070701${numbers.map((number) => number.toString(16).padStart(8, "0")).join("")}`);
  return [head, name, gap(head.length + name.length), content, gap(content.length)];
}

const gap = (length: number) => Buffer.alloc(-length & 3);
