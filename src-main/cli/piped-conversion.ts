/**
 * The plan of a conversion from standard input: nobody can look into a pipe beforehand, so only what is asked of the targets is
 * checked. Neighbours: local-conversion.ts (who calls), services/conversions.ts (plans with a source).
 */
import { basename, dirname, join } from "node:path";
import type { FormatInfo } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import { resolveTarget } from "../../src-core/model/resolve-target.ts";
import type { ConvertRequest, TargetRequest } from "../../src-core/model/run.ts";
import type { ConvertSpec } from "../../src-core/model/task.ts";
import { STANDARD_INPUT } from "../../src-core/model/words.ts";
import { runTask } from "../jobs/worker-thread.ts";
import { checkTarget, partialPathOf } from "../services/conversion-target.ts";

/**
 * The task for a settled request.
 * @param roots at least one folder, as every task has; nothing a pipe's disk names is opened
 * @throws AppError path.*, target.*, request.invalid of the first target at fault
 */
export async function pipedTask(asked: ConvertRequest, roots: string[], signal: AbortSignal): Promise<ConvertSpec> {
  const { formats } = await runTask({ kind: "formats" }, { signal });
  const named = asked.targets.map((target) => ({
    format: target.format,
    subformat: subformatOf(target, formats),
    name: basename(target.path),
  }));
  const { companions = [] } = await runTask({ kind: "formats", targets: named }, { signal });
  const taken = new Set<string>();
  for (const [index, { path, overwrite }] of asked.targets.entries()) {
    for (const file of [path, ...(companions[index] ?? []).map((name) => join(dirname(path), name))]) {
      if (taken.has(file)) throw new AppError("target.busy", `Two targets would be made as ${file}.`);
      taken.add(file);
      const [problem] = (await checkTarget(file, overwrite, [])).problems;
      if (problem !== undefined) throw AppError.fromData(problem);
    }
  }
  const targets = asked.targets.map((target) => ({ ...target, partialPath: partialPathOf(target.path) }));
  return { kind: "convert", sourcePath: STANDARD_INPUT, targets, sync: asked.sync, roots };
}

/** The variant that will be written. @throws AppError target.unsupported where the options do not fit the format */
function subformatOf({ format, options }: TargetRequest, formats: readonly FormatInfo[]): string {
  const info = formats.find(({ id }) => id === format);
  if (info === undefined) throw new AppError("target.unsupported", `The engine does not know ${format}.`);
  if (options.backingPath !== undefined) {
    throw new AppError("target.unsupported", "A disk from a pipe cannot be made a delta: convert it from its file.");
  }
  return resolveTarget(info.label, info.variants, options).subformat;
}
