/** Runs as the contract tells them; the engine does the work, this adds what only the shell can do. */
import { fileFacts } from "../files/real-file.ts";
import type { JobEngine, RunQuery } from "../jobs/engine.ts";
import type { Shell } from "../shell/shell.ts";

export interface RunsService extends Pick<JobEngine, "get" | "cancel" | "remove" | "log" | "samples"> {
  /** Newest first. @throws AppError request.invalid for a cursor of another list */
  list(query: { [K in keyof RunQuery]: RunQuery[K] | undefined } & { limit: number }): ReturnType<JobEngine["list"]>;
  /** Shows the run's target in the file manager. @throws AppError request.not-found, path.not-found, shell.unavailable */
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
    samples: (runId) => engine.samples(runId),
    async reveal(runId) {
      const { targetPath } = engine.get(runId).request;
      await fileFacts(targetPath);
      await shell.reveal(targetPath);
    },
  };
}
