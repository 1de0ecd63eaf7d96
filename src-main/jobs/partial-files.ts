/** Names of the unfinished files of a conversion or an export: a companion's is that of its target with a number. */
import type { ExportSpec } from "../../src-core/model/export.ts";
import type { RunFile } from "../db/run-files.ts";
import type { WorkSpec } from "../db/tasks.ts";

/** Every unfinished file that an attempt of `spec` may write. @param files what its run makes, in order */
export function partialFiles(spec: WorkSpec, files: readonly RunFile[]): string[] {
  if (spec.kind === "convert") return spec.targets.flatMap((target) => ofTarget(target, files));
  if (spec.kind !== "export") return [];
  return [...ofExport(spec.output, files), spec.manifest.partialPath];
}

interface Target {
  readonly path: string;
  readonly partialPath: string;
}

function ofTarget({ path, partialPath }: Target, files: readonly RunFile[]): string[] {
  const companions = files.filter((file) => file.target === path && file.path !== path);
  return [partialPath, ...companions.map((_, index) => `${partialPath}.${index + 1}`)];
}

function ofExport(output: ExportSpec["output"], files: readonly RunFile[]): string[] {
  if (output.kind === "disks") return output.targets.flatMap((target) => ofTarget(target, files));
  if (output.kind === "ova") return [output.partialPath];
  // Descriptor, manifest and disks by number; the export's own manifest is not one of them.
  return files.slice(0, -1).map((_, index) => `${output.partialPath}.${index}`);
}
