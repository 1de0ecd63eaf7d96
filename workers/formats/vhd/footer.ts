/** Finds the footer, or the copy of it that dynamic disks keep at the beginning, and tells the size of the disk. */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import {
  checksumOf,
  DISK_TYPE,
  FOOTER_COOKIE,
  type Footer,
  footerTable,
  MAX_GEOMETRY_SECTORS,
  SECTOR_BYTES,
} from "./structures.ts";

export interface FoundFooter {
  readonly footer: Footer;
  readonly atBytes: number;
  /** Everything else of the image ends here. */
  readonly contentEndBytes: number;
  readonly virtualSizeBytes: number;
  readonly warnings: readonly string[];
}

export type VhdCode = "disk.damaged" | "disk.unsupported" | "disk.too-large" | "disk.truncated";

/** A refusal that names structure, file and offset. */
export function problem(code: VhdCode, source: ByteSource, structure: string, offset: number, words: string): AppError {
  return new AppError(code, `${structure} of ${source.name} at offset ${offset}: ${words}`, {
    details: { file: source.name, structure, offset },
  });
}

/** A place where a footer is to be, and what is there. */
export interface StoredFooter {
  readonly atBytes: number;
  readonly bytes: Uint8Array;
  /** Why it does not count, as the end of a sentence; null when it does. */
  readonly complaint: string | null;
}

/**
 * Both ends of the file. Programs before Virtual PC 2004 left the last, reserved byte of the footer away, as the specification
 * says ("Hard Disk Footer Format").
 * @throws AppError disk.truncated
 */
export async function readFooters(source: ByteSource): Promise<{ tail: StoredFooter; head: StoredFooter }> {
  const { sizeBytes } = source;
  const length = footerTable.sizeBytes;
  if (sizeBytes < length) {
    throw problem("disk.truncated", source, footerTable.name, 0, `the file has only ${sizeBytes} bytes`);
  }
  const at = async (atBytes: number): Promise<StoredFooter> => {
    const bytes = new Uint8Array(length);
    await source.read(atBytes, bytes.subarray(0, sizeBytes - atBytes));
    return { atBytes, bytes, complaint: complaintAbout(bytes) };
  };
  const [tail, head] = [await at(sizeBytes - length), await at(0)];
  if (tail.complaint === null) return { tail, head };
  const short = await at(sizeBytes - length + 1);
  return { tail: short.complaint === null ? short : tail, head };
}

/**
 * The footer at the end counts; a sound copy at the beginning stands in for it, with a warning.
 * @throws AppError disk.truncated, disk.damaged, disk.unsupported, disk.too-large
 */
export async function readFooter(source: ByteSource): Promise<FoundFooter> {
  const { tail, head } = await readFooters(source);
  if (tail.complaint === null) return checked(source, tail.bytes, tail.atBytes, tail.atBytes, []);
  const place = { file: source.name, atBytes: 0 };
  if (head.complaint === null && footerTable.decode(head.bytes, place).diskType !== DISK_TYPE.fixed) {
    const warning = `The footer at the end ${tail.complaint}; its copy at the beginning was used. The image may have been cut off.`;
    return checked(source, head.bytes, 0, source.sizeBytes, [warning]);
  }
  throw problem("disk.damaged", source, footerTable.name, tail.atBytes, tail.complaint);
}

function complaintAbout(stored: Uint8Array): string | null {
  const cookie = Buffer.from(stored.subarray(0, FOOTER_COOKIE.length)).toString("latin1");
  if (cookie !== FOOTER_COOKIE) return `does not begin with "${FOOTER_COOKIE}"`;
  const at = footerTable.offsets.checksum;
  const recorded = new DataView(stored.buffer, stored.byteOffset).getUint32(at);
  const computed = checksumOf(stored, at);
  return recorded === computed ? null : `has the checksum ${hex(recorded)} instead of ${hex(computed)}`;
}

function checked(
  source: ByteSource,
  stored: Uint8Array,
  atBytes: number,
  contentEndBytes: number,
  found: readonly string[],
): FoundFooter {
  const footer = footerTable.decode(stored, { file: source.name, atBytes });
  const refuse = (code: VhdCode, field: keyof typeof footerTable.offsets, words: string): AppError =>
    problem(code, source, footerTable.name, atBytes + footerTable.offsets[field], `${field}: ${words}`);
  if (Math.floor(footer.fileFormatVersion / 0x10000) !== 1) {
    throw refuse("disk.unsupported", "fileFormatVersion", `${hex(footer.fileFormatVersion)} is not known`);
  }
  if (!Object.values<number>(DISK_TYPE).includes(footer.diskType)) {
    throw refuse("disk.unsupported", "diskType", `${footer.diskType} is neither fixed, dynamic nor differencing`);
  }
  const virtualSizeBytes = sizeOf(footer);
  if (virtualSizeBytes === 0) throw refuse("disk.damaged", "currentSize", "0: the disk has no size");
  const warnings = [...found];
  if (virtualSizeBytes < footer.currentSize) {
    warnings.push(
      `The size follows the geometry, ${virtualSizeBytes} bytes, as for all images of "${footer.creatorApplication}"; the footer also says ${footer.currentSize}.`,
    );
  }
  if (footer.savedState !== 0) warnings.push("The machine was suspended when the image was written (saved state).");
  return { footer, atBytes, contentEndBytes, virtualSizeBytes, warnings };
}

/** Programs for which a disk is as large as its geometry says, whatever `currentSize` says. */
const BY_GEOMETRY: ReadonlySet<string> = new Set(["vpc ", "vs  ", "qemu"]);

/**
 * Virtual PC, Virtual Server and QEMU's older mode mean the product of the geometry, unless that is the largest there is; everybody
 * else (Hyper-V "win ", Azure "wa", VirtualBox "vbox", Disk2vhd "d2v ", XenServer "tap", XenConverter "CTXS", QEMU with force_size
 * "qem2") means `currentSize`.
 */
function sizeOf({ creatorApplication, currentSize, cylinders, heads, sectorsPerTrack }: Footer): number {
  const byGeometry = cylinders * heads * sectorsPerTrack;
  return BY_GEOMETRY.has(creatorApplication) && byGeometry !== MAX_GEOMETRY_SECTORS
    ? byGeometry * SECTOR_BYTES
    : currentSize;
}

export function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
