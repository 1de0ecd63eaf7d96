/**
 * The header section (specification, section 2.2): two headers of which the valid one with the greater sequence number counts,
 * and two copies of the region table, which says where everything else is.
 */
import type { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { NO_GUID } from "./guid.ts";
import { problem } from "./problem.ts";
import {
  checksumOf,
  HEADER_BYTES,
  HEADER_SECTION_BYTES,
  HEADERS_AT,
  header as headerTable,
  MAGIC,
  MAX_TABLE_ENTRIES,
  MIB,
  REGION,
  REGION_TABLES_AT,
  regionTableEntry,
  regionTableHeader,
  TABLE_BYTES,
} from "./structures.ts";

export interface VhdxHeader {
  readonly sequenceNumber: bigint;
  /** Changes with the content of the disk: what a child remembers of its parent. */
  readonly dataWriteGuid: string;
  /** Null where the log holds nothing that has to be replayed. */
  readonly logGuid: string | null;
  readonly log: Region;
  /** Where copies are that do not count because they are damaged. */
  readonly damagedAt: readonly number[];
}

/** A range of the file that a table or the header sets aside. */
export interface Region {
  readonly name: string;
  readonly start: number;
  readonly length: number;
}

/** @throws AppError disk.* */
export async function readHeader(source: ByteSource): Promise<VhdxHeader> {
  const magic = new Uint8Array(MAGIC.length);
  await source.read(0, magic);
  if (Buffer.from(magic).toString("latin1") !== MAGIC) {
    throw problem("disk.damaged", source, "VHDX file identifier", 0, `does not say "${MAGIC}"`);
  }
  const valid: { value: ReturnType<typeof headerTable.decode>; atBytes: number }[] = [];
  const damagedAt: number[] = [];
  for (const atBytes of HEADERS_AT) {
    const bytes = new Uint8Array(HEADER_BYTES);
    await source.read(atBytes, bytes);
    if (isSealed(bytes, "head")) {
      valid.push({ value: headerTable.decode(bytes, { file: source.name, atBytes }), atBytes });
    } else damagedAt.push(atBytes);
  }
  const newest = valid.reduce<(typeof valid)[number] | null>(
    (best, one) => (best && best.value.sequenceNumber >= one.value.sequenceNumber ? best : one),
    null,
  );
  if (!newest) throw problem("disk.damaged", source, "VHDX header", HEADERS_AT[0], "is damaged, and so is its copy");
  const { value, atBytes } = newest;
  const refuse = (code: "disk.damaged" | "disk.unsupported", words: string): AppError =>
    problem(code, source, "VHDX header", atBytes, words);
  if (value.version !== 1) throw refuse("disk.unsupported", `has version ${value.version}; only 1 is known`);
  const logGuid = value.logGuid === NO_GUID ? null : value.logGuid;
  if (logGuid !== null && value.logVersion !== 0) {
    throw refuse("disk.unsupported", `has a log of version ${value.logVersion}; only 0 is known`);
  }
  const log = { name: "log", start: value.logOffset, length: value.logLength };
  if (log.start % MIB !== 0 || log.length % MIB !== 0 || (log.length > 0 && log.start < HEADER_SECTION_BYTES)) {
    throw refuse("disk.damaged", `puts the log at ${log.start}, ${log.length} bytes: not whole MiB behind the headers`);
  }
  if (logGuid !== null && log.length === 0) throw refuse("disk.damaged", "has a log to be replayed, but of no length");
  return { sequenceNumber: value.sequenceNumber, dataWriteGuid: value.dataWriteGuid, logGuid, log, damagedAt };
}

export interface Regions {
  readonly bat: Region;
  readonly metadata: Region;
  /** All of the file that no payload block may lie in; ascending, apart from each other. */
  readonly reserved: readonly Region[];
  /** Where copies are that do not count because they are damaged. */
  readonly damagedAt: readonly number[];
}

/** @param source with the log replayed @throws AppError disk.* */
export async function readRegions(source: ByteSource, log: Region): Promise<Regions> {
  const tables = await Promise.all(
    REGION_TABLES_AT.map(async (atBytes) => {
      const table = new Uint8Array(TABLE_BYTES);
      await source.read(atBytes, table);
      return { atBytes, table, sound: isSealed(table, "regi") };
    }),
  );
  const damagedAt = tables.filter(({ sound }) => !sound).map(({ atBytes }) => atBytes);
  const used = tables.find(({ sound }) => sound);
  if (used) return { ...parseRegions(source, used.table, used.atBytes, log), damagedAt };
  throw problem("disk.damaged", source, "VHDX region table", REGION_TABLES_AT[0], "is damaged, and so is its copy");
}

function parseRegions(source: ByteSource, table: Uint8Array, tableAt: number, log: Region): Omit<Regions, "damagedAt"> {
  const { entryCount } = regionTableHeader.decode(table, { file: source.name, atBytes: tableAt });
  const refuse = (code: "disk.damaged" | "disk.unsupported", words: string, at = tableAt): AppError =>
    problem(code, source, "VHDX region table", at, words);
  if (entryCount > MAX_TABLE_ENTRIES) throw refuse("disk.damaged", `claims ${entryCount} entries`);
  const names = new Map<string, string>([
    [REGION.bat, "BAT"],
    [REGION.metadata, "metadata region"],
  ]);
  const found = new Map<string, Region>();
  for (let index = 0; index < entryCount; index++) {
    const at = regionTableHeader.sizeBytes + index * regionTableEntry.sizeBytes;
    const entry = regionTableEntry.decode(table.subarray(at), { file: source.name, atBytes: tableAt + at });
    const known = names.get(entry.guid);
    if (known === undefined && entry.required % 2n === 1n) {
      throw refuse("disk.unsupported", `requires a region of unknown kind, ${entry.guid}`, tableAt + at);
    }
    if (found.has(entry.guid)) throw refuse("disk.damaged", `lists ${known ?? entry.guid} twice`, tableAt + at);
    const region = { name: known ?? `region ${entry.guid}`, start: entry.fileOffset, length: entry.length };
    if (region.start % MIB !== 0 || region.length % MIB !== 0 || region.length === 0) {
      throw refuse("disk.damaged", `puts the ${region.name} at ${region.start}, ${region.length} bytes`, tableAt + at);
    }
    found.set(entry.guid, region);
  }
  const headers = { name: "header section", start: 0, length: HEADER_SECTION_BYTES };
  const reserved = [headers, ...(log.length > 0 ? [log] : []), ...found.values()].sort((a, b) => a.start - b.start);
  for (const [index, region] of reserved.entries()) {
    const next = reserved[index + 1];
    if (next && region.start + region.length > next.start) {
      throw refuse("disk.damaged", `lets the ${region.name} overlap the ${next.name} at ${next.start}`);
    }
  }
  const [bat, metadata] = [found.get(REGION.bat), found.get(REGION.metadata)];
  if (!bat || !metadata) throw refuse("disk.damaged", `lists no ${bat ? "metadata region" : "BAT"}`);
  return { bat, metadata, reserved };
}

/** Whether a structure begins with its signature and carries its own checksum. */
function isSealed(structure: Uint8Array, signature: string): boolean {
  if (Buffer.from(structure.subarray(0, 4)).toString("latin1") !== signature) return false;
  return new DataView(structure.buffer, structure.byteOffset).getUint32(4, true) === checksumOf(structure);
}
