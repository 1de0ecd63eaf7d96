/**
 * Writes a tar archive whose first members are known last: an OVA begins with its description and its manifest, which name sizes and
 * sums of the disks behind them. Their room is kept free; each member behind is a target of its own that grows at the archive's end,
 * and its header is written when its size is known. docs/adr/0014. POSIX.1-2017 pax, "ustar interchange format"; sizes from 8 GiB on
 * in GNU's base-256, as ovftool writes and everybody reads them.
 *
 *   | header 512 | front … | header | front … | header | member ……………… | header | member … | zeros to 10 KiB |
 *     written last of all     by finish          by seal    by its target
 */
import { AppError } from "../../src-core/model/error.ts";
import type { ByteTarget } from "./byte-source.ts";

const BLOCK_BYTES = 512;
/** What tar(1) writes at once; readers of tapes expect whole ones. At least two blocks of zeros end an archive. */
const RECORD_BYTES = 20 * BLOCK_BYTES;
const END_BYTES = 2 * BLOCK_BYTES;
/** Digits of the size field: from 8 GiB on they are not enough. */
const SIZE_DIGITS = 11;

/** A member that is complete. */
export interface TarPart {
  readonly name: string;
  readonly sizeBytes: number;
}

export interface TarPlan {
  /** The members at the beginning, with the exact length that `finish` will be given. */
  readonly front: readonly TarPart[];
  /** Of all members: milliseconds since the epoch. */
  readonly modifiedAtMs: number;
}

export interface TarTarget {
  /** The members behind the front that are complete; what `createTarTarget` needs to go on. */
  readonly sealed: readonly TarPart[];
  /**
   * Begins the next member. Its target is good until `seal`; its `close` does nothing. What lies there of an earlier attempt can be
   * read and is written over: the writer of a disk format knows from its checkpoint how far it is good.
   * @throws AppError internal.bug while another is open
   */
  begin(name: string): ByteTarget;
  /** Completes the open member; afterwards it is durable. @param sizeBytes its length: what was written behind it is cut off */
  seal(sizeBytes: number): Promise<void>;
  /** Bytes of a sealed member. @throws as ByteTarget.read */
  read(index: number, offset: number, into: Uint8Array): Promise<void>;
  /** Writes the front; only then is the file an archive, and durable. The opener closes the file. @returns its length */
  finish(front: readonly Uint8Array[]): Promise<number>;
}

/**
 * Begins an archive in `file`, or goes on behind the members `sealed` of an earlier attempt.
 * @throws AppError target.unsupported for a name that no header holds; state.conflict, disk.truncated where the file does not hold
 *   the members that are said to be sealed
 */
export async function createTarTarget(
  file: ByteTarget,
  { front, modifiedAtMs }: TarPlan,
  sealed: readonly TarPart[] = [],
): Promise<TarTarget> {
  const header = (part: TarPart) => tarHeader(part, modifiedAtMs);
  const frontBytes = front.reduce((at, { sizeBytes }) => at + BLOCK_BYTES + padded(sizeBytes), 0);
  for (const part of front) header(part);
  const parts: (TarPart & { readonly startBytes: number })[] = [];
  let endBytes = frontBytes;
  let open: string | null = null;

  const add = (part: TarPart) => {
    parts.push({ ...part, startBytes: endBytes + BLOCK_BYTES });
    endBytes += BLOCK_BYTES + padded(part.sizeBytes);
  };
  for (const part of sealed) {
    const found = new Uint8Array(BLOCK_BYTES);
    await file.read(endBytes, found);
    if (Buffer.compare(found, header(part)) !== 0) {
      throw new AppError("state.conflict", `${file.name} does not hold ${part.name} as the checkpoint says`);
    }
    add(part);
    await file.read(endBytes - 1, new Uint8Array(1));
  }
  // A crash right before it got its name may have left a whole archive: from now on it is none.
  await file.write(0, new Uint8Array(BLOCK_BYTES));

  return {
    get sealed() {
      return parts.map(({ name, sizeBytes }) => ({ name, sizeBytes }));
    },
    begin(name) {
      if (open !== null) throw new AppError("internal.bug", `${file.name}: ${open} is not complete yet`);
      header({ name, sizeBytes: 0 });
      open = name;
      const index = parts.length;
      const startBytes = endBytes + BLOCK_BYTES;
      const assertOpen = () => {
        if (open === name && parts.length === index) return;
        throw new AppError("internal.bug", `${file.name}: ${name} is complete and is not written to any more`);
      };
      return {
        name: `${file.name}/${name}`,
        async write(offset, bytes) {
          assertOpen();
          await file.write(startBytes + offset, bytes);
        },
        read: (offset, into) => file.read(startBytes + offset, into),
        async resize(sizeBytes) {
          assertOpen();
          await file.resize(startBytes + sizeBytes);
        },
        sync: () => file.sync(),
        async close() {},
      };
    },
    async seal(sizeBytes) {
      if (open === null) throw new AppError("internal.bug", `${file.name}: no member is open`);
      const part = { name: open, sizeBytes };
      // Cut first, so that what fills up the last block is zeros.
      await file.resize(endBytes + BLOCK_BYTES + sizeBytes);
      await file.resize(endBytes + BLOCK_BYTES + padded(sizeBytes));
      await file.write(endBytes, header(part));
      await file.sync();
      open = null;
      add(part);
    },
    async read(index, offset, into) {
      const part = parts[index];
      if (part === undefined || offset + into.length > part.sizeBytes) {
        throw new AppError("internal.bug", `${file.name}: no ${into.length} bytes at ${offset} of member ${index}`);
      }
      await file.read(part.startBytes + offset, into);
    },
    async finish(contents) {
      if (open !== null) throw new AppError("internal.bug", `${file.name}: ${open} is not complete yet`);
      const whole = new Uint8Array(frontBytes);
      let at = 0;
      for (const [index, part] of front.entries()) {
        const content = contents[index];
        if (content?.length !== part.sizeBytes) {
          throw new AppError(
            "internal.bug",
            `${file.name}: ${part.name} has ${content?.length} bytes, not ${part.sizeBytes}`,
          );
        }
        whole.set(header(part), at);
        whole.set(content, at + BLOCK_BYTES);
        at += BLOCK_BYTES + padded(part.sizeBytes);
      }
      const lengthBytes = Math.ceil((endBytes + END_BYTES) / RECORD_BYTES) * RECORD_BYTES;
      await file.resize(endBytes);
      await file.resize(lengthBytes);
      await file.write(BLOCK_BYTES, whole.subarray(BLOCK_BYTES));
      await file.sync();
      await file.write(0, whole.subarray(0, BLOCK_BYTES));
      await file.sync();
      return lengthBytes;
    },
  };
}

function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** A header of a regular file that belongs to nobody in particular. @throws AppError target.unsupported for a name it cannot hold */
function tarHeader({ name, sizeBytes }: TarPart, modifiedAtMs: number): Uint8Array {
  if (!/^[\x21-\x7e]{1,100}$/.test(name)) {
    throw new AppError("target.unsupported", `${JSON.stringify(name.slice(0, 120))} cannot be a name in an OVA`);
  }
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  block.write(name, 0, "latin1");
  block.write(octal(0o644, 7), 100, "latin1");
  block.write(octal(0, 7), 108, "latin1");
  block.write(octal(0, 7), 116, "latin1");
  if (sizeBytes < 8 ** SIZE_DIGITS) block.write(octal(sizeBytes, SIZE_DIGITS), 124, "latin1");
  else {
    block.writeUInt8(0x80, 124);
    block.writeBigUInt64BE(BigInt(sizeBytes), 128);
  }
  const seconds = Math.min(Math.max(0, Math.floor(modifiedAtMs / 1000)), 8 ** 11 - 1);
  block.write(octal(seconds, 11), 136, "latin1");
  block.write(" ".repeat(8), 148, "latin1");
  block.write("0", 156, "latin1");
  block.write("ustar\u000000", 257, "latin1");
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${octal(sum, 6)} `, 148, "latin1");
  return block;
}
