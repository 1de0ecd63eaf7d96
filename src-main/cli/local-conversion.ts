/** A conversion done by this very process: the same tasks a job runs, without a database. */
import { dirname } from "node:path";
import type { FormatId } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { TaskEvent, VerifyMode, VerifySpec } from "../../src-core/model/task.ts";
import { runTask } from "../jobs/worker-thread.ts";
import { checkTarget, partialPathOf, settledPath } from "../services/conversion-target.ts";
import type { Report } from "./report.ts";
import type { ConversionOutcome } from "./run-outcome.ts";
import { inspectSource, type SourceDisk } from "./source-disk.ts";

export interface LocalConversion {
  readonly source: SourceDisk;
  readonly sourceFormat: FormatId | undefined;
  /** Absolute. */
  readonly targetPath: string;
  readonly targetFormat: FormatId;
  readonly overwrite: boolean;
  readonly verify: VerifyMode;
}

/**
 * Checks the target, converts, verifies. When it is canceled or fails while converting, nothing is left of the target.
 * @throws AppError path.*, disk.*, target.*, io.*, verify.mismatch, job.canceled
 */
export async function convertHere(
  asked: LocalConversion,
  report: Report,
  signal: AbortSignal,
): Promise<ConversionOutcome> {
  const { source, sourceFormat, targetFormat, overwrite, verify } = asked;
  const disk = await inspectSource(source, sourceFormat, signal);
  const targetPath = await settledPath(asked.targetPath);
  const [problem] = (await checkTarget(targetPath, overwrite, disk)).problems;
  if (problem !== undefined) throw AppError.fromData(problem);

  const folder = dirname(targetPath);
  const forced = sourceFormat === undefined ? {} : { sourceFormat };
  const common = { sourcePath: source.path, ...forced, targetPath, targetFormat };
  const onEvent = (event: TaskEvent) => {
    if (event.type === "progress") report.progress(event);
    if (event.type === "warning") report.warning(event.message);
  };

  const convert = await runTask(
    { kind: "convert", ...common, overwrite, partialPath: partialPathOf(targetPath), roots: source.roots },
    { signal, onEvent },
  );
  if (verify.mode === "none") return { convert, verify: null };
  try {
    const spec: VerifySpec = { kind: "verify", ...common, verify, roots: [...source.roots, folder] };
    return { convert, verify: await runTask(spec, { signal, onEvent }) };
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (error.code !== "job.canceled") throw error;
    throw new AppError("job.canceled", `Canceled while verifying: ${targetPath} is complete, but not verified.`);
  }
}
