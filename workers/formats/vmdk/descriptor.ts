/**
 * The VMDK descriptor ("Virtual Disk Format 5.0", section "The Descriptor File"): text that says what the disk is made of.
 *
 *   # Disk DescriptorFile
 *   version=1                       header: key=value
 *   encoding="UTF-8"
 *   CID=fffffffe                    changes whenever the content does; a child remembers it as parentCID
 *   parentCID=ffffffff              ffffffff: no parent
 *   createType="twoGbMaxExtentSparse"
 *   RW 4192256 SPARSE "disk-s001.vmdk"     extents: access, sectors, type, file, offset in sectors (FLAT, VMFS)
 *   ddb.adapterType = "lsilogic"    disk database
 *
 * Everything in it is untrusted. Values are bounded here; names are only handed on. Keys count in any case, and a line that
 * would be an extent in another spelling is refused, not skipped: a parent or a piece of the disk must not get lost in silence.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { SECTOR_BYTES } from "./structures.ts";

/** Longest descriptor that is read. One with 4,096 extents of long names fits. */
export const MAX_DESCRIPTOR_BYTES = 1024 * 1024;

/** 8 TiB in files of 2 GB. */
const MAX_EXTENTS = 4096;

/** Header and disk database of real disks have about 20. */
const MAX_ENTRIES = 1000;

/** Splits text into lines and, between them, their ends, so that offsets add up. */
const LINE_END = /(\r\n|\n|\r)/;

const ACCESS = new Set(["RW", "RDONLY", "NOACCESS"]);

/** Access, sectors, type, the rest. Any word before a number and a type counts: no other line has that shape. */
const EXTENT_LINE = /^(RW|RDONLY|NOACCESS|[A-Z]+(?=\s+\d+\s+[A-Z]))\s+(\S+)\s+(\S+)\s*(.*)$/i;

/** What descriptors call sparse extents: of hosted products, and ESX's two. */
const SPARSE_TYPES = ["SPARSE", "VMFSSPARSE", "SESPARSE"] as const;
export type SparseType = (typeof SPARSE_TYPES)[number];

export type DescribedExtent =
  | { readonly kind: "zero"; readonly lengthBytes: number }
  | {
      readonly kind: "sparse";
      readonly type: SparseType;
      readonly lengthBytes: number;
      readonly fileName: string;
    }
  | { readonly kind: "flat"; readonly lengthBytes: number; readonly fileName: string; readonly offsetBytes: number };

export interface Descriptor {
  readonly createType: string;
  /** Eight hex digits, lower case; null when not given. */
  readonly cid: string | null;
  readonly parentCid: string | null;
  readonly parentFileNameHint: string | null;
  readonly extents: readonly DescribedExtent[];
  /** Header and disk database as written, for people. */
  readonly entries: readonly { readonly name: string; readonly value: string }[];
}

/**
 * Reads and parses the descriptor of `length` bytes at `atBytes`.
 * @throws AppError disk.too-large, disk.truncated; what parseDescriptor throws
 */
export async function readDescriptor(source: ByteSource, atBytes: number, length: number): Promise<Descriptor> {
  const place = { file: source.name, structure: "descriptor", offset: atBytes };
  if (length > MAX_DESCRIPTOR_BYTES) {
    throw new AppError(
      "disk.too-large",
      `descriptor of ${source.name} at offset ${atBytes} has ${length} bytes; at most ${MAX_DESCRIPTOR_BYTES} are read`,
      { details: place },
    );
  }
  if (atBytes + length > source.sizeBytes) {
    throw new AppError(
      "disk.truncated",
      `descriptor of ${source.name} at offset ${atBytes} lies beyond the end of the file`,
      { details: place },
    );
  }
  const content = new Uint8Array(length);
  await source.read(atBytes, content);
  return parseDescriptor(content, source.name, atBytes);
}

/**
 * @param content the descriptor's bytes; NUL ends it (embedded descriptors are padded)
 * @param file and atBytes: where it was read from, for errors
 * @throws AppError disk.damaged, disk.unsupported, disk.too-large naming the line
 */
export function parseDescriptor(content: Uint8Array, file: string, atBytes: number): Descriptor {
  /** By the key in lower case. */
  const entries = new Map<string, { name: string; value: string }>();
  const extents: DescribedExtent[] = [];
  let lineNumber = 0;
  let offset = atBytes;
  for (const raw of decodeText(content).split(LINE_END)) {
    const line = raw.trim();
    const place: LinePlace = { file, lineNumber: Math.floor(lineNumber / 2) + 1, offset };
    lineNumber++;
    offset += Buffer.byteLength(raw);
    if (line === "" || line.startsWith("#")) continue;
    const extent = EXTENT_LINE.exec(line);
    if (extent) {
      if (!ACCESS.has(extent[1]?.toUpperCase() ?? "")) {
        throw problem("disk.unsupported", place, `the access ${shown(extent[1] ?? "")} of an extent is not known`);
      }
      if (extents.length === MAX_EXTENTS) throw problem("disk.too-large", place, `more than ${MAX_EXTENTS} extents`);
      extents.push(parseExtent(extent[2] ?? "", extent[3]?.toUpperCase() ?? "", extent[4] ?? "", place));
      continue;
    }
    const entry = /^([A-Za-z][\w.]*)\s*=\s*(.*)$/.exec(line);
    const name = entry?.[1];
    if (name === undefined || entries.has(name.toLowerCase())) continue;
    if (entries.size === MAX_ENTRIES) throw problem("disk.too-large", place, `more than ${MAX_ENTRIES} entries`);
    entries.set(name.toLowerCase(), { name, value: unquote(entry?.[2] ?? "") });
  }
  const stated = (key: string): string | undefined => entries.get(key.toLowerCase())?.value;
  const version = stated("version");
  if (version !== undefined && !["1", "2", "3", "4"].includes(version)) {
    throw new AppError("disk.unsupported", `descriptor of ${file}: version ${shown(version)} is not known`);
  }
  return {
    createType: stated("createType") ?? "unknown",
    cid: contentId(stated("CID"), "CID", file),
    parentCid: contentId(stated("parentCID"), "parentCID", file),
    parentFileNameHint: stated("parentFileNameHint") ?? null,
    extents,
    entries: [...entries.values()].slice(0, 100).map(({ name, value }) => ({ name, value: value.slice(0, 500) })),
  };
}

interface LinePlace {
  readonly file: string;
  readonly lineNumber: number;
  readonly offset: number;
}

function parseExtent(sectors: string, type: string, rest: string, place: LinePlace): DescribedExtent {
  const lengthBytes = sectorsToBytes(sectors, "extent size", place);
  if (lengthBytes === 0) throw problem("disk.damaged", place, "an extent of 0 sectors");
  if (type === "ZERO") return { kind: "zero", lengthBytes };
  const sparseType = SPARSE_TYPES.find((one) => one === type);
  if (!(sparseType || type === "FLAT" || type === "VMFS"))
    throw problem("disk.unsupported", place, `extents of type ${shown(type)} are not supported`);
  const named = /^"([^"]*)"\s*(\S*)/.exec(rest);
  const fileName = named?.[1] ?? "";
  if (fileName === "") throw problem("disk.damaged", place, "the extent names no file");
  if (sparseType) return { kind: "sparse", type: sparseType, lengthBytes, fileName };
  const given = named?.[2] ?? "";
  return {
    kind: "flat",
    lengthBytes,
    fileName,
    offsetBytes: given === "" ? 0 : sectorsToBytes(given, "offset", place),
  };
}

function sectorsToBytes(text: string, what: string, place: LinePlace): number {
  if (!/^\d{1,20}$/.test(text)) throw problem("disk.damaged", place, `the ${what} ${shown(text)} is not a number`);
  const bytes = Number(text) * SECTOR_BYTES;
  if (!Number.isSafeInteger(bytes)) throw problem("disk.too-large", place, `the ${what} ${text} is beyond 2^53 bytes`);
  return bytes;
}

function contentId(text: string | undefined, key: string, file: string): string | null {
  if (text === undefined) return null;
  if (!/^[0-9a-fA-F]{1,8}$/.test(text)) {
    throw new AppError(
      "disk.damaged",
      `descriptor of ${file}: ${key} ${shown(text)} is not a hexadecimal number of 32 bits`,
    );
  }
  return text.toLowerCase().padStart(8, "0");
}

/** The text before the first NUL in the encoding it names (UTF-8 unless it says otherwise). */
function decodeText(content: Uint8Array): string {
  const end = content.indexOf(0);
  const used = end < 0 ? content : content.subarray(0, end);
  const plain = Buffer.from(used.buffer, used.byteOffset, used.length).toString("latin1");
  const label = /^[ \t]*encoding[ \t]*=[ \t]*"?([\w.-]{1,40})"?[ \t\r]*$/m.exec(plain)?.[1] ?? "UTF-8";
  try {
    return new TextDecoder(label).decode(used);
  } catch {
    return plain;
  }
}

function unquote(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/** Untrusted text for a message. */
function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function problem(
  code: "disk.damaged" | "disk.unsupported" | "disk.too-large",
  place: LinePlace,
  what: string,
): AppError {
  return new AppError(code, `descriptor of ${place.file}, line ${place.lineNumber} (offset ${place.offset}): ${what}`, {
    details: { file: place.file, structure: "descriptor", line: place.lineNumber, offset: place.offset },
  });
}
