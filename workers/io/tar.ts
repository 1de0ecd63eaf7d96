/**
 * The members of a tar archive (an OVA: DSP0243, "Distribution as a single file") and windows onto them, without unpacking. Only headers are read: the walk goes from
 * one to the next. POSIX.1-2017 pax "ustar interchange format" with pax records, and GNU tar's long names and base-256 numbers.
 *
 *   | header 512 | data, filled up to 512 | header | data … | 512 zeros | 512 zeros |
 */
import { AppError } from "../../src-core/model/error.ts";
import type { ByteSource } from "./byte-source.ts";

export interface TarMember {
  /** Relative path with forward slashes, without leading "./". */
  readonly name: string;
  /** Where its bytes lie in the archive. */
  readonly startBytes: number;
  readonly sizeBytes: number;
  /** Why it cannot be read, in words; null when it can. */
  readonly problem: string | null;
}

/** The members of an archive file: whoever opens many lists it once. */
export interface TarListing {
  readonly archivePath: string;
  readonly members: readonly TarMember[];
  /** Which file it was, how long and how old: another stamp, another archive. */
  readonly stamp: string;
}

const BLOCK_BYTES = 512;
/** An OVA holds a description, a manifest, a certificate and some disks; what holds more headers than this is none. */
const MAX_HEADERS = 4096;
/** A long name, or the records that belong to one member. */
const MAX_EXTENDED_BYTES = 64 * 1024;

/** Fields of a header, offset and length (POSIX.1-2017 pax, "ustar Interchange Format"). */
const FIELD = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  typeflag: [156, 1],
  magic: [257, 6],
  prefix: [345, 155],
} as const;

/** What headers say that belong to the member behind them. */
interface Extension {
  name: string | null;
  sizeBytes: number | null;
  problem: string | null;
}

/**
 * The regular files of an archive, in its order.
 * @throws AppError disk.unknown-format when it is no tar archive, disk.unsupported for a compressed one, disk.truncated naming the
 *   member that is cut off, disk.damaged for a header that is none or a name that comes twice
 */
export async function listTar(archive: ByteSource): Promise<TarMember[]> {
  const members = new Map<string, TarMember>();
  const block = new Uint8Array(BLOCK_BYTES);
  let next: Extension = { name: null, sizeBytes: null, problem: null };
  let at = 0;
  for (let headers = 0; at < archive.sizeBytes; headers++) {
    if (headers >= MAX_HEADERS) throw damaged(archive, at, `more than ${MAX_HEADERS} headers`);
    if (archive.sizeBytes < BLOCK_BYTES) assertTar(archive, block);
    if (at + BLOCK_BYTES > archive.sizeBytes) throw cutOff(archive, at, "a header", at + BLOCK_BYTES);
    await archive.read(at, block);
    if (block.every((byte) => byte === 0)) break;
    if (headers === 0) assertTar(archive, block);
    if (!checksumFits(block)) throw damaged(archive, at, "a header whose checksum does not fit");

    const type = String.fromCharCode(block[FIELD.typeflag[0]] ?? 0);
    const startBytes = at + BLOCK_BYTES;
    const sizeBytes = hasData(type) ? ((isMember(type) ? next.sizeBytes : null) ?? numberIn(archive, at, block)) : 0;
    const endBytes = startBytes + sizeBytes;
    const name = next.name ?? headerName(block);
    if (!Number.isSafeInteger(endBytes)) throw damaged(archive, at, `a member of ${sizeBytes} bytes`);
    if (endBytes > archive.sizeBytes)
      throw cutOff(archive, at, isMember(type) ? `the member ${name}` : "a header", endBytes);

    if (type === "L" || type === "x") {
      if (sizeBytes > MAX_EXTENDED_BYTES) throw damaged(archive, at, `a name or records of ${sizeBytes} bytes`);
      const bytes = new Uint8Array(sizeBytes);
      await archive.read(startBytes, bytes);
      if (type === "L") next.name = text(bytes);
      else readRecords(archive, at, bytes, next);
    } else {
      const plain = plainName(name);
      if (isMember(type) && plain !== null) {
        if (members.has(plain)) throw damaged(archive, at, `a second member called ${plain}`);
        const problem =
          type === "S" ? "It is stored as a sparse file of GNU tar, which is not supported." : next.problem;
        members.set(plain, { name: plain, startBytes, sizeBytes, problem });
      }
      if (type !== "K" && type !== "g") next = { name: null, sizeBytes: null, problem: null };
    }
    at = startBytes + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
  if (at === 0) assertTar(archive, block);
  return [...members.values()];
}

/** The bytes of one member as a source of its own; closing it closes the archive. */
export function tarWindow(archive: ByteSource, member: TarMember, name: string): ByteSource {
  const { startBytes, sizeBytes } = member;
  return {
    name,
    sizeBytes,
    allocatedBytes: null,
    async read(offset, into) {
      if (offset + into.length > sizeBytes) {
        const missingBytes = offset + into.length - Math.max(sizeBytes, offset);
        throw new AppError(
          "disk.truncated",
          `${name} ends before offset ${offset + into.length}; ${missingBytes} bytes are missing`,
          {
            details: { file: name, offset: Math.min(offset, sizeBytes), missingBytes },
          },
        );
      }
      await archive.read(startBytes + offset, into);
    },
    close: () => archive.close(),
  };
}

/** Old writers put NUL, contiguous files (7) are files, S is a sparse one of GNU tar. */
function isMember(type: string): boolean {
  return ["0", "\0", "7", "S"].includes(type);
}

/** Links, devices, folders and FIFOs have no data, whatever their size field says. */
function hasData(type: string): boolean {
  return !["1", "2", "3", "4", "5", "6"].includes(type);
}

function assertTar(archive: ByteSource, block: Uint8Array): void {
  const details = { file: archive.name };
  if (block[0] === 0x1f && block[1] === 0x8b) {
    throw new AppError(
      "disk.unsupported",
      `${archive.name} is compressed with gzip as a whole, which is not read in place.`,
      {
        hint: "Unpack it with gunzip first.",
        details,
      },
    );
  }
  if (checksumFits(block) && block.some((byte) => byte !== 0)) return;
  throw new AppError("disk.unknown-format", `${archive.name} is not a tar archive, as an OVA is.`, { details });
}

/** The sum of all bytes, the checksum's own taken as blanks; some old writers added them up as signed. */
function checksumFits(block: Uint8Array): boolean {
  const [start, length] = FIELD.checksum;
  const stated = octal(block.subarray(start, start + length));
  let unsigned = 0;
  let signed = 0;
  for (const [index, byte] of block.entries()) {
    const value = index >= start && index < start + length ? 0x20 : byte;
    unsigned += value;
    signed += value < 0x80 ? value : value - 0x100;
  }
  return stated === unsigned || stated === signed;
}

/** The size field: octal digits, or with its first bit set a binary number (GNU). */
function numberIn(archive: ByteSource, at: number, block: Uint8Array): number {
  const [start, length] = FIELD.size;
  const field = block.subarray(start, start + length);
  const [first = 0, ...rest] = field;
  // 0xff begins a negative number.
  const value = first === 0x80 ? rest.reduce((sum, byte) => sum * 256 + byte, 0) : octal(field);
  if (value === null || !Number.isSafeInteger(value))
    throw damaged(archive, at, "a size that is no number or beyond 2^53");
  return value;
}

/** Digits with blanks or NULs around them; null for anything else. */
function octal(field: Uint8Array): number | null {
  const digits = /^[ \0]*([0-7]+)[ \0]*$/.exec(Buffer.from(field).toString("latin1"))?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 8);
}

function headerName(block: Uint8Array): string {
  const part = ([start, length]: readonly [number, number]) => text(block.subarray(start, start + length));
  // Only POSIX has the prefix; GNU keeps times there.
  const prefix = part(FIELD.magic) === "ustar" ? part(FIELD.prefix) : "";
  return prefix === "" ? part(FIELD.name) : `${prefix}/${part(FIELD.name)}`;
}

/** Up to the first NUL, as UTF-8. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Records of a pax header: "LENGTH KEY=VALUE\n", the length counting the whole record in bytes. */
function readRecords(archive: ByteSource, at: number, bytes: Uint8Array, next: Extension): void {
  for (let start = 0; start < bytes.length; ) {
    const blank = bytes.indexOf(0x20, start);
    const digits = blank < 0 || blank - start > 5 ? "" : text(bytes.subarray(start, blank));
    const end = start + (/^\d+$/.test(digits) ? Number(digits) : 0);
    const equals = bytes.indexOf(0x3d, blank);
    if (end <= blank || end > bytes.length || bytes[end - 1] !== 0x0a || equals < 0 || equals >= end) {
      throw damaged(archive, at, "extended records that are none");
    }
    const key = text(bytes.subarray(blank + 1, equals));
    const value = text(bytes.subarray(equals + 1, end - 1));
    if (key === "path") next.name = value;
    else if (key === "size") {
      if (!/^\d{1,16}$/.test(value)) throw damaged(archive, at, "a size that is no number");
      next.sizeBytes = Number(value);
    } else if (key.startsWith("GNU.sparse.")) {
      next.problem = "It is stored as a sparse file of GNU tar, which is not supported.";
    }
    start = end;
  }
}

/** A member's name as it is asked for; null for one that leads elsewhere (absolute, "..") or is none. */
function plainName(name: string): string | null {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  return name.startsWith("/") || parts.length === 0 || parts.includes("..") ? null : parts.join("/");
}

function damaged(archive: ByteSource, at: number, what: string): AppError {
  return new AppError("disk.damaged", `tar archive ${archive.name}: ${what}, at offset ${at}`, {
    details: { file: archive.name, structure: "tar header", offset: at },
  });
}

function cutOff(archive: ByteSource, at: number, what: string, endBytes: number): AppError {
  const missingBytes = endBytes - archive.sizeBytes;
  return new AppError(
    "disk.truncated",
    `tar archive ${archive.name} ends inside ${what}: ${missingBytes} bytes are missing`,
    {
      details: { file: archive.name, structure: "tar member", offset: at, missingBytes },
    },
  );
}
