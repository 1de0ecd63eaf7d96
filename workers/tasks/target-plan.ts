/** What each target of a conversion shall be like, with every choice made and the parent of a delta opened. */
import { dirname, relative } from "node:path";
import type { FormatId } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import { resolveTarget } from "../../src-core/model/resolve-target.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import type { ConvertTarget } from "../../src-core/model/task.ts";
import type { Format, WritePlan } from "../formats/format.ts";
import { formatById } from "../formats/registry.ts";
import { filesOf, type OpenDisk, openDisk } from "../image/open-disk.ts";
import type { FileSource } from "../io/file.ts";
import { sameFile, statPath } from "../io/folder.ts";

export interface TargetPlan {
  readonly format: Format;
  readonly create: NonNullable<Format["create"]>;
  readonly plan: WritePlan;
  /** The parent of a delta; whoever planned closes it. */
  readonly parent: OpenDisk | null;
}

/** @throws AppError target.unsupported; of the parent as openDisk */
export async function planTarget(
  target: ConvertTarget,
  sourceBytes: number,
  roots: readonly string[],
): Promise<TargetPlan> {
  const format = formatById(target.format);
  const { create, info } = format;
  const { options } = target;
  const choices = resolveTarget(info.label, info.variants, options);
  if (create === undefined) throw new AppError("target.unsupported", `This program cannot write ${info.label} files.`);
  const virtualSizeBytes = targetSize(target.format, options, sourceBytes);
  if (virtualSizeBytes < sourceBytes) {
    throw new AppError(
      "target.unsupported",
      `${target.path}: a disk of ${sourceBytes} bytes cannot be made one of ${virtualSizeBytes}; only larger is possible.`,
    );
  }
  const { backingPath } = options;
  if (backingPath === undefined) {
    return { format, create, plan: { ...choices, virtualSizeBytes, backing: null }, parent: null };
  }
  const parent = await openDisk(backingPath, { roots, brokenChain: "refuse" });
  const parentBytes = parent.guest.virtualSizeBytes;
  if (virtualSizeBytes > sourceBytes && parentBytes > sourceBytes) {
    await parent.close();
    throw new AppError(
      "target.unsupported",
      `${target.path}: behind the source's end, at ${sourceBytes}, a delta of ${virtualSizeBytes} bytes would show what its parent of ${parentBytes} has there.`,
      { hint: "Leave the size as it is, or convert without a parent." },
    );
  }
  const [{ path, reader }] = parent.layers;
  const backing = { name: nameFrom(dirname(target.path), path), format: reader.format, mark: reader.mark };
  return { format, create, plan: { ...choices, virtualSizeBytes, backing }, parent };
}

/** The files that deltas are compared with, and read through ever after. */
export function parentFilesOf(plans: readonly Pick<TargetPlan, "parent">[]): FileSource[] {
  return plans.flatMap(({ parent }) => (parent === null ? [] : filesOf(parent)));
}

/** @param paths of all that a conversion makes. @throws AppError target.same-as-source where one would replace the parent of a delta */
export function assertParentsKept(plans: readonly TargetPlan[], paths: readonly string[]): void {
  for (const file of parentFilesOf(plans)) {
    const replaced = paths.find((path) => {
      const there = statPath(path);
      return there !== null && sameFile(there.identity, file.identity);
    });
    if (replaced === undefined) continue;
    throw new AppError("target.same-as-source", `${replaced} is a file that a delta stands on (${file.name})`, {
      details: { file: replaced },
    });
  }
}

/** Virtual size of a target in bytes: what was asked for, else the source's, in whole steps of `sizeStep`. @throws AppError target.unsupported */
export function targetSize(formatId: FormatId, options: TargetOptions, sourceBytes: number): number {
  const step = sizeStep(formatId, options);
  return Math.ceil((options.virtualSizeBytes ?? sourceBytes) / step) * step;
}

/** What a target's virtual size is a multiple of: the variant's unit, or the logical sector where that is larger. @throws AppError target.unsupported */
export function sizeStep(formatId: FormatId, options: TargetOptions): number {
  const { info } = formatById(formatId);
  const { subformat, sectorBytes } = resolveTarget(info.label, info.variants, options);
  const unit = info.variants.find(({ id }) => id === subformat)?.sizeUnitBytes ?? 1;
  return options.sectorBytes === undefined ? unit : Math.max(unit, sectorBytes);
}

/** Beside the target a name that stays right when the folder moves; elsewhere the whole path. */
function nameFrom(folder: string, path: string): string {
  const name = relative(folder, path);
  return name.startsWith("..") ? path : name;
}
