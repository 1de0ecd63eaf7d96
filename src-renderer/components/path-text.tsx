import { baseName, folderOf } from "../format/path.ts";
import { classNames } from "./class-names.ts";

/** A path in one line: when it is too long the folder is shortened, never the name. The whole path is the title. */
export function PathText({ path, className }: { path: string; className?: string }) {
  const name = baseName(path);
  const folder = folderOf(path);
  const head = path.slice(0, path.length - name.length);
  return (
    <span title={path} className={classNames("flex min-w-0 font-mono text-xs", className)}>
      {folder === "" ? null : <span className="min-w-0 truncate text-ink-3">{head}</span>}
      <span className="max-w-full shrink-0 truncate">{name}</span>
    </span>
  );
}
