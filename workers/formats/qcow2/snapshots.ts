/** Lists the snapshots kept inside an image (specification, section "Snapshots"). Their content is not read. */
import type { InternalSnapshot } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import type { Qcow2Header } from "./header.ts";
import { snapshotHeader } from "./structures.ts";

/** QEMU's limit. */
const MAX_SNAPSHOTS = 65_536;
const MAX_EXTRA_DATA_BYTES = 1024;
const MAX_TABLE_BYTES = 16 * 1024 * 1024;

/** @throws AppError disk.damaged, disk.too-large, disk.truncated naming the row */
export async function readSnapshots(source: ByteSource, header: Qcow2Header): Promise<InternalSnapshot[]> {
  if (header.nbSnapshots === 0) return [];
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
  const found: InternalSnapshot[] = [];
  let at = header.snapshotsOffset;
  for (let index = 0; index < header.nbSnapshots; index++) {
    const what = `qcow2 snapshot ${index}`;
    const row = snapshotHeader.decode(await pages.copy(at, snapshotHeader.sizeBytes, what), {
      file: source.name,
      atBytes: at,
    });
    if (row.extraDataSize > MAX_EXTRA_DATA_BYTES)
      throw tooLarge(`snapshot ${index} has ${row.extraDataSize} bytes of extra data`);
    const namesAt = at + snapshotHeader.sizeBytes + row.extraDataSize;
    const names = Buffer.from(await pages.copy(namesAt, row.idLength + row.nameLength, what));
    found.push({
      id: names.subarray(0, row.idLength).toString("utf8"),
      name: names.subarray(row.idLength).toString("utf8"),
      createdAt: row.seconds === 0 ? null : new Date(row.seconds * 1000).toISOString(),
    });
    at += Math.ceil((snapshotHeader.sizeBytes + row.extraDataSize + names.length) / 8) * 8;
    if (at - header.snapshotsOffset > MAX_TABLE_BYTES) throw tooLarge(`more than ${MAX_TABLE_BYTES} bytes`);
  }
  return found;
}
