/** What a file that belongs to a VMDK begins with. All that is read of this format to tell other disks from it. */
import type { SparseType } from "./descriptor.ts";
import { SPARSE_MAGIC } from "./structures.ts";

/** So much of a file tells. */
export const HEAD_BYTES = 1024;

/** "COWD", the magic of vmfsSparse. */
export const COWD_MAGIC = 0x44574f43;
/** The magic of seSparse. */
export const SE_SPARSE_MAGIC = 0x0000_0000_cafe_baben;

/** The kind of sparse extent that begins like this; null where none does. */
export function extentTypeOf(head: Uint8Array): SparseType | null {
  if (head.length < 8) return null;
  const view = new DataView(head.buffer, head.byteOffset, 8);
  const magic = view.getUint32(0, true);
  if (magic === SPARSE_MAGIC) return "SPARSE";
  if (magic === COWD_MAGIC) return "VMFSSPARSE";
  return view.getBigUint64(0, true) === SE_SPARSE_MAGIC ? "SESPARSE" : null;
}

/** The first line that is not blank says what the file is. Leading comment lines are allowed before it. */
export function looksLikeDescriptor(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length)
    .toString("latin1")
    .replace(/^\u00ef\u00bb\u00bf/, "");
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (/^#\s*disk\s+descriptorfile\s*$/i.test(line.trim())) return true;
    if (line.trim() !== "" && !line.trim().startsWith("#")) return false;
  }
  return false;
}
