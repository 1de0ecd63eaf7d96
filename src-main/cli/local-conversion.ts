/** A conversion done by this very process: planned and carried out as a job's tasks are, without a database. */
import { dirname } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { ConvertRequest } from "../../src-core/model/run.ts";
import type { ConvertResult, TaskEvent, VerifyResult } from "../../src-core/model/task.ts";
import { runTask } from "../jobs/worker-thread.ts";
import { type ConversionDeps, createConversions } from "../services/conversions.ts";
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
  const conversions = createConversions(localDeps([...roots, ...parents], signal));
  const run = await conversions.newRun(await conversions.settled(asked));
  const { maxBytesPerSecond } = asked;
  const onEvent = (event: TaskEvent) => {
    if (event.type === "progress") report.progress(event);
    if (event.type === "warning") report.warning(event.message);
  };
  let convert: ConvertResult | null = null;
  const verify: VerifyResult[] = [];
  for (const { spec } of run.tasks) {
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

/** What planning asks, answered by the engine of this process. Nobody else writes, and there are no settings. */
function localDeps(roots: string[], signal: AbortSignal): ConversionDeps {
  const own = ({ path, format }: { path: string; format?: ConvertRequest["sourceFormat"] }) => ({
    path,
    roots,
    ...(format === undefined ? {} : { format }),
  });
  const ask = () => runTask({ kind: "describe" }, { signal });
  let described: ReturnType<typeof ask> | null = null;
  return {
    engine: { busyTarget: () => null },
    libraries: { folders: () => roots },
    settings: { get: () => ({ defaultTargetFolder: null }) },
    disks: {
      inspect: async (question) => (await runTask({ kind: "inspect", ...own(question) }, { signal })).disk,
      async map({ snapshot, view, slices, ...question }) {
        const chosen = snapshot === undefined ? {} : { snapshot };
        return (await runTask({ kind: "map", ...own(question), ...chosen, view, slices }, { signal })).map;
      },
    },
    system: {
      async formats() {
        described ??= ask();
        return (await described).formats;
      },
      async companions(format, subformat, name) {
        const targets = [{ format, subformat, name }];
        return (await runTask({ kind: "describe", targets }, { signal })).companions?.[0] ?? [];
      },
    },
  };
}
