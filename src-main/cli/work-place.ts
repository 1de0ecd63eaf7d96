/** Who does the work of a command: the program that runs on the data folder, or this process. */
import { AppError } from "../../src-core/model/error.ts";
import type { JobRequest } from "../../src-core/model/run.ts";
import { dataFolder } from "../files/data-folder.ts";
import { hasDiscovery } from "../files/discovery-file.ts";
import { type CliContext, dataDirOf, type PlaceOptions } from "./context.ts";
import type { Report } from "./report.ts";

/** Hands work over, follows it and answers with what it came to. @throws AppError the run's own */
export type HandOver = (request: JobRequest, report: Report) => Promise<void>;

/**
 * The way to the running program where the work on `paths` is its business; null = this process does it.
 * @throws AppError usage.invalid, service.unreachable, job.canceled
 */
export async function handOverFor(
  context: CliContext,
  paths: readonly string[],
  options: PlaceOptions,
): Promise<HandOver | null> {
  if (options.local === true && options.detach === true) {
    throw new AppError("usage.invalid", "--local and --detach exclude each other.");
  }
  if (options.local === true) return null;
  if (options.detach !== true) {
    const folder = dataFolder(dataDirOf(context, options));
    // Everything about the port, and what checks such a file, is read only where there is one.
    if (!hasDiscovery(folder)) return null;
    const { readLiveDiscovery } = await import("../files/discovery.ts");
    if (readLiveDiscovery(folder) === null) return null;
  }
  const { programFor, workThere } = await import("./work-there.ts");
  const program = await programFor(context, paths, options);
  return program === null ? null : (request, report) => workThere(context, program, request, report, options);
}
