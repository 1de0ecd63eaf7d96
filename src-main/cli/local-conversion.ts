/** A conversion done by this very process: planned and carried out as a job's tasks are, without a database. */
import { basename, dirname } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { ConvertRequest } from "../../src-core/model/run.ts";
import type { ConvertResult, VerifyResult } from "../../src-core/model/task.ts";
import type { TaskEvent } from "../../src-core/model/task-event.ts";
import { STANDARD_INPUT } from "../../src-core/model/words.ts";
import { runTask } from "../jobs/worker-thread.ts";
import { type ConversionDeps, createConversions } from "../services/conversions.ts";
import { pipedTask } from "./piped-conversion.ts";
import type { Report } from "./report.ts";
import type { ConversionOutcome } from "./run-outcome.ts";

/**
 * Checks the targets, converts, verifies. When it is canceled or fails while converting, nothing is left of the targets.
 * @param roots folders in which parents and extents of the source may lie
 * @throws AppError path.*, disk.*, target.*, io.*, verify.mismatch, job.canceled
 */
export async function convertHere(
  asked: ConvertRequest,
  roots: readonly string[],
  report: Report,
  signal: AbortSignal,
): Promise<ConversionOutcome> {
  const parents = asked.targets.flatMap(({ options }) => options.backingPath ?? []).map((path) => dirname(path));
  const conversions = createConversions(localDeps(asked, [...roots, ...parents], signal));
  const settled = await conversions.settled(asked);
  const specs =
    asked.sourcePath === STANDARD_INPUT
      ? [await pipedTask(settled, [...roots], signal)]
      : (await conversions.newRun(settled)).tasks.map(({ spec }) => spec);
  const { maxBytesPerSecond } = asked;
  const onEvent = (event: TaskEvent) => {
    if (event.type === "progress") report.progress(event);
    if (event.type === "warning") report.warning(event.message);
  };
  let convert: ConvertResult | null = null;
  const verify: VerifyResult[] = [];
  for (const spec of specs) {
    try {
      if (spec.kind === "convert") convert = await runTask(spec, { signal, onEvent, maxBytesPerSecond });
      if (spec.kind === "verify") verify.push(await runTask(spec, { signal, onEvent, maxBytesPerSecond }));
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (spec.kind !== "verify" || error.code !== "job.canceled") throw error;
      const said = `Canceled while verifying: ${spec.targetPath} is complete, but not verified.`;
      throw new AppError("job.canceled", said);
    }
  }
  if (convert === null) throw new AppError("internal.bug", "A conversion without a task that converts.");
  return { convert, verify };
}

/** What planning asks, answered by one thread of this process. Nobody else writes, and there are no settings. */
function localDeps(asked: ConvertRequest, roots: string[], signal: AbortSignal): ConversionDeps {
  const { sourcePath: path, sourceFormat, sourceSnapshot } = asked;
  const forced = sourceFormat === undefined ? {} : { format: sourceFormat };
  const chosen = sourceSnapshot === undefined ? {} : { snapshot: sourceSnapshot };
  const targets = asked.targets.map((target) => ({ format: target.format, name: basename(target.path) }));
  const ask = () => runTask({ kind: "survey", path, ...forced, ...chosen, targets, roots }, { signal });
  let told: ReturnType<typeof ask> | null = null;
  const survey = () => {
    if (told === null) {
      told = ask();
      // Wanted for the names of unfinished files: read while the thread looks at the disk.
      process.getBuiltinModule("node:crypto");
    }
    return told;
  };
  return {
    engine: { busyTarget: () => null },
    libraries: { folders: () => roots },
    settings: { get: () => ({ defaultTargetFolder: null }) },
    disks: {
      // Beside the source a plan asks for the parents of deltas.
      async inspect(question) {
        if (question.path === path) return (await survey()).disk;
        return (await runTask({ kind: "inspect", path: question.path, roots }, { signal })).disk;
      },
      map: async () => (await survey()).map,
    },
    system: {
      formats: async () => (await survey()).formats,
      async companions(format, subformat, name) {
        const { companions } = await survey();
        const found = companions.find(
          (each) => each.format === format && each.subformat === subformat && each.name === name,
        );
        if (found === undefined) throw new AppError("internal.bug", `${name} was not asked about`);
        return found.files;
      },
    },
  };
}
