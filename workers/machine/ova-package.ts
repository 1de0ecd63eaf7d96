/**
 * A package as one archive (OVA: DSP0243, "Distribution as a single file"): descriptor, manifest, disks in this order, written in place
 * by tar-target.ts. Disks come one after the other; nothing is written twice or copied.
 */
import { AppError } from "../../src-core/model/error.ts";
import type { ByteTarget } from "../io/byte-source.ts";
import { isPlainFile, removeFile, renameDurably, renameWithoutReplacing } from "../io/folder.ts";
import { listOva } from "../io/ova.ts";
import type { TarMember } from "../io/tar.ts";
import { createTarTarget, type TarTarget } from "../io/tar-target.ts";
import { type Begun, begin } from "./package-begin.ts";
import { contentLimits, packageContent } from "./package-content.ts";
import {
  assertFree,
  diskIndex,
  type PackagedDisk,
  type PackageFiles,
  type PackagePlace,
  type PackagePlan,
  type PackageWriter,
  REAL_FILES,
  sumsOf,
} from "./package-writer.ts";

/**
 * Begins an OVA, or goes on from the `state` of an earlier attempt.
 * @throws AppError target.exists, target.no-space, target.read-only, target.unsupported, path.*, io.*; with `resume` state.conflict,
 *   disk.truncated, path.not-found where the unfinished file is not what the state was made of: begin anew then
 */
export async function createOvaTarget(
  plan: PackagePlan,
  place: PackagePlace,
  resume: Record<string, unknown> | null,
  files: PackageFiles = REAL_FILES,
): Promise<PackageWriter> {
  const begun = await begin("ova", plan, place, resume);
  const { names, startedAtMs } = begun;
  await takeBack(plan, place, begun);
  assertFree(place.path, place.overwrite);
  const limits = contentLimits(plan, names);
  const front = [
    { name: names.descriptor, sizeBytes: limits.descriptorBytes },
    { name: names.manifest, sizeBytes: limits.manifestBytes },
  ];
  const { partialPath } = place;
  if (resume === null) await removeFile(partialPath);
  const file = resume === null ? await files.create(partialPath) : await files.reopen(partialPath);
  try {
    const sealed = begun.finished.map(({ fileName, fileSizeBytes }) => ({ name: fileName, sizeBytes: fileSizeBytes }));
    const tar = await createTarTarget(file, { front, modifiedAtMs: startedAtMs }, sealed);
    return ovaWriter(plan, place, begun, file, tar, limits.descriptorBytes);
  } catch (error) {
    await file.close();
    if (resume === null) await removeFile(partialPath);
    throw error;
  }
}

/**
 * The program ended between the last step and the word that it was done: the whole archive has its name already. It is given its
 * unfinished one again instead of being made anew.
 */
async function takeBack(
  { disks }: PackagePlan,
  { path, partialPath }: PackagePlace,
  { names, finished }: Begun,
): Promise<void> {
  if (finished.length < disks.length || finished.length === 0 || isPlainFile(partialPath) || !isPlainFile(path)) return;
  const members = await membersOf(path);
  const own = [names.descriptor, names.manifest, ...finished.map(({ fileName }) => fileName)];
  const fits = members.every(
    ({ name, sizeBytes }, index) =>
      name === own[index] && (finished[index - 2]?.fileSizeBytes ?? sizeBytes) === sizeBytes,
  );
  if (fits && members.length === own.length) await renameDurably(path, partialPath);
}

/** None where there is no archive that can be read. */
async function membersOf(path: string): Promise<readonly TarMember[]> {
  try {
    return (await listOva(path)).members;
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

function ovaWriter(
  plan: PackagePlan,
  { path, partialPath, overwrite }: PackagePlace,
  { names, startedAtMs, finished: earlier }: Begun,
  file: ByteTarget,
  tar: TarTarget,
  descriptorBytes: number,
): PackageWriter {
  const finished: PackagedDisk[] = [...earlier];
  let open: string | null = null;
  let done = false;

  return {
    disksAtOnce: false,
    places: [{ partialPath, path }],
    get state() {
      return { kind: "ova", startedAtMs, madeFolder: false, digest: plan.digest, finished: [...finished] };
    },
    get finished() {
      return [...finished];
    },
    fileName: (key) => names.disks[diskIndex(plan, key)] ?? "",
    async openDisk(key, goOn) {
      const index = diskIndex(plan, key);
      if (open !== null || index !== finished.length) {
        throw new AppError("internal.bug", `${path}: disk ${key} is not the next one`);
      }
      const target = tar.begin(names.disks[index] ?? "");
      open = key;
      if (!goOn) await target.resize(0);
      return target;
    },
    async finishDisk(key, { fileSizeBytes, writtenBytes }, hooks) {
      if (open !== key) throw new AppError("internal.bug", `${path}: disk ${key} is not open`);
      const index = finished.length;
      await tar.seal(fileSizeBytes);
      const read = (offset: number, into: Uint8Array) => tar.read(index, offset, into);
      const sums = await sumsOf(read, fileSizeBytes, plan.digest, hooks);
      const disk = { key, fileName: names.disks[index] ?? "", fileSizeBytes, writtenBytes, ...sums };
      finished.push(disk);
      open = null;
      return disk;
    },
    async finish() {
      const { descriptor, manifest, files, warnings } = packageContent(plan, names, finished, descriptorBytes);
      await tar.finish([descriptor, manifest]);
      await file.close();
      assertFree(path, overwrite);
      if (overwrite) await renameDurably(partialPath, path);
      else await renameWithoutReplacing(partialPath, path);
      done = true;
      return { path, files, disks: [...finished], warnings };
    },
    async close(keep) {
      await file.close();
      if (!done && !keep) await removeFile(partialPath);
    },
  };
}
