/** A file with changes laid over it in memory; the file itself is only read. */

import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { LOG_SECTOR_BYTES } from "./structures.ts";

/** A range of whole sectors that reads as `bytes` (one sector), or as zeros. */
export interface Change {
  readonly at: number;
  readonly length: number;
  readonly bytes: Uint8Array | null;
}

/**
 * `source` as it is after `changes`, later ones over earlier ones, lengthened with zeros to `sizeBytes`. Closing it is left to
 * whoever closes `source`.
 */
export function replayed(source: ByteSource, changes: readonly Change[], sizeBytes: number): ByteSource {
  const zeros = mergedZeros(changes);
  const sectors = lastSectors(changes);
  const first = changes.reduce((least, { at }) => Math.min(least, at), sizeBytes);
  const last = changes.reduce((most, { at, length }) => Math.max(most, at + length), 0);
  return {
    name: source.name,
    sizeBytes,
    allocatedBytes: source.allocatedBytes,
    async read(offset, into) {
      const end = offset + into.length;
      if (end > sizeBytes) {
        throw new AppError("disk.truncated", `${source.name} ends at ${sizeBytes}; ${into.length} bytes at ${offset}`, {
          details: { file: source.name, offset, missingBytes: end - sizeBytes },
        });
      }
      const inFile = Math.min(into.length, Math.max(0, source.sizeBytes - offset));
      if (inFile > 0 || into.length === 0) await source.read(offset, into.subarray(0, inFile));
      into.fill(0, inFile);
      if (end <= first || offset >= last) return;
      for (let i = firstEndingAfter(zeros, offset); i < zeros.length; i++) {
        const zero = zeros[i];
        if (!zero || zero.start >= end) break;
        into.fill(0, Math.max(0, zero.start - offset), zero.end - offset);
      }
      for (let at = offset - (offset % LOG_SECTOR_BYTES); at < end; at += LOG_SECTOR_BYTES) {
        const bytes = sectors.get(at);
        if (!bytes) continue;
        const from = Math.max(offset, at);
        into.set(bytes.subarray(from - at, Math.min(end, at + LOG_SECTOR_BYTES) - at), from - offset);
      }
    },
    async close() {},
  };
}

interface Range {
  readonly start: number;
  end: number;
}

/** All ranges that some change zeroes, ascending and apart. Sectors written later lie over them. */
function mergedZeros(changes: readonly Change[]): Range[] {
  const merged: Range[] = [];
  for (const { at, length } of changes.filter(({ bytes }) => bytes === null).sort((a, b) => a.at - b.at)) {
    const before = merged.at(-1);
    if (before && at <= before.end) before.end = Math.max(before.end, at + length);
    else merged.push({ start: at, end: at + length });
  }
  return merged;
}

/** The last content of each sector, unless a later change zeroes it. */
function lastSectors(changes: readonly Change[]): Map<number, Uint8Array> {
  const written = new Map<number, number>();
  for (const [order, { at, bytes }] of changes.entries()) if (bytes) written.set(at, order);
  const places = [...written.keys()].sort((a, b) => a - b);
  // From the last zero to the first, each place is settled by the first range that reaches it: `next` skips what is settled.
  const next = Int32Array.from({ length: places.length + 1 }, (_, i) => i);
  const open = (from: number): number => {
    let index = from;
    while (next[index] !== index) {
      const after = next[index] ?? index;
      next[index] = next[after] ?? after;
      index = next[index] ?? index;
    }
    return index;
  };
  for (const [order, { at, length, bytes }] of [...changes.entries()].reverse()) {
    if (bytes) continue;
    for (let i = open(lowerBound(places, at)); i < places.length && (places[i] ?? 0) < at + length; i = open(i)) {
      const place = places[i] ?? 0;
      if ((written.get(place) ?? 0) < order) written.delete(place);
      next[i] = i + 1;
    }
  }
  const sectors = new Map<number, Uint8Array>();
  for (const [at, order] of written) {
    const bytes = changes[order]?.bytes;
    if (bytes) sectors.set(at, bytes);
  }
  return sectors;
}

/** Index of the first number that is not below `value`. */
function lowerBound(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstEndingAfter(ranges: readonly Range[], offset: number): number {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((ranges[middle]?.end ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
