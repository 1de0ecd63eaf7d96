/** Begins an image the way tasks/convert.ts does: with every choice made that a test does not make itself. */
import { resolveTarget } from "../../../src-core/model/resolve-target.ts";
import type { TargetOptions } from "../../../src-core/model/target.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { memoryTarget } from "../../io/memory.ts";
import type { DiskWriter, Format, WriterCheckpoint } from "../format.ts";

/**
 * A writer for `disk` into `target`, from `resume` on when it is given.
 * @param companions further files of the image; left out: made in memory
 */
export async function begin(
  format: Format,
  target: ByteTarget,
  disk: { readonly virtualSizeBytes: number },
  resume: WriterCheckpoint | null = null,
  options: TargetOptions = {},
  companions?: readonly ByteTarget[],
): Promise<DiskWriter> {
  const { create, info } = format;
  if (create === undefined) throw new Error(`${info.label} is not written`);
  const plan = resolveTarget(info.label, info.variants, options);
  const names = format.companions?.(plan.subformat, target.name) ?? [];
  return create(
    target,
    { ...plan, virtualSizeBytes: options.virtualSizeBytes ?? disk.virtualSizeBytes, backing: null },
    { name: target.name, companions: companions ?? names.map((name) => memoryTarget(name)), resume },
  );
}
