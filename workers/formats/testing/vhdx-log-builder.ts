/**
 * Where the parts of the builder's VHDX images lie, and their log: entries in the ring that must be replayed, whole or torn.
 * Neighbour: vhdx-builder.ts, which makes the rest.
 */
import {
  DESCRIPTOR_BYTES,
  dataDescriptor,
  dataSector,
  LOG_SECTOR_BYTES,
  logEntryHeader,
  MIB,
  seal,
  TABLE_BYTES,
  zeroDescriptor,
} from "../vhdx/structures.ts";
import { type FixtureField, fieldsOf } from "./fixture.ts";

export const FILE = "disk.vhdx";
export const LOG_AT = MIB;
export const LOG_BYTES = MIB;
export const METADATA_AT = 2 * MIB;
export const BAT_AT = 3 * MIB;
export const LOG_GUID = "5a1f6c3d-7e42-4b90-9d18-c0ffee123456";

/** The fields of one of several like structures. */
export function named(index: number, fields: FixtureField[]): FixtureField[] {
  return fields.map((field) => ({ ...field, name: `${field.name} ${index}` }));
}

type LogChange = { readonly at: number } & ({ readonly bytes: Uint8Array } | { readonly zeroLength: number });

export interface LogEntry {
  /** From the start of the log. */
  readonly at: number;
  readonly tail: number;
  readonly sequenceNumber: bigint;
  readonly changes: readonly LogChange[];
  readonly logGuid?: string;
  readonly flushedFileOffset?: number;
  readonly lastFileOffset?: number;
}

/** Puts an entry into the ring of an image; says where it ends, from the start of the log. */
export function putLogEntry(image: Uint8Array, entry: LogEntry): number {
  const { changes, sequenceNumber } = entry;
  const descriptorsEnd = logEntryHeader.sizeBytes + changes.length * DESCRIPTOR_BYTES;
  const sectors: Uint8Array[] = [];
  const descriptors = changes.map((change) => {
    if ("zeroLength" in change) {
      return zeroDescriptor.encode({
        signature: "zero",
        zeroLength: change.zeroLength,
        fileOffset: change.at,
        sequenceNumber,
      });
    }
    sectors.push(
      dataSector.encode({
        signature: "data",
        sequenceHigh: Number(sequenceNumber / 2n ** 32n),
        data: change.bytes.subarray(8, LOG_SECTOR_BYTES - 4),
        sequenceLow: Number(sequenceNumber % 2n ** 32n),
      }),
    );
    return dataDescriptor.encode({
      signature: "desc",
      trailingBytes: change.bytes.subarray(LOG_SECTOR_BYTES - 4),
      leadingBytes: change.bytes.subarray(0, 8),
      fileOffset: change.at,
      sequenceNumber,
    });
  });
  const padding = (LOG_SECTOR_BYTES - (descriptorsEnd % LOG_SECTOR_BYTES)) % LOG_SECTOR_BYTES;
  const entryLength = descriptorsEnd + padding + sectors.length * LOG_SECTOR_BYTES;
  const head = logEntryHeader.encode({
    signature: "loge",
    checksum: 0,
    entryLength,
    tail: entry.tail,
    sequenceNumber,
    descriptorCount: changes.length,
    logGuid: entry.logGuid ?? LOG_GUID,
    flushedFileOffset: entry.flushedFileOffset ?? image.length,
    lastFileOffset: entry.lastFileOffset ?? image.length,
  });
  const whole = seal(new Uint8Array(Buffer.concat([head, ...descriptors, new Uint8Array(padding), ...sectors])));
  for (const [i, byte] of whole.entries()) image[LOG_AT + ((entry.at + i) % LOG_BYTES)] = byte;
  return (entry.at + entryLength) % LOG_BYTES;
}

/**
 * Takes the BAT and the metadata away and leaves them to the log: an entry with an old BAT, one over the end of the ring with the
 * right one, and behind them the rest of an entry that was torn.
 */
export function moveIntoLog(image: Uint8Array, fields: FixtureField[]): void {
  const sectorOf = (at: number): Uint8Array => image.slice(at, at + LOG_SECTOR_BYTES);
  const oldBat = sectorOf(BAT_AT);
  oldBat.fill(0, 0, 64);
  const bat = sectorOf(BAT_AT);
  const [table, items] = [sectorOf(METADATA_AT), sectorOf(METADATA_AT + TABLE_BYTES)];
  for (const at of [BAT_AT, BAT_AT + 8192, METADATA_AT, METADATA_AT + TABLE_BYTES])
    image.fill(0xee, at, at + LOG_SECTOR_BYTES);
  const tail = LOG_BYTES - 5 * LOG_SECTOR_BYTES;
  const second = putLogEntry(image, {
    at: tail,
    tail,
    sequenceNumber: 2n ** 32n + 5n,
    changes: [
      { at: BAT_AT, bytes: oldBat },
      { at: BAT_AT + 4096, bytes: bat },
    ],
  });
  const end = putLogEntry(image, {
    at: second,
    tail,
    sequenceNumber: 2n ** 32n + 6n,
    changes: [
      { at: METADATA_AT, bytes: table },
      { at: METADATA_AT + TABLE_BYTES, bytes: items },
      { at: BAT_AT + 4096, zeroLength: 2 * 4096 },
      { at: BAT_AT, bytes: bat },
    ],
  });
  putLogEntry(image, { at: end, tail, sequenceNumber: 2n ** 32n + 7n, changes: [{ at: BAT_AT, bytes: oldBat }] });
  image.fill(0, LOG_AT + end + 4096, LOG_AT + end + 8192);
  for (const [index, at] of [tail, second].entries()) {
    fields.push(
      ...named(index, fieldsOf(logEntryHeader, FILE, LOG_AT + at, "little")),
      ...named(index, fieldsOf(dataDescriptor, FILE, LOG_AT + at + logEntryHeader.sizeBytes, "little")),
    );
  }
  const zeroAt = LOG_AT + second + logEntryHeader.sizeBytes + 2 * DESCRIPTOR_BYTES;
  fields.push(...fieldsOf(zeroDescriptor, FILE, zeroAt, "little"));
}
