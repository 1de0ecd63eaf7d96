/**
 * A package as a folder (DSP0243, "OVF package structure"). Disks may be written at the same time. All files have unfinished names in
 * the folder until everything is complete; the descriptor, which makes a machine of them, gets its name last.
 */
import { join } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { ByteTarget } from "../io/byte-source.ts";
import {
  makeFolder,
  removeEmptyFolder,
  removeFile,
  renameDurably,
  renameWithoutReplacing,
  writeSmallFile,
} from "../io/folder.ts";
import { assertFinished } from "./finished-file.ts";
import { type Begun, begin } from "./package-begin.ts";
import { packageContent } from "./package-content.ts";
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
 * Begins an OVF in the folder `place.path`, which is made when it is not there (its parent must be), or goes on from the `state` of
 * an earlier attempt.
 * @throws AppError target.exists, target.read-only, path.*, io.*; with `resume` state.conflict, disk.truncated, path.not-found where
 *   the unfinished files are not what the state was made of: begin anew then
 */
export async function createOvfFolder(
  plan: PackagePlan,
  place: PackagePlace,
  resume: Record<string, unknown> | null,
  files: PackageFiles = REAL_FILES,
): Promise<PackageWriter> {
  const begun = await begin("ovf", plan, place, resume);
  const { names } = begun;
  const all = [names.descriptor, names.manifest, ...names.disks];
  const places = all.map((name, index) => ({
    partialPath: `${place.partialPath}.${index}`,
    path: join(place.path, name),
  }));
  let givenBack = 0;
  for (const { fileName, fileSizeBytes, sha256 } of begun.finished) {
    const place = placeOf(places, all.indexOf(fileName));
    if (await assertFinished({ sizeBytes: fileSizeBytes, sha256 }, place)) givenBack += 1;
  }
  // Descriptor and manifest get their names after all disks: beside these very disks they are the earlier attempt's.
  if (givenBack > 0 && givenBack === plan.disks.length) {
    for (const { path } of places.slice(0, FIRST_DISK)) await removeFile(path);
  }
  for (const { path } of places) assertFree(path, place.overwrite);
  const madeFolder = (await makeFolder(place.path)) || begun.madeFolder;
  return new FolderWriter(plan, place, { ...begun, madeFolder }, places, files);
}

function placeOf(places: readonly Place[], index: number): Place {
  const place = places[index];
  if (place === undefined) throw new AppError("internal.bug", `a package without a file ${index}`);
  return place;
}

type Place = PackageWriter["places"][number];
/** Places of the descriptor and the manifest come before those of the disks. */
const FIRST_DISK = 2;

class FolderWriter implements PackageWriter {
  readonly disksAtOnce = true;
  readonly places: readonly Place[];
  readonly #plan: PackagePlan;
  readonly #place: PackagePlace;
  readonly #begun: Begun;
  readonly #files: PackageFiles;
  readonly #finished: PackagedDisk[];
  readonly #open = new Map<string, ByteTarget>();
  #done = false;

  constructor(plan: PackagePlan, place: PackagePlace, begun: Begun, places: readonly Place[], files: PackageFiles) {
    this.#plan = plan;
    this.#place = place;
    this.#begun = begun;
    this.#finished = [...begun.finished];
    this.places = places;
    this.#files = files;
  }

  get state(): Record<string, unknown> {
    const { startedAtMs, madeFolder } = this.#begun;
    return { kind: "ovf", startedAtMs, madeFolder, digest: this.#plan.digest, finished: [...this.#finished] };
  }

  get finished(): readonly PackagedDisk[] {
    return [...this.#finished];
  }

  fileName(key: string): string {
    return this.#begun.names.disks[diskIndex(this.#plan, key)] ?? "";
  }

  async openDisk(key: string, goOn: boolean): Promise<ByteTarget> {
    const { partialPath } = placeOf(this.places, FIRST_DISK + diskIndex(this.#plan, key));
    if (this.#open.has(key) || this.#finished.some((disk) => disk.key === key)) {
      throw new AppError("internal.bug", `${this.#place.path}: disk ${key} is open or complete`);
    }
    if (!goOn) await removeFile(partialPath);
    const file = goOn ? await this.#files.reopen(partialPath) : await this.#files.create(partialPath);
    this.#open.set(key, file);
    return { ...file, async close() {} };
  }

  async finishDisk(
    key: string,
    { fileSizeBytes, writtenBytes }: Parameters<PackageWriter["finishDisk"]>[1],
    hooks: Parameters<PackageWriter["finishDisk"]>[2],
  ): Promise<PackagedDisk> {
    const file = this.#open.get(key);
    if (file === undefined) throw new AppError("internal.bug", `${this.#place.path}: disk ${key} is not open`);
    await file.sync();
    const sums = await sumsOf((offset, into) => file.read(offset, into), fileSizeBytes, this.#plan.digest, hooks);
    await file.close();
    this.#open.delete(key);
    const disk = { key, fileName: this.fileName(key), fileSizeBytes, writtenBytes, ...sums };
    this.#finished.push(disk);
    return disk;
  }

  async finish(): Promise<Awaited<ReturnType<PackageWriter["finish"]>>> {
    const { descriptor, manifest, files, warnings } = packageContent(
      this.#plan,
      this.#begun.names,
      this.#finished,
      null,
    );
    await writeSmallFile(placeOf(this.places, 0).partialPath, descriptor);
    await writeSmallFile(placeOf(this.places, 1).partialPath, manifest);
    const { overwrite, path } = this.#place;
    for (const place of this.places) assertFree(place.path, overwrite);
    // An old description must not stand beside new disks, were this to end halfway.
    if (overwrite) for (const place of this.places.slice(0, FIRST_DISK)) await removeFile(place.path);
    const named: string[] = [];
    try {
      for (const place of this.places.toReversed()) {
        if (overwrite) await renameDurably(place.partialPath, place.path);
        else await renameWithoutReplacing(place.partialPath, place.path);
        named.push(place.path);
      }
    } catch (error) {
      for (const one of named) await removeFile(one);
      throw error;
    }
    this.#done = true;
    const disks = this.#plan.disks.flatMap(({ key }) => this.#finished.filter((disk) => disk.key === key));
    return { path, files, disks, warnings };
  }

  async close(keep: boolean): Promise<void> {
    for (const file of this.#open.values()) await file.close();
    this.#open.clear();
    if (this.#done || keep) return;
    for (const { partialPath } of this.places) await removeFile(partialPath);
    if (this.#begun.madeFolder) await removeEmptyFolder(this.#place.path);
  }
}
