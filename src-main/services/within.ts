/** Whether one path lies inside another, on text alone: hand in real paths. */
import { isAbsolute, relative, sep } from "node:path";

/** True where `path` is `folder` itself or lies anywhere below it. Both absolute and free of links. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
