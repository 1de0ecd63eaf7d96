/** The snapshots kept inside an image (specification, section "Snapshots"): their rows, and which one is meant. */
import type { InternalSnapshot } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import { assertL1, type Layer, type Qcow2Header } from "./header.ts";
import { snapshotExtra, snapshotHeader } from "./structures.ts";

/** QEMU's limit. */
const MAX_SNAPSHOTS = 65_536;
const MAX_EXTRA_DATA_BYTES = 1024;
const MAX_TABLE_BYTES = 16 * 1024 * 1024;

export interface SnapshotRow extends InternalSnapshot {
  /** Where the row lies. */
  readonly atBytes: number;
  /** Its disk; unchecked. */
  readonly layer: Layer;
  /** Memory and devices of the machine, stored behind the disk's content; 0 = the machine was off. */
  readonly vmStateBytes: number;
}

export interface SnapshotTable {
  readonly rows: readonly SnapshotRow[];
  /** Length of the table, the padding of its last row included. */
  readonly sizeBytes: number;
}

/** @throws AppError disk.damaged, disk.too-large, disk.truncated naming the row */
export async function readSnapshots(source: ByteSource, header: Qcow2Header): Promise<SnapshotTable> {
  if (header.nbSnapshots === 0) return { rows: [], sizeBytes: 0 };
  const tooLarge = (what: string): AppError =>
    new AppError(
      "disk.too-large",
      `qcow2 snapshot table of ${source.name} at offset ${header.snapshotsOffset}: ${what}`,
      {
        details: { file: source.name, structure: "qcow2 snapshot table", offset: header.snapshotsOffset },
      },
    );
  if (header.nbSnapshots > MAX_SNAPSHOTS)
    throw tooLarge(`${header.nbSnapshots} snapshots; at most ${MAX_SNAPSHOTS} are read`);
  const pages = new PagedBytes(source, 2);
  const rows: SnapshotRow[] = [];
  let at = header.snapshotsOffset;
  for (let index = 0; index < header.nbSnapshots; index++) {
    const what = `qcow2 snapshot ${index}`;
    const row = snapshotHeader.decode(await pages.copy(at, snapshotHeader.sizeBytes, what), {
      file: source.name,
      atBytes: at,
    });
    if (row.extraDataSize > MAX_EXTRA_DATA_BYTES)
      throw tooLarge(`snapshot ${index} has ${row.extraDataSize} bytes of extra data`);
    const extraAt = at + snapshotHeader.sizeBytes;
    const extra =
      row.extraDataSize < snapshotExtra.sizeBytes
        ? { vmStateSize: row.vmStateSize, virtualSizeBytes: header.size }
        : snapshotExtra.decode(await pages.copy(extraAt, snapshotExtra.sizeBytes, what), {
            file: source.name,
            atBytes: extraAt,
          });
    const namesAt = extraAt + row.extraDataSize;
    const names = Buffer.from(await pages.copy(namesAt, row.idLength + row.nameLength, what));
    rows.push({
      id: names.subarray(0, row.idLength).toString("utf8"),
      name: names.subarray(row.idLength).toString("utf8"),
      createdAt: row.seconds === 0 ? null : new Date(row.seconds * 1000).toISOString(),
      atBytes: at,
      layer: { virtualSizeBytes: extra.virtualSizeBytes, l1AtBytes: row.l1TableOffset, l1Size: row.l1Size },
      vmStateBytes: extra.vmStateSize,
    });
    at += Math.ceil((snapshotHeader.sizeBytes + row.extraDataSize + names.length) / 8) * 8;
    if (at - header.snapshotsOffset > MAX_TABLE_BYTES) throw tooLarge(`more than ${MAX_TABLE_BYTES} bytes`);
  }
  return { rows, sizeBytes: at - header.snapshotsOffset };
}

/**
 * The snapshot that `asked` means: by id, else by name.
 * @throws AppError request.not-found naming what there is; state.conflict where several have that name; disk.* where its disk
 *   cannot be read
 */
export function findSnapshot(
  source: ByteSource,
  header: Qcow2Header,
  rows: readonly SnapshotRow[],
  asked: string,
): SnapshotRow {
  const byName = rows.filter(({ name }) => name === asked);
  const found = rows.find(({ id }) => id === asked) ?? byName[0];
  if (found === undefined) {
    const shown = rows.slice(0, 10).map(({ id, name }) => `${shortly(id)} (${shortly(name)})`);
    const there = rows.length === 0 ? "has no snapshots" : `has ${shown.join(", ")}${rows.length > 10 ? ", …" : ""}`;
    throw new AppError("request.not-found", `There is no snapshot "${asked}" in ${source.name}: it ${there}.`, {
      details: { file: source.name, snapshot: asked },
    });
  }
  if (found.id !== asked && byName.length > 1) {
    const ids = byName
      .slice(0, 10)
      .map(({ id }) => shortly(id))
      .join(", ");
    throw new AppError("state.conflict", `Several snapshots of ${source.name} are called "${asked}": say one's id.`, {
      hint: `Their ids: ${ids}`,
      details: { file: source.name, snapshot: asked },
    });
  }
  assertSnapshotL1(source, header, found);
  return found;
}

/** An id or a name for messages: either may have 64 KiB. */
export function shortly(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

const MOST_SHOWN = 60;

/** @throws AppError disk.* naming the snapshot's row */
export function assertSnapshotL1(source: ByteSource, header: Qcow2Header, row: SnapshotRow): void {
  const structure = `qcow2 snapshot "${shortly(row.id)}"`;
  const refuse = (code: "disk.damaged" | "disk.unsupported" | "disk.too-large" | "disk.truncated", what: string) =>
    new AppError(code, `${structure} of ${source.name} at offset ${row.atBytes}: ${what}`, {
      details: { file: source.name, structure, offset: row.atBytes },
    });
  if (row.layer.virtualSizeBytes === 0) throw refuse("disk.damaged", "its disk has no size");
  assertL1(source, row.layer, header.clusterBytes, header.entryBytes, (code, field, what) =>
    refuse(code, `${field}: ${what}`),
  );
}
