/** The target of an export that is a package of OVF: streamOptimized VMDKs in an archive or a folder, with descriptor and manifest. */
import { join } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { ExportSpec } from "../../src-core/model/export.ts";
import { resolveTarget } from "../../src-core/model/resolve-target.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import { formatById } from "../formats/registry.ts";
import { createOvaTarget } from "../machine/ova-package.ts";
import { createOvfFolder } from "../machine/ovf-folder.ts";
import type { PackagedDisk, PackageWriter } from "../machine/package-writer.ts";
import type { ExportPlan, ExportTarget, FinishedDisk } from "./export-target.ts";
import { targetSize } from "./target-plan.ts";

/** What OVF tools read everywhere. */
const FORMAT = "vmdk";
const SUBFORMAT = "streamOptimized";

type PackageOutput = Extract<ExportSpec["output"], { path: string }>;

/** @param resume `state` of an earlier attempt's target. @throws AppError as createOvaTarget, createOvfFolder */
export async function openPackageTarget(
  spec: Pick<ExportSpec, "name" | "overwrite"> & { readonly output: PackageOutput },
  { machine, disks, startedAtMs }: ExportPlan,
  resume: Record<string, unknown> | null,
): Promise<ExportTarget> {
  const { output, overwrite, name } = spec;
  const format = formatById(FORMAT);
  const { create } = format;
  if (create === undefined) throw new AppError("internal.bug", "VMDK cannot be written");
  const choices = resolveTarget(format.info.label, format.info.variants, optionsOf(output));
  const sizeOf = (capacityBytes: number) => targetSize(FORMAT, optionsOf(output), capacityBytes);
  const plan = {
    machine,
    name,
    keepMacAddresses: true,
    digest: output.digest ?? "sha256",
    disks: disks.map(({ key, capacityBytes }) => ({ key, virtualSizeBytes: sizeOf(capacityBytes) })),
  };
  const begin = output.kind === "ova" ? createOvaTarget : createOvfFolder;
  const place = { path: output.path, partialPath: output.partialPath, overwrite, startedAtMs };
  const written: PackageWriter = await begin(plan, place, resume);

  return {
    disksAtOnce: written.disksAtOnce,
    get state() {
      return written.state;
    },
    get finished() {
      return written.finished.map(finishedOf);
    },
    async open(key, point) {
      const endBytes = plan.disks.find((disk) => disk.key === key)?.virtualSizeBytes ?? 0;
      const file = await written.openDisk(key, point !== null);
      const writer = await create(
        file,
        { ...choices, virtualSizeBytes: endBytes, backing: null },
        { name: written.fileName(key), companions: [], resume: point },
      );
      return {
        writer,
        endBytes,
        async finish(hooks) {
          const summary = await writer.finish();
          return finishedOf(await written.finishDisk(key, summary, hooks));
        },
      };
    },
    async finish() {
      const done = await written.finish();
      const isDisk = new Set(done.disks.map(({ fileName }) => fileName));
      const descriptor = done.files[0]?.name ?? "";
      return {
        path: output.kind === "ova" ? output.path : join(output.path, descriptor),
        place: output.path,
        disks: done.disks.map(finishedOf),
        files: done.files.filter(({ name: file }) => !isDisk.has(file)),
        warnings: done.warnings,
      };
    },
    close: (keep) => written.close(keep),
  };
}

function optionsOf({ compressionLevel }: PackageOutput): TargetOptions {
  return {
    subformat: SUBFORMAT,
    ...(compressionLevel === undefined ? {} : { compression: { method: "zlib", level: compressionLevel } }),
  };
}

function finishedOf({ key, fileName, fileSizeBytes, sha256, writtenBytes }: PackagedDisk): FinishedDisk {
  const files = [{ name: fileName, sizeBytes: fileSizeBytes, sha256 }];
  return { key, format: FORMAT, subformat: SUBFORMAT, writtenBytes, files };
}
