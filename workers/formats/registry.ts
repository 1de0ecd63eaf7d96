/**
 * The list of disk formats, and which of them a file is. The only file that knows them all.
 *
 * A format is recognized by its content. Raw has nothing to be recognized by, so a file is raw when somebody says so, or when
 * no format claims it, its length is a positive multiple of 512 and its name does not promise something else (`x.qcow2`
 * without the magic of QCOW2 is damage, not a raw disk; `x.txt` is no disk). A library scan is stricter still: see
 * `detectForLibrary`.
 */
import { basename, extname } from "node:path";
import type { FormatId } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { ByteSource } from "../io/byte-source.ts";
import type { Format } from "./format.ts";
import { qcow2 } from "./qcow2/qcow2.ts";
import { raw } from "./raw.ts";
import { vdi } from "./vdi/vdi.ts";
import { vhd } from "./vhd/vhd.ts";
import { vhdx } from "./vhdx/vhdx.ts";
import { vmdk } from "./vmdk/vmdk.ts";

/** One line a format; the compiler asks for exactly the ids of the model. */
const byId: Record<FormatId, Format> = { vmdk, qcow2, vhd, vhdx, vdi, raw };

/** In the order in which they are asked; raw last, which takes anything. */
export const FORMATS: readonly Format[] = Object.values(byId);

export function isFormatId(text: string | null): text is FormatId {
  return text !== null && Object.hasOwn(byId, text);
}

/** @throws never: every id of the model has a format */
export function formatById(id: FormatId): Format {
  return byId[id];
}

export interface Detection {
  readonly format: Format;
  /** Name and content disagree, and the like. */
  readonly warnings: readonly string[];
}

/** Extensions that say "these are the bytes of a disk". */
const RAW_EXTENSIONS = new Set([...raw.info.extensions, "dd", "bin", "iso", ""]);

interface Foreign {
  /** With its article. */
  readonly label: string;
  readonly atBytes: number;
  readonly magic: string;
  readonly hint?: string;
}

/** What this program does not read as a disk, recognized by the file's head so that none of it is ever taken for a raw disk. */
const FOREIGN: readonly Foreign[] = [
  { label: "a QED image", atBytes: 0, magic: "QED\0" },
  {
    label: "compressed with gzip as a whole",
    atBytes: 0,
    magic: "\x1f\x8b\x08",
    hint: "Unpack it with gunzip first. If these are the bytes of a disk, choose format 'raw'.",
  },
  {
    label: "a tar archive (an OVA)",
    atBytes: 257,
    magic: "ustar",
    hint: "Name a disk inside it, as in app.ova/disk1.vmdk.",
  },
];

const SECTOR_BYTES = 512;

/**
 * Which format a file has.
 * @throws AppError disk.unknown-format when no format claims it and it cannot be raw, or when several do; disk.unsupported when it is an image of
 *   a format this program does not read; io.* as reading does
 */
export async function detectFormat(source: ByteSource): Promise<Detection> {
  const { claimed, foreign } = await askAll(source);
  const { sizeBytes, name } = source;
  const extension = extensionOf(name);
  if (claimed) return { format: claimed, warnings: nameWarnings(claimed, extension) };
  if (foreign) {
    throw new AppError("disk.unsupported", `${name} is ${foreign.label}; that is not read as a disk.`, {
      ...(foreign.hint === undefined ? {} : { hint: foreign.hint }),
      details: { file: name },
    });
  }
  if (couldBeRaw(sizeBytes) && namesRaw(name)) return { format: raw, warnings: [] };
  const promised = FORMATS.find((format) => format !== raw && format.info.extensions.includes(extension));
  throw new AppError(
    "disk.unknown-format",
    promised
      ? `${name} is called .${extension} but does not begin like a ${promised.info.label}.`
      : `No known disk format claims ${name} (${sizeBytes} bytes).`,
    { details: { file: name } },
  );
}

/**
 * As `detectFormat`, for files nobody pointed at: null for what should not be listed as a disk. Raw only by the names .raw
 * and .img; extent files of split and flat VMDKs are parts of the disk their descriptor describes.
 * @throws AppError disk.unknown-format when several formats claim it; io.* as reading does
 */
export async function detectForLibrary(source: ByteSource): Promise<Detection | null> {
  if (isExtentFileName(source.name)) return null;
  const { claimed, foreign } = await askAll(source);
  const extension = extensionOf(source.name);
  if (claimed) return { format: claimed, warnings: nameWarnings(claimed, extension) };
  const isRaw = raw.info.extensions.includes(extension) && couldBeRaw(source.sizeBytes) && !foreign;
  return isRaw ? { format: raw, warnings: [] } : null;
}

/** True for names VMware gives to files that a descriptor binds together: -flat, -s001, -f001, -delta, -sesparse, -ctk … .vmdk */
export function isExtentFileName(path: string): boolean {
  return /-(flat|delta|sesparse|rdmp?|ctk|[sfp]\d{3})\.vmdk$/i.test(basename(path));
}

const PROBE_HEAD_BYTES = Math.max(512, ...FORMATS.map((format) => format.probeBytes.head));
const PROBE_TAIL_BYTES = Math.max(512, ...FORMATS.map((format) => format.probeBytes.tail));

async function askAll(source: ByteSource): Promise<{ claimed: Format | null; foreign: Foreign | null }> {
  const head = new Uint8Array(Math.min(source.sizeBytes, PROBE_HEAD_BYTES));
  const tail = new Uint8Array(Math.min(source.sizeBytes, PROBE_TAIL_BYTES));
  await source.read(0, head);
  await source.read(source.sizeBytes - tail.length, tail);
  const claims = (format: Format): boolean =>
    format.probe(
      head.subarray(0, format.probeBytes.head),
      tail.subarray(Math.max(0, tail.length - format.probeBytes.tail)),
    ) === "yes";
  const isForeign = ({ atBytes, magic }: Foreign): boolean =>
    Buffer.from(head).toString("latin1", atBytes).startsWith(magic);
  const claimants = FORMATS.filter(claims);
  if (claimants.length > 1) {
    // One of the two ends is the guest's, who could have written it there: a fixed VHD begins with the guest's first sector.
    const labels = claimants.map(({ info }) => info.label).join(" and a ");
    throw new AppError("disk.unknown-format", `${source.name} looks like a ${labels}: say which one it is.`, {
      hint: "Choose the format of the source yourself.",
      details: { file: source.name },
    });
  }
  return { claimed: claimants[0] ?? null, foreign: FOREIGN.find(isForeign) ?? null };
}

function couldBeRaw(sizeBytes: number): boolean {
  return sizeBytes > 0 && sizeBytes % SECTOR_BYTES === 0;
}

/** A name that fits several formats (disk.img) says nothing against any of them. */
function nameWarnings(format: Format, extension: string): string[] {
  if (format.info.extensions.includes(extension)) return [];
  const promised = FORMATS.find((other) => other !== raw && other.info.extensions.includes(extension));
  return promised ? [`The name ends in .${extension}, but the content is a ${format.info.label}.`] : [];
}

function namesRaw(name: string): boolean {
  return RAW_EXTENSIONS.has(extensionOf(name)) || /-flat\.vmdk$/i.test(basename(name));
}

function extensionOf(name: string): string {
  return extname(name).slice(1).toLowerCase();
}
