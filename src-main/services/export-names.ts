/** The files that the export of one machine makes. */
import { basename, dirname, join } from "node:path";
import type { ExportOptions } from "../../src-core/model/export.ts";
import { exportManifestName } from "../../src-core/model/export-manifest.ts";
import { packageFileNames } from "../../src-core/model/package-names.ts";
import type { SystemService } from "./system.ts";

export interface ExportFiles {
  /** Where everything lies. */
  readonly folder: string;
  /** The .ova, or the folder of an OVF; of disks alone the folder. */
  readonly package: string;
  /** Main file of each disk, where it is a file of its own. */
  readonly disks: readonly { readonly key: string; readonly path: string }[];
  /** The disk's main file that a file belongs to. */
  readonly targetOf: ReadonlyMap<string, string>;
  readonly manifest: string;
  /** All of them, the one to look for first. */
  readonly all: readonly string[];
}

/** @param name as `packageStem` gives it. @param keys of the disks, in order */
export async function exportFiles(
  system: Pick<SystemService, "formats" | "companions">,
  { output, folder }: Pick<ExportOptions, "output" | "folder">,
  name: string,
  keys: readonly string[],
): Promise<ExportFiles> {
  const none = { disks: [], targetOf: new Map<string, string>() };
  if (output.kind === "ova") {
    const path = join(folder, `${name}.ova`);
    const manifest = join(folder, exportManifestName(basename(path)));
    return { folder, package: path, ...none, manifest, all: [path, manifest] };
  }
  if (output.kind === "ovf") {
    const path = join(folder, name);
    const { descriptor, manifest: sums, disks } = packageFileNames(name, keys.length);
    const manifest = join(path, exportManifestName(descriptor));
    const all = [...[descriptor, sums, ...disks].map((file) => join(path, file)), manifest];
    return { folder, package: path, ...none, manifest, all };
  }
  const format = (await system.formats()).find(({ id }) => id === output.format);
  const subformat = output.options.subformat ?? format?.variants[0]?.id ?? "";
  const extension = format?.extensions[0] ?? output.format;
  const targetOf = new Map<string, string>();
  const disks = [];
  for (const [index, key] of keys.entries()) {
    const path = join(folder, `${name}-disk${index + 1}.${extension}`);
    disks.push({ key, path });
    const companions = await system.companions(output.format, subformat, basename(path));
    for (const file of [path, ...companions.map((one) => join(dirname(path), one))]) targetOf.set(file, path);
  }
  const manifest = join(folder, exportManifestName(name));
  return { folder, package: folder, disks, targetOf, manifest, all: [...targetOf.keys(), manifest] };
}
