/** Where the shipped price book is: resources/prices when run from source, out/prices (put there by the build) in the bundle. */
import { existsSync } from "node:fs";
import { join } from "node:path";

export const SHIPPED_BOOK = "price-book.json";

/** The folder. Where the build left it out, what reads the book says that it is missing. */
export function pricesFolder(): string {
  if (import.meta.url.endsWith(".ts")) return join(import.meta.dirname, "../../resources/prices");
  // The bundler may put this code into out/main or out/main/chunks.
  const folders = ["..", "../.."].map((up) => join(import.meta.dirname, up, "prices"));
  return folders.find((folder) => existsSync(join(folder, SHIPPED_BOOK))) ?? join(import.meta.dirname, "../prices");
}
