/** Where the built pages are: out/renderer, beside out/main in the bundle and below the repository when run from source. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder, or null where the pages were not built. */
export function webRootFolder(): string | null {
  const ups = import.meta.url.endsWith(".ts") ? ["../../out"] : ["..", "../.."];
  for (const up of ups) {
    const folder = join(import.meta.dirname, up, "renderer");
    if (existsSync(join(folder, "index.html"))) return folder;
  }
  return null;
}
