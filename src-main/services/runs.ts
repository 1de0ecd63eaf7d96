/** Runs as the contract tells them; the engine does the work, this adds what only the shell can do. */
import type { Calibration } from "../../src-core/contract/system.ts";
import { calibrate } from "../../src-core/job/calibration.ts";
import type { Run } from "../../src-core/model/run.ts";
import { fileFacts } from "../files/real-file.ts";
import type { JobEngine, RunQuery } from "../jobs/engine.ts";
import type { Shell } from "../shell/shell.ts";

/** Newest runs that are looked at to say how good predictions are. */
const CALIBRATED_RUNS = 200;

export interface RunsService
  extends Pick<JobEngine, "get" | "cancel" | "pause" | "resume" | "setLimit" | "remove" | "log" | "samples"> {
  /** Newest first. @throws AppError request.invalid for a cursor of another list */
  list(query: { [K in keyof RunQuery]: RunQuery[K] | undefined } & { limit: number }): ReturnType<JobEngine["list"]>;
  /** How often the predicted time was right. */
  calibration(): Calibration;
  /** Shows the run's target, or the disk it looked at, in the file manager. @throws AppError request.not-found, path.not-found, shell.unavailable */
  reveal(runId: string): Promise<void>;
}

export function createRuns({ engine, shell }: { engine: JobEngine; shell: Shell }): RunsService {
  return {
    get: (runId) => engine.get(runId),
    list: ({ limit, ...wanted }) => {
      const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
      return engine.list({ limit, ...Object.fromEntries(given) });
    },
    cancel: (runId) => engine.cancel(runId),
    remove: (runId) => engine.remove(runId),
    log: (runId, after, limit) => engine.log(runId, after, limit),
    pause: (runId) => engine.pause(runId),
    resume: (runId) => engine.resume(runId),
    setLimit: (runId, limit) => engine.setLimit(runId, limit),
    samples: (runId) => engine.samples(runId),
    calibration: () => calibrate(engine.predicted(CALIBRATED_RUNS)),
    async reveal(runId) {
      const path = mainFile(engine.get(runId));
      await fileFacts(path);
      await shell.reveal(path);
    },
  };
}

/** The first file a job makes, else the disk it looks at. */
function mainFile({ request, tasks }: Run): string {
  if (request.kind === "export") {
    const made = tasks.find(({ result }) => result?.kind === "export")?.result;
    return made?.kind === "export" ? made.path : request.folder;
  }
  if (request.kind === "check") return request.path;
  if (request.kind === "compare") return request.aPath;
  return request.targets[0]?.path ?? request.sourcePath;
}
