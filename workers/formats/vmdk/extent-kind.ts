/** What the header of a sparse extent says, whichever kind it is. */
import type { Fact } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { readCowd } from "./cowd.ts";
import type { SparseType } from "./descriptor.ts";
import type { GrainTables } from "./grain-map.ts";
import { readSeSparse } from "./se-sparse.ts";
import { headerFacts, readSparseLayout } from "./sparse-header.ts";

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
