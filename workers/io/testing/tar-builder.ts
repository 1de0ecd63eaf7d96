/** Tar archives made by hand, also such as no program makes. */

const BLOCK = 512;

export interface TarEntry {
  readonly name: string;
  readonly content: Uint8Array;
  /** Type flag; "0" (a file) when left out. */
  readonly type?: string;
  /** What the size field says, as its 12 bytes; the content's length in octal when left out. */
  readonly sizeField?: Uint8Array;
  /** "ustar\0" + "00" when left out. */
  readonly magic?: string;
  readonly prefix?: string;
}

/** One header block with a right checksum. */
export function tarHeader({
  name,
  content,
  type = "0",
  sizeField,
  magic = "ustar\u000000",
  prefix = "",
}: TarEntry): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100);
  block.write("0000644\0", 100, "latin1");
  block.set(sizeField ?? Buffer.from(`${content.length.toString(8).padStart(11, "0")}\0`), 124);
  block.fill(" ", 148, 156);
  block.write(type, 156, "latin1");
  block.write(magic, 257, "latin1");
  block.write(prefix, 345);
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** A whole archive with its two closing blocks. */
export function tarArchive(entries: readonly TarEntry[], closing = 2): Buffer {
  const blocks = entries.flatMap((entry) => [
    tarHeader(entry),
    entry.content,
    Buffer.alloc((BLOCK - (entry.content.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...blocks, Buffer.alloc(closing * BLOCK)]);
}

/** A pax record: its length counts itself. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (length !== bytes + String(length).length) length = bytes + String(length).length;
  return `${length}${rest}`;
}
