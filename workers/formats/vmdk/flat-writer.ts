/**
 * Writes a flat disk: a descriptor (the main file) and the guest's bytes as they are (a companion). monolithicFlat is for
 * VMware's hosted products, vmfs for ESXi; the data is the same.
 *
 *   NAME.vmdk        descriptor      written last, its first line last of all: until then it is no image
 *   NAME-flat.vmdk   data            guest offset n at n; what is never written stays a hole of the file
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { FlatWriter } from "../block-map/flat-writer.ts";
import type { CreateContext, DiskWriter, WritePlan, WriterCheckpoint, WriteSummary } from "../format.ts";
import { assertNameFits, contentId, descriptorText } from "./descriptor-text.ts";
import { assertSizeWritable, SECTOR_BYTES } from "./structures.ts";
import { flatNameOf } from "./variants.ts";

/** The first line of a descriptor, by which it is known. */
const FIRST_LINE_BYTES = Buffer.byteLength("# Disk DescriptorFile");

/**
 * Begins an image, or goes on from a checkpoint of the same one. A size that is no multiple of 512 is rounded up; the tail reads
 * as zeros.
 * @throws AppError disk.too-large, target.unsupported; state.conflict, disk.truncated when the target is not as the checkpoint says
 */
export async function createFlat(target: ByteTarget, plan: WritePlan, context: CreateContext): Promise<DiskWriter> {
  const { name, companions, resume } = context;
  const [data] = companions;
  if (data === undefined) throw new AppError("internal.bug", `${target.name}: a flat VMDK needs a file for its data`);
  assertNameFits(name, target.name);
  assertSizeWritable(target.name, plan.virtualSizeBytes);
  const capacity = Math.ceil(plan.virtualSizeBytes / SECTOR_BYTES);
  const flat = new FlatWriter(data, {
    format: "vmdk",
    kind: [plan.virtualSizeBytes, plan.subformat],
    dataAtBytes: 0,
    dataBytes: capacity * SECTOR_BYTES,
    headBytes: 0,
  });
  if (resume) await goOn(target, flat, resume);
  return {
    grainBytes: flat.grainBytes,
    encoding: null,
    write: (offset, bytes) => flat.write(offset, bytes),
    checkpoint: (doneBytes) => flat.checkpoint(doneBytes),
    async finish(): Promise<WriteSummary> {
      const dataBytes = await flat.finishData();
      const text = descriptorText({
        createType: plan.subformat,
        cid: contentId(flat.identity),
        parent: null,
        capacitySectors: capacity,
        extentType: plan.subformat === "vmfs" ? "VMFS" : "FLAT",
        extentFile: flatNameOf(name),
      });
      await target.resize(text.length);
      await target.write(FIRST_LINE_BYTES, text.subarray(FIRST_LINE_BYTES));
      await target.sync();
      await target.write(0, text.subarray(0, FIRST_LINE_BYTES));
      await target.sync();
      return { writtenBytes: flat.writtenBytes, fileSizeBytes: dataBytes + text.length };
    },
  };
}

/** A descriptor that an earlier attempt finished goes first, and for sure. */
async function goOn(target: ByteTarget, flat: FlatWriter, resume: WriterCheckpoint): Promise<void> {
  await target.resize(0);
  await target.sync();
  await flat.resume(resume);
}
