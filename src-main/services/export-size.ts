/** Estimates of export sizes: told as they grow, kept, and later laid beside what conversions really made of the same disks. */
import { join } from "node:path";
import { z } from "zod";
import { AppError } from "../../src-core/model/error.ts";
import { type ExportSize, type SizeAsk, SizeHistoryRow } from "../../src-core/model/export-size.ts";
import type { ConvertRequest } from "../../src-core/model/run.ts";
import type { SizeSpec } from "../../src-core/model/task.ts";
import { readSmallJson, writeSmallJson } from "../files/small-json-file.ts";
import type { JobEngine } from "../jobs/engine.ts";
import type { runTask } from "../jobs/worker-thread.ts";
import type { LibrariesService } from "./libraries.ts";

export interface ExportSizeService {
  /**
   * Estimates until the range is narrow; whoever stops reading, or aborts, stops it.
   * @throws AppError path.*, disk.*, target.unsupported, io.read
   */
  estimate(asked: SizeAsk, signal?: AbortSignal): AsyncGenerator<ExportSize>;
  /** The newest estimates beside what was made of the disks since. */
  history(): { rows: SizeHistoryRow[]; within: number; smaller: number; larger: number };
}

const Kept = z.array(
  SizeHistoryRow.omit({ actualBytes: true, verdict: true }).extend({ virtualSizeBytes: z.number() }),
);
type Kept = z.infer<typeof Kept>;
const MOST_KEPT = 200;
/** Newest runs that are looked through. */
const RUNS = 200;

export function createExportSize(deps: {
  libraries: Pick<LibrariesService, "file" | "folders">;
  engine: Pick<JobEngine, "list" | "get">;
  runTask: typeof runTask;
  dataFolder: string;
  now(): number;
}): ExportSizeService {
  const file = join(deps.dataFolder, "export-sizes.json");
  const kept = (): Kept => Kept.safeParse(readSmallJson(file)).data ?? [];

  return {
    async *estimate(asked, signal) {
      const { realPath } = await deps.libraries.file(asked.path);
      const spec = sizeSpec({ ...asked, path: realPath }, deps.libraries.folders());
      let last: ExportSize | null = null;
      for await (const told of sizes(spec, deps.runTask, signal)) {
        last = told;
        yield told;
      }
      if (last === null || last.state === "sampling" || last.state === "stopped") return;
      const { target, size: predicted, virtualSizeBytes } = last;
      const at = new Date(deps.now()).toISOString();
      writeSmallJson(
        file,
        [{ at, path: realPath, target, predicted, virtualSizeBytes }, ...kept()].slice(0, MOST_KEPT),
      );
    },
    history() {
      const made = madeFiles(deps.engine);
      const rows = kept().map(({ virtualSizeBytes, ...row }): SizeHistoryRow => {
        const actual = made.find((each) => each.startedAt >= row.at && fits(each, row, virtualSizeBytes));
        if (actual === undefined) return { ...row, actualBytes: null, verdict: null };
        return { ...row, actualBytes: actual.fileSizeBytes, verdict: verdictOf(row.predicted, actual.fileSizeBytes) };
      });
      const count = (verdict: SizeHistoryRow["verdict"]) => rows.filter((row) => row.verdict === verdict).length;
      return { rows, within: count("within"), smaller: count("smaller"), larger: count("larger") };
    },
  };
}

/** The task for a question about a disk that lies at a real path. */
export function sizeSpec(asked: SizeAsk, roots: string[]): SizeSpec {
  const { path, sourceFormat, snapshot, format, options, seed, maxSampleBytes, precision } = asked;
  return {
    kind: "size",
    path,
    ...(sourceFormat === undefined ? {} : { format: sourceFormat }),
    ...(snapshot === undefined ? {} : { snapshot }),
    target: { format, options },
    seed,
    maxSampleBytes,
    precision,
    roots,
  };
}

/** The estimates of one task, the last one final. An abort ends it with the last as it stood, marked as stopped. */
export async function* sizes(spec: SizeSpec, run: typeof runTask, signal?: AbortSignal): AsyncGenerator<ExportSize> {
  const left = new AbortController();
  const both = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]);
  // Who reads slowly gets the newest only: each replaces the one before.
  let newest: ExportSize | null = null;
  let last: ExportSize | null = null;
  let wake = Promise.withResolvers<void>();
  let ended = false;
  const result = run(spec, {
    signal: both,
    onEvent(event) {
      if (event.type !== "sampled") return;
      newest = event.size;
      wake.resolve();
    },
  });
  result
    .then(
      () => undefined,
      () => undefined,
    )
    .finally(() => {
      ended = true;
      wake.resolve();
    });
  try {
    for (;;) {
      await wake.promise;
      wake = Promise.withResolvers<void>();
      if (ended) break;
      const told: ExportSize | null = newest;
      newest = null;
      if (told !== null) {
        last = told;
        yield told;
      }
    }
    yield (await result).size;
  } catch (thrown) {
    const stopped = signal?.aborted === true && AppError.from(thrown).code === "job.canceled";
    const known = (newest ?? last) as ExportSize | null;
    if (!stopped || known === null) throw thrown;
    yield { ...known, state: "stopped" };
  } finally {
    left.abort();
  }
}

interface Made {
  readonly sourcePath: string;
  readonly startedAt: string;
  readonly target: { format: string; subformat: string; compression: string; level: number | null };
  readonly virtualSizeBytes: number;
  readonly fileSizeBytes: number;
}

/** Files that conversions made, newest first. */
function madeFiles(engine: Pick<JobEngine, "list" | "get">): Made[] {
  const { items } = engine.list({ limit: RUNS });
  return items
    .filter(({ kind, state }) => kind === "convert" && state === "succeeded")
    .flatMap(({ id }) => {
      const { request, tasks, startedAt } = engine.get(id);
      const result = tasks.find(({ kind }) => kind === "convert")?.result;
      if (request.kind !== "convert" || result?.kind !== "convert" || startedAt === null) return [];
      return result.outputs.map(
        (output): Made => ({
          sourcePath: request.sourcePath,
          startedAt,
          target: { format: output.format, subformat: output.subformat, ...compressionOf(request, output.path) },
          virtualSizeBytes: result.virtualSizeBytes,
          fileSizeBytes: output.fileSizeBytes,
        }),
      );
    });
}

/** Null level: as usual for the format, which the estimate's own choice is compared with loosely. */
function compressionOf({ targets }: ConvertRequest, path: string): { compression: string; level: number | null } {
  const options = targets.find((target) => target.path === path)?.options;
  return { compression: options?.compression?.method ?? "", level: options?.compression?.level ?? null };
}

function fits(made: Made, row: Pick<SizeHistoryRow, "path" | "target">, virtualSizeBytes: number): boolean {
  const { target } = made;
  return (
    made.sourcePath === row.path &&
    made.virtualSizeBytes === virtualSizeBytes &&
    target.format === row.target.format &&
    target.subformat === row.target.subformat &&
    (target.compression === "" || target.compression === row.target.compression) &&
    (target.level === null || target.level === row.target.level)
  );
}

function verdictOf(
  { lowBytes, highBytes }: SizeHistoryRow["predicted"],
  actual: number,
): "within" | "smaller" | "larger" {
  if (actual < lowBytes) return "smaller";
  return actual > highBytes ? "larger" : "within";
}
