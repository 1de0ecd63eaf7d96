/** Paths of the computer the engine runs on, which may be another system than the browser's: both separators count. */

function lastSeparator(path: string): number {
  return Math.max(path.lastIndexOf("/"), windowsLike(path) ? path.lastIndexOf("\\") : -1);
}

function windowsLike(path: string): boolean {
  return /^[a-z]:[\\/]/i.test(path) || path.startsWith("\\\\");
}

/** "/vm/web01/disk.vmdk" → "disk.vmdk". */
export function baseName(path: string): string {
  return path.slice(lastSeparator(path) + 1);
}

/** "/vm/web01/disk.vmdk" → "/vm/web01"; the root stays "/". */
export function folderOf(path: string): string {
  const cut = lastSeparator(path);
  if (cut < 0) return "";
  if (cut === 0) return path.slice(0, 1);
  return windowsLike(path) && cut === 2 ? path.slice(0, 3) : path.slice(0, cut);
}

/** Folder and name as one path, with the folder's own separator. */
export function joinPath(folder: string, name: string): string {
  if (folder === "") return name;
  const separator = windowsLike(folder) && !folder.includes("/") ? "\\" : "/";
  return /[\\/]$/.test(folder) && lastSeparator(folder) === folder.length - 1
    ? `${folder}${name}`
    : `${folder}${separator}${name}`;
}

/** "web01.tar.gz" with "qcow2" → "web01.tar.qcow2"; a name without extension gains one. */
export function withExtension(name: string, extension: string): string {
  const dot = name.lastIndexOf(".");
  return `${dot > 0 ? name.slice(0, dot) : name}.${extension}`;
}
