/**
 * Finds again what stream-writer.ts knew of its tables when it made a checkpoint, from the file alone:
 *
 *   … │ grains of a table │ marker │ table │ grains of the next │ marker │ table │ grains of the open one │
 *                                                                        openedAt                   cursor
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import {
  GRAIN_MARKER_BYTES,
  GTES_PER_GT,
  MARKER_TYPE,
  marker,
  SECTOR_BYTES,
  STREAM_GRAIN_BYTES,
  STREAM_GRAINS_AT_BYTES,
} from "./structures.ts";

const TABLE_BYTES = GTES_PER_GT * 4;

/**
 * Fills `directory` with the tables that were written and `table` with the grains since.
 * @returns the number of the open table; -1 where there is none
 * @throws AppError state.conflict where the file is not what the checkpoint was made of
 */
export async function recoverTables(
  target: ByteTarget,
  { openedAtBytes, cursorBytes }: { readonly openedAtBytes: number; readonly cursorBytes: number },
  directory: DataView,
  table: DataView,
): Promise<number> {
  for (let end = openedAtBytes; end !== STREAM_GRAINS_AT_BYTES; ) {
    const tableAt = end - TABLE_BYTES;
    if (tableAt < STREAM_GRAINS_AT_BYTES + SECTOR_BYTES) throw unfit(target, end);
    const first = await firstGrain(target, tableAt);
    const index = Math.floor((await grainAt(target, first)).grain / GTES_PER_GT);
    if (first >= tableAt || index * 4 >= directory.byteLength) throw unfit(target, first);
    directory.setUint32(index * 4, tableAt / SECTOR_BYTES, true);
    end = first;
  }
  let open = -1;
  for (let at = openedAtBytes; at < cursorBytes; ) {
    const { grain, length } = await grainAt(target, at);
    const index = Math.floor(grain / GTES_PER_GT);
    if ((open >= 0 && open !== index) || index * 4 >= directory.byteLength) throw unfit(target, at);
    open = index;
    table.setUint32((grain % GTES_PER_GT) * 4, at / SECTOR_BYTES, true);
    at += Math.ceil((GRAIN_MARKER_BYTES + length) / SECTOR_BYTES) * SECTOR_BYTES;
  }
  return open;
}

/** Where the first grain lies that the table at `tableAt`, behind its marker, lists. */
async function firstGrain(target: ByteTarget, tableAt: number): Promise<number> {
  const stored = new Uint8Array(SECTOR_BYTES + TABLE_BYTES);
  await target.read(tableAt - SECTOR_BYTES, stored);
  const { size, type } = marker.decode(stored, { file: target.name, atBytes: tableAt - SECTOR_BYTES });
  const entries = new DataView(stored.buffer, SECTOR_BYTES);
  for (let at = 0; at < TABLE_BYTES && size === 0 && type === MARKER_TYPE.grainTable; at += 4) {
    const sector = entries.getUint32(at, true);
    if (sector !== 0) return sector * SECTOR_BYTES;
  }
  throw unfit(target, tableAt);
}

/** What the marker of the grain at `offset` says. */
async function grainAt(target: ByteTarget, offset: number): Promise<{ grain: number; length: number }> {
  const head = new Uint8Array(GRAIN_MARKER_BYTES);
  await target.read(offset, head);
  const view = new DataView(head.buffer);
  const grain = Number(view.getBigUint64(0, true)) / (STREAM_GRAIN_BYTES / SECTOR_BYTES);
  const length = view.getUint32(8, true);
  if (!Number.isSafeInteger(grain) || length === 0) throw unfit(target, offset);
  return { grain, length };
}

function unfit(target: ByteTarget, offset: number): AppError {
  return new AppError("state.conflict", `${target.name} is not what the checkpoint was made of (offset ${offset})`);
}
