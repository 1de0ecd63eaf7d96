/** The target of an export that makes disks alone: each a file of its own (with its companions) in a format of choice. */
import { basename, dirname } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { ExportSpec } from "../../src-core/model/export.ts";
import type { ExportedFile } from "../../src-core/model/export-manifest.ts";
import type { ConvertTarget } from "../../src-core/model/task.ts";
import { createWriteBehind } from "../disk/write-behind.ts";
import { createFileTarget, openFileSource, openFileTarget } from "../io/file.ts";
import { assertFinished } from "../machine/finished-file.ts";
import { type PackageHooks, sumsOf } from "../machine/package-writer.ts";
import type { TaskContext } from "../task.ts";
import { assertUsable, type FilePlace, openTarget, placesOf, putInPlace, removeLeftovers } from "./convert-target.ts";
import type { ExportPlan, ExportTarget, FinishedDisk } from "./export-target.ts";
import { planTarget, type TargetPlan } from "./target-plan.ts";

type FilesOutput = Extract<ExportSpec["output"], { kind: "disks" }>;

interface Planned {
  readonly key: string;
  readonly spec: ConvertTarget;
  readonly plan: TargetPlan;
  readonly places: readonly [FilePlace, ...FilePlace[]];
}

/**
 * @param resume `state` of an earlier attempt's target
 * @throws AppError target.*; with `resume` state.conflict where the files are not what it says
 */
export async function openFilesTarget(
  { targets }: FilesOutput,
  { disks }: ExportPlan,
  resume: Record<string, unknown> | null,
  ctx: Pick<TaskContext, "log" | "warn">,
): Promise<ExportTarget> {
  const planned = await Promise.all(disks.map(({ key, capacityBytes }) => planOf(targets, key, capacityBytes)));
  const one = (key: string): Planned => {
    const found = planned.find((disk) => disk.key === key);
    if (found === undefined) throw new AppError("internal.bug", `no disk ${key} is to be exported`);
    return found;
  };
  const finished = resume === null ? [] : await finishedOf(resume, planned);
  const assertAllUsable = () => {
    for (const { spec, places } of planned) {
      for (const place of places) assertUsable(place, spec.overwrite, []);
    }
  };
  assertAllUsable();
  const open = new Set<() => Promise<void>>();
  let done = false;

  return {
    disksAtOnce: true,
    get state() {
      return { kind: "disks", finished: [...finished] };
    },
    get finished() {
      return [...finished];
    },
    async open(key, point) {
      const { spec, plan, places } = one(key);
      const files = { create: createFileTarget, reopen: openFileTarget };
      const target = await openTarget(spec, plan, files, createWriteBehind(), true, point);
      const close = () => target.close();
      open.add(close);
      return {
        writer: target.writer,
        endBytes: plan.plan.virtualSizeBytes,
        async finish(hooks) {
          const { writtenBytes } = await target.finish();
          open.delete(close);
          const disk = {
            key,
            format: spec.format,
            subformat: plan.plan.subformat,
            writtenBytes,
            files: await exportedFiles(places, hooks),
          };
          finished.push(disk);
          return disk;
        },
      };
    },
    async finish() {
      assertAllUsable();
      const named: Planned[] = [];
      try {
        for (const disk of planned) {
          await putInPlace(disk, true, ctx);
          named.push(disk);
        }
      } catch (error) {
        // One that replaced another's file cannot be taken back; what is new may not stay as half an export.
        await removeLeftovers(
          named.flatMap(({ spec, places }) =>
            spec.overwrite ? [] : places.map(({ path }) => ({ path, partialPath: path })),
          ),
          ctx,
        );
        throw error;
      }
      done = true;
      const folder = dirname(planned[0]?.spec.path ?? "");
      const inOrder = planned.flatMap(({ key }) => finished.filter((disk) => disk.key === key));
      return { path: folder, place: folder, disks: inOrder, files: [], warnings: [] };
    },
    async close(keep) {
      for (const close of open) await close();
      open.clear();
      if (done || keep) return;
      await removeLeftovers(
        planned.flatMap(({ places }) => places),
        ctx,
      );
    },
  };
}

async function planOf(targets: FilesOutput["targets"], key: string, capacityBytes: number): Promise<Planned> {
  const spec = targets.find((target) => target.key === key);
  if (spec === undefined) throw new AppError("internal.bug", `no file is planned for disk ${key}`);
  const plan = await planTarget(spec, capacityBytes, []);
  return { key, spec, plan, places: placesOf(spec, plan) };
}

/** What an earlier attempt completed and is still there. @throws AppError state.conflict */
async function finishedOf(resume: Record<string, unknown>, planned: readonly Planned[]): Promise<FinishedDisk[]> {
  const { FilesState } = await import("./export-point.ts");
  const parsed = FilesState.safeParse(resume);
  if (!parsed.success)
    throw new AppError("state.conflict", "the checkpoint of the files cannot be used", { cause: parsed.error });
  const { finished } = parsed.data;
  for (const disk of finished) {
    const places = planned.find(({ key }) => key === disk.key)?.places ?? [];
    if (places.length !== disk.files.length)
      throw new AppError("state.conflict", "the checkpoint is of other files than these");
    for (const [index, place] of places.entries()) {
      const file = disk.files[index];
      if (file !== undefined) await assertFinished(file, place);
    }
  }
  return finished;
}

/** What the finished files are, by reading each once. */
async function exportedFiles(places: readonly FilePlace[], { gate, progress }: PackageHooks): Promise<ExportedFile[]> {
  const sources = [];
  try {
    for (const { partialPath } of places) sources.push(await openFileSource(partialPath));
    const totalBytes = sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const files: ExportedFile[] = [];
    let beforeBytes = 0;
    for (const [index, source] of sources.entries()) {
      const { sizeBytes } = source;
      const told = { gate, progress: (doneBytes: number) => progress(beforeBytes + doneBytes, totalBytes) };
      const { sha256 } = await sumsOf((offset, into) => source.read(offset, into), sizeBytes, "sha256", told);
      files.push({ name: basename(places[index]?.path ?? ""), sizeBytes, sha256 });
      beforeBytes += sizeBytes;
    }
    return files;
  } finally {
    for (const source of sources) await source.close();
  }
}
