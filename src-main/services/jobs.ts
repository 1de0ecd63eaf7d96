/** Starting work of every kind, and starting it again. Neighbours: conversions.ts, examinations.ts, which say what the work is. */
import { AppError } from "../../src-core/model/error.ts";
import { isFinal, type JobRequest, type Run } from "../../src-core/model/run.ts";
import { fileIdentity } from "../files/file-identity.ts";
import { fileFactsOrNull } from "../files/real-file.ts";
import type { JobEngine, NewRun } from "../jobs/engine.ts";
import type { ConversionsService } from "./conversions.ts";
import { newExamination } from "./examinations.ts";
import type { ExportQuestion, ExportsService } from "./exports.ts";
import type { LibrariesService } from "./libraries.ts";

export interface Started {
  readonly jobId: string;
  readonly runId: string;
}

export interface JobsService {
  /** @throws AppError path.*, disk.*, the plan's first error, target.busy, request.conflict */
  start(request: JobRequest, idempotencyKey?: string): Promise<Started>;
  /** What the engine is to do for a request, without doing it: to be accepted together with others. @throws AppError as `start` */
  prepare(request: JobRequest): Promise<NewRun>;
  /**
   * A new run of an ended run's job. Files that a run left which did not succeed (not verified, or found to differ) are replaced,
   * once the new ones are complete and unless somebody has written to them since.
   * @throws AppError request.not-found, state.conflict, and as `start`
   */
  retry(runId: string): Promise<Started>;
  /** What the engine is to do for `retry`, without doing it. @throws AppError as `retry` */
  prepareAgain(runId: string): Promise<NewRun>;
  /** What the engine is to do for each machine, or why that one cannot be exported. @throws AppError what stands in the way of all */
  prepareExports(question: ExportQuestion): Promise<(NewRun | AppError)[]>;
}

interface Deps {
  readonly engine: JobEngine;
  readonly conversions: ConversionsService;
  readonly exports: Pick<ExportsService, "newRun" | "newRuns">;
  readonly libraries: LibrariesService;
}

export function createJobs({ engine, conversions, exports, libraries }: Deps): JobsService {
  const planOf = (request: JobRequest): Promise<NewRun> => {
    if (request.kind === "convert") return conversions.newRun(request);
    return request.kind === "export" ? exports.newRun(request) : newExamination(request, libraries);
  };

  const begin = async (request: JobRequest, more: { idempotencyKey?: string }): Promise<Started> => {
    const planned = await planOf(request).catch((thrown: unknown) => AppError.from(thrown));
    // The same call may have come twice at once: the other is through, and its file now in this one's way.
    const earlier = more.idempotencyKey && engine.findByIdempotencyKey(more.idempotencyKey, request);
    if (earlier) return earlier;
    if (planned instanceof AppError) throw planned;
    return engine.accept({ ...planned, ...more });
  };

  const settled = async (asked: JobRequest) => (asked.kind === "convert" ? conversions.settled(asked) : asked);

  const again = async (runId: string): Promise<NewRun> => {
    const run = engine.get(runId);
    const { jobId, request, state } = run;
    if (!isFinal(state)) throw new AppError("state.conflict", "The run has not ended yet.", { details: { state } });
    if (request.kind !== "convert") return { ...(await planOf(request)), jobId };
    const targets = [];
    for (const target of request.targets) {
      const overwrite = target.overwrite || (await leftItsTarget(engine, run, target.path));
      targets.push({ ...target, overwrite });
    }
    return { ...(await planOf({ ...request, targets })), jobId };
  };

  return {
    prepare: async (asked) => planOf(await settled(asked)),
    async start(asked, idempotencyKey) {
      const request = await settled(asked);
      if (idempotencyKey === undefined) return begin(request, {});
      // First of all: the source may be gone by the time a call is repeated.
      return engine.findByIdempotencyKey(idempotencyKey, request) ?? begin(request, { idempotencyKey });
    },
    retry: async (runId) => engine.accept(await again(runId)),
    prepareAgain: again,
    prepareExports: (question) => exports.newRuns(question),
  };
}

/** Times of files may be rounded up by their file system. */
const CLOCK_MS = 2_000;

/** Whether what lies at a run's target is what the run itself left there without success, written to by nobody since. */
async function leftItsTarget(engine: JobEngine, { id, state, tasks }: Run, target: string): Promise<boolean> {
  const writtenAt = tasks.find(({ kind }) => kind === "convert")?.attempts.at(-1)?.endedAt;
  if (state === "succeeded" || writtenAt == null) return false;
  let left = false;
  for (const { path } of engine.files(id).filter((file) => file.target === target)) {
    const identity = fileIdentity(path);
    if (identity === null) continue;
    const facts = await fileFactsOrNull(path);
    const untouched = facts !== null && facts.modifiedAtMs <= Date.parse(writtenAt) + CLOCK_MS;
    if (!untouched || !engine.wroteFile(id, identity)) return false;
    left = true;
  }
  return left;
}
