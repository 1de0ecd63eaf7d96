/** Which kind of sparse extent a file is, and what its header says, whichever it is. */
import type { Fact } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { COWD_MAGIC, readCowd } from "./cowd.ts";
import type { SparseType } from "./descriptor.ts";
import type { GrainTables } from "./grain-map.ts";
import { readSeSparse, SE_SPARSE_MAGIC } from "./se-sparse.ts";
import { headerFacts, readSparseLayout } from "./sparse-header.ts";
import { SPARSE_MAGIC } from "./structures.ts";

/** The kind of sparse extent that begins like this; null where none does. */
export function extentTypeOf(head: Uint8Array): SparseType | null {
  if (head.length < 8) return null;
  const view = new DataView(head.buffer, head.byteOffset, 8);
  const magic = view.getUint32(0, true);
  if (magic === SPARSE_MAGIC) return "SPARSE";
  if (magic === COWD_MAGIC) return "VMFSSPARSE";
  return view.getBigUint64(0, true) === SE_SPARSE_MAGIC ? "SESPARSE" : null;
}

/** Where the grains of a sparse extent are, and what its header says besides. */
export interface ExtentHeader {
  readonly tables: GrainTables;
  readonly facts: readonly Fact[];
  readonly warnings: readonly string[];
  /** Name of the parent as the header gives it. */
  readonly parentName: string | null;
}

/** @throws AppError disk.*: see the readers of each kind */
export async function readExtent(source: ByteSource, type: SparseType): Promise<ExtentHeader> {
  if (type === "VMFSSPARSE") return readCowd(source);
  if (type === "SESPARSE") return { ...(await readSeSparse(source)), warnings: [], parentName: null };
  const layout = await readSparseLayout(source);
  const open = layout.header.uncleanShutdown !== 0;
  const warnings = open ? ["The disk was not closed cleanly; its last writes may be missing."] : [];
  return { tables: layout, facts: headerFacts(layout), warnings, parentName: null };
}
