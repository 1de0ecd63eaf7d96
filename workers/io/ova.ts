/** Members of an OVA as files: found by name, opened as windows that share the archive's identity and changes. */
import { posix } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import { type OvaPath, ovaMemberPath } from "../../src-core/model/ova-path.ts";
import { type FileSource, openFileSource } from "./file.ts";
import { listTar, type TarMember, tarWindow } from "./tar.ts";

/** What is in an OVA. @throws AppError as openFileSource and listTar */
export async function listOva(archivePath: string): Promise<TarMember[]> {
  const archive = await openFileSource(archivePath);
  try {
    return await listTar(archive);
  } finally {
    await archive.close();
  }
}

/**
 * Opens one member for reading.
 * @throws AppError path.not-found when the archive has no such member, disk.unsupported for one that is stored in a way that is not
 *   read in place; as openFileSource and listTar
 */
export async function openOvaMember({ archivePath, member: wanted }: OvaPath): Promise<FileSource> {
  const archive = await openFileSource(archivePath);
  try {
    const member = (await listTar(archive)).find(({ name }) => name === wanted);
    const path = ovaMemberPath({ archivePath, member: wanted });
    const details = { file: path };
    if (member === undefined) {
      throw new AppError("path.not-found", `${archivePath} has no member called ${wanted}.`, { details });
    }
    if (member.problem !== null) throw new AppError("disk.unsupported", `${path}: ${member.problem}`, { details });
    const { ranges } = archive;
    return {
      ...tarWindow(archive, member, path),
      ...(ranges === undefined ? {} : { ranges: (start, length) => shifted(ranges, member.startBytes, start, length) }),
      identity: archive.identity,
      modifiedAtMs: archive.modifiedAtMs,
      within: { archivePath, member: wanted },
      assertUnchanged: () => archive.assertUnchanged(),
    };
  } catch (error) {
    await archive.close();
    throw error;
  }
}

/**
 * What a name inside `from` (a description, a disk) means: another member of the same archive, seen from its folder.
 * @throws AppError path.outside when it leads out of the archive
 */
export function ovaSibling(from: OvaPath, name: string): OvaPath {
  const member = posix.normalize(posix.join(posix.dirname(from.member), name.replaceAll("\\", "/")));
  if (name === "" || name.includes("\0") || /^[\\/]|^[a-z]:/i.test(name) || /^\.\.?(\/|$)/.test(member)) {
    throw new AppError(
      "path.outside",
      `The name ${JSON.stringify(name.slice(0, 200))} leads out of ${from.archivePath}.`,
      {
        hint: "A disk in an OVA may name other members of that OVA only.",
        details: { file: from.archivePath, named: name.slice(0, 200) },
      },
    );
  }
  return { archivePath: from.archivePath, member };
}

async function* shifted(
  ranges: NonNullable<FileSource["ranges"]>,
  byBytes: number,
  start: number,
  length: number,
): ReturnType<NonNullable<FileSource["ranges"]>> {
  for await (const range of ranges(byBytes + start, length)) yield { ...range, start: range.start - byBytes };
}
