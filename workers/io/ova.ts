/** Members of an OVA as files: found by name, opened as windows that share the archive's identity and changes. */
import { posix } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import { type OvaPath, ovaMemberPath } from "../../src-core/model/ova-path.ts";
import { type FileSource, openFileSource } from "./file.ts";
import { listTar, type TarListing, tarWindow } from "./tar.ts";

/** Lists an OVA. @throws AppError as openFileSource and listTar */
export async function listOva(archivePath: string): Promise<TarListing> {
  const archive = await openFileSource(archivePath);
  try {
    return { archivePath, members: await listTar(archive), stamp: stampOf(archive) };
  } finally {
    await archive.close();
  }
}

/** Opens a disk inside an OVA by its path. @throws AppError as openFileSource, listTar and openOvaMember */
export async function openInOva({ archivePath, member }: OvaPath): Promise<FileSource> {
  return openOvaMember(await listOva(archivePath), member);
}

/**
 * Opens one member for reading.
 * @throws AppError path.not-found when the archive has no such member, disk.unsupported for one that is stored in a way that is not
 *   read in place, disk.in-use when the archive is another than the one that was listed; as openFileSource
 */
export async function openOvaMember(listing: TarListing, wanted: string): Promise<FileSource> {
  const { archivePath } = listing;
  const member = listing.members.find(({ name }) => name === wanted);
  const path = ovaMemberPath({ archivePath, member: wanted });
  const details = { file: path };
  if (member === undefined) {
    throw new AppError("path.not-found", `${archivePath} has no member called ${wanted}.`, { details });
  }
  if (member.problem !== null) throw new AppError("disk.unsupported", `${path}: ${member.problem}`, { details });
  const archive = await openFileSource(archivePath);
  if (stampOf(archive) !== listing.stamp) {
    await archive.close();
    throw new AppError("disk.in-use", `${archivePath} changed while it was read`, { details });
  }
  const { ranges } = archive;
  return {
    ...tarWindow(archive, member, path),
    ...(ranges === undefined ? {} : { ranges: (start, length) => shifted(ranges, member.startBytes, start, length) }),
    identity: archive.identity,
    modifiedAtMs: archive.modifiedAtMs,
    within: { listing, member: wanted },
    assertUnchanged: () => archive.assertUnchanged(),
  };
}

function stampOf({ identity, sizeBytes, modifiedAtMs }: FileSource): string {
  return `${identity.device}:${identity.inode} ${sizeBytes} ${modifiedAtMs}`;
}

/**
 * Which member a name inside another one (a description, a disk) means, seen from that one's folder.
 * @throws AppError path.outside when it leads out of the archive
 */
export function ovaSibling({ archivePath, member: from }: OvaPath, name: string): string {
  const member = posix.normalize(posix.join(posix.dirname(from), name.replaceAll("\\", "/")));
  if (name === "" || name.includes("\0") || /^[\\/]|^[a-z]:/i.test(name) || /^\.\.?(\/|$)/.test(member)) {
    throw new AppError("path.outside", `The name ${JSON.stringify(name.slice(0, 200))} leads out of ${archivePath}.`, {
      hint: "A disk in an OVA may name other members of that OVA only.",
      details: { file: archivePath, named: name.slice(0, 200) },
    });
  }
  return member;
}

async function* shifted(
  ranges: NonNullable<FileSource["ranges"]>,
  byBytes: number,
  start: number,
  length: number,
): ReturnType<NonNullable<FileSource["ranges"]>> {
  for await (const range of ranges(byBytes + start, length)) yield { ...range, start: range.start - byBytes };
}
