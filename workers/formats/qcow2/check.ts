/**
 * Structural check of an image: every L1 and L2 entry (of the active state and of all snapshots), the refcount table and the
 * tables of bitmaps are walked, who uses which cluster is counted anew, and compared with what the image states. As QEMU's own
 * check judges: a count too low is an error (a write would destroy what somebody else uses), one too high a leak.
 */
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { PagedBytes } from "../../io/paged-bytes.ts";
import type { CheckContext } from "../format.ts";
import { type BitmapRow, readBitmaps } from "./bitmaps.ts";
import { type CheckedLayer, LayerCheck } from "./check-layer.ts";
import { type Qcow2Header, readHeader } from "./header.ts";
import { HostWindow, USE } from "./host-window.ts";
import { Mapping } from "./mapping.ts";
import { Refcounts } from "./refcounts.ts";
import { assertSnapshotL1, readSnapshots, type SnapshotRow } from "./snapshots.ts";
import { AUTOCLEAR, ENTRY_BYTES } from "./structures.ts";

/** Everything whose clusters are counted. */
interface Image {
  readonly header: Qcow2Header;
  readonly refcounts: Refcounts;
  readonly snapshots: { readonly rows: readonly SnapshotRow[]; readonly sizeBytes: number };
  readonly layers: readonly CheckedLayer[];
  readonly bitmaps: readonly BitmapRow[];
  /** False when a table could not be read: then nobody knows what leaks. */
  readonly complete: boolean;
}

/** Findings in the order in which the tables are walked, those about counts last. */
export async function* checkQcow2(source: ByteSource, context: CheckContext): AsyncIterable<CheckFinding> {
  const found: CheckFinding[] = [];
  const image = await openForCheck(source, found);
  yield* found;
  if (image === null) return;
  const { header, refcounts } = image;
  const window = new HostWindow(source.sizeBytes, header.clusterBytes);
  const layerCheck = new LayerCheck(source, header, window);
  const entries = image.layers.reduce((sum, { layer }) => sum + layer.l1Size, 0);
  const total = Math.max(1, entries) * window.windows;
  for (let first: number | null = 0; first !== null; first = window.following) {
    window.begin(first);
    await refcounts.load(first, window.stored);
    countFixed(image, window);
    yield* countBlocks(refcounts, window, context);
    yield* countBitmaps(source, image, window, context);
    let done = Math.floor(first / window.stored.length) * Math.max(1, entries);
    for (const layer of image.layers) {
      const before = done;
      yield* layerCheck.walk(layer, context, (walked) => context.progress(before + walked, total));
      done += layer.layer.l1Size;
    }
    yield* window.findings(image.complete);
  }
  context.progress(total, total);
}

/** What stops the check is its finding. @returns null when there is nothing to go through */
async function openForCheck(source: ByteSource, found: CheckFinding[]): Promise<Image | null> {
  let complete = true;
  const attempt = async <T>(structure: string, make: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof AppError) || !error.code.startsWith("disk.")) throw error;
      const offset = error.details?.offset;
      const offsetBytes = typeof offset === "number" && Number.isSafeInteger(offset) ? offset : null;
      found.push({ severity: "error", structure, offsetBytes, message: error.message });
      complete = false;
      return null;
    }
  };
  const header = await attempt("header", () => readHeader(source));
  if (header === null) return null;
  for (const message of header.warnings) {
    found.push({ severity: "warning", structure: "header", offsetBytes: 0, message });
  }
  const refcounts = await attempt("refcount table", () => new Refcounts(source, header));
  if (refcounts === null) return null;
  const active = { virtualSizeBytes: header.size, l1AtBytes: header.l1TableOffset, l1Size: header.l1Size };
  const layers: CheckedLayer[] = [];
  const add = async (name: string, layer: CheckedLayer["layer"], isActive: boolean): Promise<void> => {
    const fits = await attempt(`${name}L1 table`, async () => {
      await new Mapping(source, source, header, layer).assertTablesFit();
      return true;
    });
    if (fits) layers.push({ name, layer, isActive });
  };
  await add("", active, true);
  const snapshots = (await attempt("snapshot table", () => readSnapshots(source, header))) ?? {
    rows: [],
    sizeBytes: 0,
  };
  let l1Bytes = 0;
  for (const row of snapshots.rows) {
    const name = `snapshot ${row.id}, `;
    l1Bytes += row.layer.l1Size * ENTRY_BYTES;
    const sound = await attempt(`${name}L1 table`, () => {
      assertSnapshotL1(source, header, row);
      if (l1Bytes > source.sizeBytes) throw new AppError("disk.damaged", `${name}L1 table overlaps those of others`);
      return true;
    });
    if (sound) await add(name, row.layer, false);
  }
  // Where a program that knows no bitmaps wrote to the image, they do not count any more.
  const current = (header.autoclearFeatures & AUTOCLEAR.bitmaps) !== 0n;
  const bitmaps = current ? await attempt("bitmap directory", () => readBitmaps(source, header)) : [];
  return { header, refcounts, snapshots, layers, bitmaps: bitmaps ?? [], complete };
}

/** Header, and the tables that lie in one piece. */
function countFixed({ header, refcounts, snapshots, layers, bitmaps }: Image, window: HostWindow): void {
  window.use(0, header.clusterBytes, USE.table);
  window.use(refcounts.tableAtBytes, refcounts.tableBytes, USE.table);
  window.use(header.snapshotsOffset, snapshots.sizeBytes, USE.table);
  for (const { layer } of layers) window.use(layer.l1AtBytes, layer.l1Size * ENTRY_BYTES, USE.table);
  if (bitmaps.length === 0 || header.bitmaps === null) return;
  window.use(header.bitmaps.directoryAtBytes, header.bitmaps.directoryBytes, USE.table);
  for (const { tableAtBytes, tableSize } of bitmaps) window.use(tableAtBytes, tableSize * ENTRY_BYTES, USE.table);
}

async function* countBlocks(
  refcounts: Refcounts,
  window: HostWindow,
  context: CheckContext,
): AsyncIterable<CheckFinding> {
  for await (const page of refcounts.blocks()) {
    await context.gate();
    for (const { index, entryAt, atBytes, problem, isThere } of page) {
      const clusters = refcounts.countsPerBlock;
      window.claim(index * clusters, (index + 1) * clusters);
      if (isThere) window.use(atBytes, refcounts.clusterBytes, USE.table);
      if (problem !== null && window.firstCluster === 0) {
        const structure = `refcount table entry ${index}`;
        yield { severity: "error", structure, offsetBytes: entryAt, message: `The ${structure} ${problem}.` };
      }
    }
  }
}

/** "Bitmap table": bits 9-55 of an entry are a cluster of bits, bit 0 stands for one of ones. */
async function* countBitmaps(
  source: ByteSource,
  { header, bitmaps }: Image,
  window: HostWindow,
  context: CheckContext,
): AsyncIterable<CheckFinding> {
  const pages = new PagedBytes(source, 2);
  for (const { name, tableAtBytes, tableSize } of bitmaps) {
    const structure = `table of bitmap "${name}"`;
    if (tableAtBytes % header.clusterBytes !== 0 || tableAtBytes + tableSize * ENTRY_BYTES > source.sizeBytes) {
      const message = `The ${structure} does not lie on clusters of the file.`;
      if (window.firstCluster === 0) yield { severity: "error", structure, offsetBytes: tableAtBytes, message };
      continue;
    }
    for (let index = 0; index < tableSize; ) {
      await context.gate();
      const left = (tableSize - index) * ENTRY_BYTES;
      const view = await pages.view(tableAtBytes + index * ENTRY_BYTES, left, structure);
      for (let i = 0; i < view.byteLength; i += ENTRY_BYTES, index++) {
        const atBytes = (view.getUint32(i) % 2 ** 24) * 2 ** 32 + view.getUint32(i + 4);
        if (atBytes <= 1) continue;
        if (atBytes % header.clusterBytes === 0 && atBytes < source.sizeBytes) {
          window.use(atBytes, header.clusterBytes, USE.data);
        } else if (window.firstCluster === 0) {
          const message = `Entry ${index} of the ${structure} points to ${atBytes}, which is no cluster of the file.`;
          yield { severity: "error", structure, offsetBytes: tableAtBytes + index * ENTRY_BYTES, message };
        }
      }
    }
  }
}
