/** Names of the unfinished files of a conversion: a companion's is that of its target with a number. */
import type { RunFile } from "../db/run-files.ts";
import type { WorkSpec } from "../db/tasks.ts";

/** Every unfinished file that an attempt of `spec` may write. @param files what its run makes, in order */
export function partialFiles(spec: WorkSpec, files: readonly RunFile[]): string[] {
  if (spec.kind !== "convert") return [];
  return spec.targets.flatMap(({ path, partialPath }) => {
    const companions = files.filter((file) => file.target === path && file.path !== path);
    return [partialPath, ...companions.map((_, index) => `${partialPath}.${index + 1}`)];
  });
}
