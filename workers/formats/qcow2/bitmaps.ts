/** The directory of the dirty bitmaps kept inside an image ("Bitmaps extension"). Their content is not read. */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import type { Qcow2Header } from "./header.ts";
import { bitmapRow } from "./structures.ts";

/** QEMU's limits: 65,535 bitmaps with rows of up to 1 KiB; of the directory no more than this is looked at. */
const MAX_BITMAPS = 65_535;
const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024;
/** "granularity_bits: valid values are 0 - 63". */
const MAX_GRANULARITY_BITS = 63;

export interface BitmapRow {
  readonly name: string;
  readonly tableAtBytes: number;
  /** Entries of 8 bytes. */
  readonly tableSize: number;
  readonly flags: bigint;
  readonly granularityBytes: number;
}

/** @throws AppError disk.damaged, disk.too-large, disk.truncated naming the row */
export async function readBitmaps(source: ByteSource, { bitmaps }: Qcow2Header): Promise<BitmapRow[]> {
  if (bitmaps === null) return [];
  const { directoryAtBytes, directoryBytes, count } = bitmaps;
  const structure = "qcow2 bitmap directory";
  const problem = (code: "disk.damaged" | "disk.too-large", words: string): AppError =>
    new AppError(code, `${structure} of ${source.name} at offset ${directoryAtBytes}: ${words}`, {
      details: { file: source.name, structure, offset: directoryAtBytes },
    });
  if (count > MAX_BITMAPS || directoryBytes > MAX_DIRECTORY_BYTES) {
    throw problem("disk.too-large", `${count} bitmaps in ${directoryBytes} bytes`);
  }
  const pages = new PagedBytes(source, 2);
  const rows: BitmapRow[] = [];
  let at = directoryAtBytes;
  for (let index = 0; index < count; index++) {
    const what = `qcow2 bitmap ${index}`;
    const place = { file: source.name, atBytes: at };
    const row = bitmapRow.decode(await pages.copy(at, bitmapRow.sizeBytes, what), place);
    const nameAt = at + bitmapRow.sizeBytes + row.extraDataSize;
    at = nameAt + Math.ceil((row.nameLength + row.extraDataSize) / 8) * 8 - row.extraDataSize;
    if (at > directoryAtBytes + directoryBytes || row.granularityBits > MAX_GRANULARITY_BITS) {
      throw problem("disk.damaged", `bitmap ${index} does not fit`);
    }
    const name = Buffer.from(await pages.copy(nameAt, row.nameLength, what)).toString("utf8");
    const { tableAtBytes, tableSize, flags } = row;
    rows.push({ name, tableAtBytes, tableSize, flags, granularityBytes: 2 ** row.granularityBits });
  }
  return rows;
}
