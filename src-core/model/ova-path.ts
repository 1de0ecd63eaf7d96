/**
 * How a disk inside an OVA is called: by the archive's path with the member's name behind it, `/srv/vm/app.ova/disk1.vmdk`. An
 * archive is a file and so has nothing below it: such a path can never mean anything else. Pure text; whoever holds it asks the
 * file system which part is the archive.
 */

/** A path taken apart. */
export interface OvaPath {
  readonly archivePath: string;
  /** The member's name, with forward slashes. */
  readonly member: string;
}

/** The ways in which `path` may name a member of an OVA, outermost archive first; none for other paths. */
export function ovaPathsIn(path: string): OvaPath[] {
  return [...path.matchAll(/\.ova[\\/]+(?=[^\\/])/gi)].map(({ index, 0: match }) => ({
    archivePath: path.slice(0, index + ".ova".length),
    member: path.slice(index + match.length).replaceAll("\\", "/"),
  }));
}

/** The path of a member. */
export function ovaMemberPath({ archivePath, member }: OvaPath): string {
  return `${archivePath}/${member}`;
}
