/** The end of an export: everything gets its name, and the manifest tells of it. */
import { join } from "node:path";
import type { ExportResult } from "../../src-core/model/export.ts";
import { type ExportManifest, exportedMachine, publicAddress } from "../../src-core/model/export-manifest.ts";
import { writeExportManifest } from "../machine/export-manifest-file.ts";
import type { ExportSession } from "../providers/provider.ts";
import type { ExportTarget } from "./export-target.ts";
import { type ExportPoint, type ExportTry, resumedFrom, sourceOf } from "./export-try.ts";
import { isOwnManifest } from "./own-manifest.ts";

/** @throws AppError target.exists, target.no-space, io.*; job.canceled */
export async function finishExport(
  { spec, connection, ctx }: ExportTry,
  session: ExportSession,
  target: ExportTarget,
  from: ExportPoint,
): Promise<ExportResult> {
  const written = await target.finish();
  for (const warning of written.warnings) ctx.warn(warning);
  const { machine } = session;
  const known = new Map(machine.disks.map((disk) => [disk.key, disk]));
  const transports = new Map(session.disks.map((disk) => [disk.key, disk]));
  const leftOut = machine.disks
    .filter(({ key }) => !transports.has(key))
    .map(({ key, label }) => ({ key, label, reason: reasonFor(spec.diskKeys, machine.obstacles, key) }));
  const missed = spec.allDisks === true ? leftOut.map(({ label, reason }) => `${label} is left out: ${reason}`) : [];
  for (const warning of missed) ctx.warn(warning);
  const disks = written.disks.map((disk) => {
    const { label = disk.key, controller = null, mode = "unknown" } = known.get(disk.key) ?? {};
    const { transport = "", capacityBytes = 0 } = transports.get(disk.key) ?? {};
    return { ...disk, files: [...disk.files], label, controller, mode, capacityBytes, transport };
  });
  const { product, version } = connection.capabilities;
  const { config } = sourceOf(ctx);
  const manifest: ExportManifest = {
    kind: "hypersdk-export",
    version: 1,
    program: spec.program,
    source: {
      id: spec.sourceId,
      kind: config.kind,
      name: spec.sourceName,
      address: publicAddress(config.address),
      product: product === "" ? null : product,
      version: version === "" ? null : version,
    },
    machine: exportedMachine(machine),
    output: spec.output.kind,
    disks: disks.map(({ transport: _, ...disk }) => disk),
    files: [...written.files],
    leftOut,
    nics: machine.nics,
    warnings: [...session.warnings, ...written.warnings, ...missed],
    stateAt: from.stateAt,
    startedAt: new Date(from.startedAtMs).toISOString(),
    finishedAt: new Date(ctx.now()).toISOString(),
  };
  // After a crash at the very end the manifest may be there already: the attempt's own one is replaced.
  const overwrite = spec.overwrite || (await isOwnManifest(spec.manifest.path, manifest));
  await writeExportManifest({ ...spec.manifest, overwrite }, manifest);
  const folder = spec.output.kind === "ova" ? null : written.place;
  return {
    kind: "export",
    output: spec.output.kind,
    path: written.path,
    manifestPath: spec.manifest.path,
    disks: disks.map(({ key, label, files, capacityBytes, writtenBytes, transport }) => ({
      key,
      label,
      path: folder === null ? written.path : join(folder, files[0]?.name ?? ""),
      capacityBytes,
      writtenBytes,
      fileSizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      transport,
      sha256: files[0]?.sha256 ?? "",
    })),
    leftOut,
    durationMs: ctx.now() - from.startedAtMs,
    resumedFromBytes: resumedFrom(from),
  };
}

function reasonFor(wanted: readonly string[], obstacles: ExportSession["machine"]["obstacles"], key: string): string {
  const obstacle = obstacles.find(({ diskKey, severity }) => diskKey === key && severity === "blocking");
  if (obstacle !== undefined) return obstacle.message;
  return wanted.includes(key) ? "It could not be read." : "It was not asked for.";
}
