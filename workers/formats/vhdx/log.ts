/**
 * The log (specification, section 2.3): a ring of entries, each of which says which 4-KiB sectors of the file to overwrite. A disk
 * that was not closed cleanly must be read as if its active sequence had been written to the places it names.
 *
 *   entry    header │ descriptors … │ data sector │ data sector │ …          whole 4-KiB sectors, may wrap around the ring's end
 *   ring     … │ n (tail) │ n+1 │ n+2 (head) │ old entries, or a torn one …
 *
 * An entry counts when its checksum is right and it carries the log GUID of the header. Entries that follow each other with rising
 * numbers are a sequence; the one that contains the tail its last entry names, and whose last number is greatest, is active.
 */
import type { ByteSource } from "../../io/byte-source.ts";
import type { Region } from "./header.ts";
import { problem } from "./problem.ts";
import { type Change, replayed } from "./replayed-source.ts";
import {
  checksumOf,
  DESCRIPTOR_BYTES,
  dataDescriptor,
  dataSector,
  LOG_SECTOR_BYTES,
  logEntryHeader,
  zeroDescriptor,
} from "./structures.ts";

/** Hyper-V and QEMU make logs of 1 MiB. The whole log is held while it is replayed. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;

/** Entries do not overlap, so that their lengths cannot add up to more than the ring; old entries may be overwritten in part. */
const MAX_CHECKED_RINGS = 4;

interface Entry {
  /** From the start of the log. */
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly header: ReturnType<typeof logEntryHeader.decode>;
}

/** @returns the file as it is after a replay, which happens in memory: nothing is written. @throws AppError disk.* */
export async function replayLog(
  source: ByteSource,
  region: Region,
  logGuid: string,
): Promise<{ source: ByteSource; warnings: string[] }> {
  const refuse = (code: Parameters<typeof problem>[0], words: string, at = 0) =>
    problem(code, source, "VHDX log", region.start + at, words);
  if (region.length > MAX_LOG_BYTES)
    throw refuse("disk.too-large", `has ${region.length} bytes, over ${MAX_LOG_BYTES}`);
  if (region.start + region.length > source.sizeBytes)
    throw refuse("disk.truncated", "lies beyond the end of the file");
  const log = new Uint8Array(region.length);
  await source.read(region.start, log);
  const entries = validEntries(log, logGuid, source, region);
  if (entries === null) throw refuse("disk.damaged", "has entries that overlap each other again and again");
  const active = activeSequence(entries, log.length);
  const head = active.at(-1);
  if (!head) throw refuse("disk.damaged", "must be replayed, but holds no valid sequence of entries");
  const { flushedFileOffset, lastFileOffset } = head.header;
  if (source.sizeBytes < flushedFileOffset) {
    throw refuse("disk.truncated", `knew a file of ${flushedFileOffset} bytes; there are ${source.sizeBytes}`, head.at);
  }
  const sizeBytes = Math.max(source.sizeBytes, lastFileOffset);
  const changes: Change[] = [];
  for (const entry of active) readChanges(entry, changes, sizeBytes, source, region);
  const warnings = [
    `The disk was not closed cleanly: ${active.length} log entries were replayed in memory, the file is unchanged.`,
  ];
  const later = [...entries.values()].some((entry) => entry.header.sequenceNumber > head.header.sequenceNumber);
  if (later) warnings.push("Log entries behind a torn one were left out.");
  return { source: replayed(source, changes, sizeBytes), warnings };
}

/** Entries by where they begin; null where checking them would take too long. */
function validEntries(log: Uint8Array, logGuid: string, source: ByteSource, region: Region): Map<number, Entry> | null {
  const entries = new Map<number, Entry>();
  let checkedBytes = 0;
  for (let at = 0; at < log.length; at += LOG_SECTOR_BYTES) {
    if (Buffer.from(log.subarray(at, at + 4)).toString("latin1") !== "loge") continue;
    const view = new DataView(log.buffer, at);
    const length = view.getUint32(logEntryHeader.offsets.entryLength, true);
    if (length === 0 || length % LOG_SECTOR_BYTES !== 0 || length > log.length) continue;
    checkedBytes += length;
    if (checkedBytes > MAX_CHECKED_RINGS * log.length) return null;
    const bytes = fromRing(log, at, length);
    if (view.getUint32(logEntryHeader.offsets.checksum, true) !== checksumOf(bytes)) continue;
    const header = logEntryHeader.decode(bytes, { file: source.name, atBytes: region.start + at });
    if (header.logGuid === logGuid && header.sequenceNumber > 0n) entries.set(at, { at, bytes, header });
  }
  return entries;
}

function fromRing(log: Uint8Array, at: number, length: number): Uint8Array {
  const end = at + length;
  return end <= log.length
    ? log.subarray(at, end)
    : Buffer.concat([log.subarray(at), log.subarray(0, end - log.length)]);
}

/** In order; empty when there is none. */
function activeSequence(entries: ReadonlyMap<number, Entry>, logBytes: number): Entry[] {
  const before = new Map<Entry, Entry>();
  const heads = new Set(entries.values());
  for (const entry of entries.values()) {
    const next = entries.get((entry.at + entry.bytes.length) % logBytes);
    if (next?.header.sequenceNumber !== entry.header.sequenceNumber + 1n) continue;
    before.set(next, entry);
    heads.delete(entry);
  }
  const newestFirst = [...heads].sort((a, b) => (a.header.sequenceNumber < b.header.sequenceNumber ? 1 : -1));
  for (const head of newestFirst) {
    const sequence: Entry[] = [];
    for (let entry: Entry | undefined = head; entry; entry = before.get(entry)) {
      sequence.push(entry);
      if (entry.at === head.header.tail) return sequence.reverse();
    }
  }
  return [];
}

/** Appends what an entry's descriptors change. The checksum is right, so that anything odd is damage, not a torn write. */
function readChanges(entry: Entry, changes: Change[], sizeBytes: number, source: ByteSource, region: Region): void {
  const { bytes, header } = entry;
  const place = (at: number) => ({ file: source.name, atBytes: region.start + entry.at + at });
  const refuse = (words: string, at = 0) =>
    problem("disk.damaged", source, `VHDX log entry ${header.sequenceNumber}`, place(at).atBytes, words);
  const descriptorsEnd = logEntryHeader.sizeBytes + header.descriptorCount * DESCRIPTOR_BYTES;
  if (descriptorsEnd > bytes.length)
    throw refuse(`claims ${header.descriptorCount} descriptors, more than it can hold`);
  let sectorAt = Math.ceil(descriptorsEnd / LOG_SECTOR_BYTES) * LOG_SECTOR_BYTES;
  for (let at = logEntryHeader.sizeBytes; at < descriptorsEnd; at += DESCRIPTOR_BYTES) {
    const stored = bytes.subarray(at, at + DESCRIPTOR_BYTES);
    const signature = Buffer.from(stored.subarray(0, 4)).toString("latin1");
    if (signature !== "zero" && signature !== "desc") throw refuse("has a descriptor of unknown kind", at);
    const table = signature === "zero" ? zeroDescriptor : dataDescriptor;
    const descriptor = table.decode(stored, place(at));
    const length = "zeroLength" in descriptor ? descriptor.zeroLength : LOG_SECTOR_BYTES;
    const { fileOffset } = descriptor;
    if (descriptor.sequenceNumber !== header.sequenceNumber) throw refuse("has a descriptor of another entry", at);
    if (fileOffset % LOG_SECTOR_BYTES !== 0 || length % LOG_SECTOR_BYTES !== 0 || fileOffset + length > sizeBytes) {
      throw refuse(`changes ${length} bytes at ${fileOffset}: no whole sectors of the file`, at);
    }
    if ("zeroLength" in descriptor) {
      changes.push({ at: fileOffset, length, bytes: null });
      continue;
    }
    const sector = dataSector.decode(bytes.subarray(sectorAt, sectorAt + LOG_SECTOR_BYTES), place(sectorAt));
    const number = BigInt(sector.sequenceHigh) * 2n ** 32n + BigInt(sector.sequenceLow);
    if (sector.signature !== "data" || number !== header.sequenceNumber) {
      throw refuse("has a data sector of another entry", sectorAt);
    }
    const whole = Buffer.concat([descriptor.leadingBytes, sector.data, descriptor.trailingBytes]);
    changes.push({ at: fileOffset, length, bytes: whole });
    sectorAt += LOG_SECTOR_BYTES;
  }
}
