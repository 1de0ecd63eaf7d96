/** Where Swagger UI's files are: in the package when run from source, in out/api-docs (put there by the build) in the bundle. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder, or null where the build left it out. */
export function apiDocsFolder(): string | null {
  if (import.meta.url.endsWith(".ts")) {
    return dirname(fileURLToPath(import.meta.resolve("swagger-ui-dist/package.json")));
  }
  // The bundler may put this code into out/main or out/main/chunks.
  for (const up of ["..", "../.."]) {
    const folder = join(import.meta.dirname, up, "api-docs");
    if (existsSync(folder)) return folder;
  }
  return null;
}
