/**
 * Structural check of a VMDK with all its extents: every entry of every directory and table, the markers of compressed grains, the
 * redundant copies, and which parts of a file are claimed twice or by nobody. Parents are not looked at.
 */
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { finding, findingOf } from "../block-map/findings.ts";
import type { CheckContext } from "../format.ts";
import { checkExtent } from "./check-extent.ts";
import { readDescriptor } from "./descriptor.ts";
import { flatPart } from "./parts.ts";
import { extentTypeOf } from "./recognize.ts";
import { readSparseLayout } from "./sparse-header.ts";
import { SECTOR_BYTES } from "./structures.ts";

export async function* checkVmdk(source: ByteSource, context: CheckContext): AsyncIterable<CheckFinding> {
  try {
    const head = new Uint8Array(Math.min(SECTOR_BYTES, source.sizeBytes));
    await source.read(0, head);
    const type = extentTypeOf(head);
    if (type === null) yield* checkDescribed(source, context);
    else {
      if (type === "SPARSE") yield* checkEmbedded(source);
      yield* checkExtent(source, type, context);
    }
  } catch (error) {
    yield findingOf(error);
  }
}

/** A descriptor inside that cannot be read; the grains may be sound all the same. */
async function* checkEmbedded(source: ByteSource): AsyncIterable<CheckFinding> {
  const { descriptorOffset, descriptorSize } = (await readSparseLayout(source)).header;
  if (descriptorOffset === 0 || descriptorSize === 0) return;
  try {
    await readDescriptor(source, descriptorOffset * SECTOR_BYTES, descriptorSize * SECTOR_BYTES);
  } catch (error) {
    yield findingOf(error);
  }
}

/** A descriptor file, and each extent it names by itself. */
async function* checkDescribed(source: ByteSource, context: CheckContext): AsyncIterable<CheckFinding> {
  const descriptor = await readDescriptor(source, 0, source.sizeBytes);
  if (descriptor.extents.length === 0) yield finding("error", "descriptor", 0, `${source.name} names no extents`);
  for (const extent of descriptor.extents) {
    await context.gate();
    if (extent.kind === "zero") continue;
    const { fileName } = extent;
    try {
      const file = await context.openExtentFile(fileName);
      try {
        if (extent.kind === "flat") flatPart(file, extent.offsetBytes, extent.lengthBytes);
        else {
          for await (const one of checkExtent(file, extent.type, context, extent.lengthBytes)) {
            yield { ...one, structure: `${fileName}: ${one.structure}` };
          }
        }
      } finally {
        await file.close();
      }
    } catch (error) {
      const found = findingOf(error);
      yield { ...found, structure: `${fileName}: ${found.structure}` };
    }
  }
}
