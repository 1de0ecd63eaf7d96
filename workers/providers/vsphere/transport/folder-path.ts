/** Files of datastores, as the server writes them and as `/folder` takes them. */

export interface DatastoreFile {
  readonly datastore: string;
  /** Within the datastore, with `/`. */
  readonly path: string;
}

/** "[store] folder/disk.vmdk"; null for what is none. */
export function datastoreFile(text: string): DatastoreFile | null {
  const found = /^\[([^\]]+)\] ?(.+)$/.exec(text);
  return found?.[1] && found[2] ? { datastore: found[1], path: found[2] } : null;
}

/** The file with the data of a flat disk, by the name of its descriptor; null for what is no descriptor. */
export function flatFile(descriptor: string): string | null {
  return /\.vmdk$/i.test(descriptor) ? descriptor.replace(/\.vmdk$/i, "-flat.vmdk") : null;
}

/**
 * Paths with queries to ask for, in the order to try them: names encoded once, and where that makes a difference twice, as servers
 * are said to want it whose names have characters that must be escaped.
 * @param datacenterPath inventory path, names as the server writes them; null = a host of its own
 */
export function folderPaths(file: DatastoreFile, datacenterPath: string | null): string[] {
  const path = file.path.split("/").map(encodeURIComponent).join("/");
  const make = (encode: (text: string) => string) => {
    const query = [
      ...(datacenterPath === null ? [] : [`dcPath=${encode(datacenterPath)}`]),
      `dsName=${encode(file.datastore)}`,
    ];
    return `/folder/${path}?${query.join("&")}`;
  };
  return [...new Set([make(encodeURIComponent), make((text) => encodeURIComponent(encodeURIComponent(text)))])];
}
