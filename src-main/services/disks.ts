/**
 * Looks into single disks on a worker thread: header facts, the picture of the allocation, the extents one by one. Answers are kept while no file
 * of the disk has changed; a caller that goes away ends its work.
 */

import { randomUUID } from "node:crypto";
import type { ExtentPage } from "../../src-core/contract/library.ts";
import type { AllocationMap, DiskInfo, FormatId } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { DiskView } from "../../src-core/model/task.ts";
import { type FileFacts, fileFactsOrNull } from "../files/real-file.ts";
import type { runTask } from "../jobs/worker-thread.ts";
import type { LibrariesService } from "./libraries.ts";
import { createSlots } from "./slots.ts";

export interface DisksService {
  /** @throws AppError path.*, disk.*, io.read; job.canceled when `signal` aborts */
  inspect(question: DiskQuestion, signal?: AbortSignal): Promise<DiskInfo>;
  /** @throws as `inspect` */
  map(question: ViewQuestion & { readonly slices: number }, signal?: AbortSignal): Promise<AllocationMap>;
  /** @throws as `inspect` */
  extents(
    question: ViewQuestion & { readonly start: number; readonly limit: number },
    signal?: AbortSignal,
  ): Promise<ExtentPage>;
}

/** A disk and how it is looked at. */
export interface ViewQuestion extends DiskQuestion {
  readonly snapshot?: string | undefined;
  readonly view: DiskView;
}

export interface DiskQuestion {
  /** Absolute path of a file inside a library. */
  readonly path: string;
  /** Given only to force it (raw); else the content decides. */
  readonly format?: FormatId | undefined;
}

const AT_ONCE = 2;
const KEPT_ANSWERS = 200;

/** Size and time of the files an answer was made from; equal stamps, equal answer. */
type Stamps = ReadonlyMap<string, string>;

export function createDisks(deps: { libraries: LibrariesService; runTask: typeof runTask }): DisksService {
  const { libraries, runTask } = deps;
  const slots = createSlots(AT_ONCE);
  const infos = new Map<string, { stamps: Stamps; answer: DiskInfo }>();
  const maps = new Map<string, { stamps: Stamps; answer: AllocationMap }>();

  async function inspect(question: DiskQuestion, signal?: AbortSignal): Promise<{ stamps: Stamps; answer: DiskInfo }> {
    const { realPath } = await libraries.file(question.path);
    const roots = libraries.folders();
    const key = JSON.stringify([realPath, question.format, roots]);
    const kept = infos.get(key);
    if (kept !== undefined && (await isFresh(kept.stamps))) return kept;

    const before = await stamp([realPath]);
    const answer = await slots.run(async () => {
      const spec = { kind: "inspect" as const, path: realPath, roots, ...forced(question.format) };
      return (await runTask(spec, signal === undefined ? {} : { signal })).disk;
    }, signal);
    const others = [...answer.files, ...answer.chain].map(({ path }) => path).filter((path) => path !== realPath);
    const made = { stamps: new Map([...(await stamp(others)), ...before]), answer };
    keep(infos, key, made);
    return made;
  }

  return {
    inspect: async (question, signal) => (await inspect(question, signal)).answer,
    async map(question, signal) {
      // The inspection knows which files the picture depends on.
      const { stamps } = await inspect(question, signal);
      const { realPath } = await libraries.file(question.path);
      const roots = libraries.folders();
      const { slices, view } = question;
      const key = JSON.stringify([realPath, question.format, question.snapshot, view, roots, slices]);
      const kept = maps.get(key);
      if (kept !== undefined && sameStamps(kept.stamps, stamps)) return kept.answer;
      const answer = await slots.run(async () => {
        const spec = { kind: "map" as const, path: realPath, slices, view, roots, ...chosen(question) };
        return (await runTask(spec, signal === undefined ? {} : { signal })).map;
      }, signal);
      keep(maps, key, { stamps, answer });
      return answer;
    },
    async extents(question, signal) {
      const { realPath } = await libraries.file(question.path);
      const { view, start, limit } = question;
      const roots = libraries.folders();
      const spec = { kind: "extents" as const, path: realPath, view, start, limit, roots, ...chosen(question) };
      const { kind: _, ...page } = await slots.run(() => runTask(spec, signal === undefined ? {} : { signal }), signal);
      return page;
    },
  };
}

function forced(format: FormatId | undefined): { format?: FormatId } {
  return format === undefined ? {} : { format };
}

function chosen({ format, snapshot }: ViewQuestion): { format?: FormatId; snapshot?: string } {
  return { ...forced(format), ...(snapshot === undefined ? {} : { snapshot }) };
}

async function stamp(paths: readonly string[]): Promise<Map<string, string>> {
  const stamps = new Map<string, string>();
  for (const path of paths) {
    const facts = await fileFactsOrNull(path).catch((thrown: unknown) => {
      if (thrown instanceof AppError) return null;
      throw thrown;
    });
    stamps.set(path, facts === null ? "gone" : stampOf(facts));
  }
  return stamps;
}

function stampOf({ identity, sizeBytes, modifiedAtMs, isDevice }: FileFacts): string {
  // A device does not tell when it was written to: an answer about it is never kept.
  return isDevice ? randomUUID() : `${identity} ${sizeBytes} ${modifiedAtMs}`;
}

async function isFresh(stamps: Stamps): Promise<boolean> {
  return sameStamps(stamps, await stamp([...stamps.keys()]));
}

function sameStamps(a: Stamps, b: Stamps): boolean {
  return a.size === b.size && [...a].every(([path, value]) => b.get(path) === value);
}

/** Keeps the newest answers; the oldest goes when there are too many. */
function keep<T>(answers: Map<string, T>, key: string, answer: T): void {
  answers.delete(key);
  answers.set(key, answer);
  const oldest = answers.keys().next();
  if (answers.size > KEPT_ANSWERS && !oldest.done) answers.delete(oldest.value);
}
