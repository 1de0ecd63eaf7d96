/** Files that belong to the program itself and lie beside its code. */
import { readFileSync } from "node:fs";

/**
 * All of the file `name` that lies beside the source file `from` (its import.meta.url); in a bundle, beside the bundle's main files.
 * @throws Error of the system where there is none
 */
export function readProgramFile(name: string, from: string): Uint8Array<ArrayBuffer> {
  const folder = /\/chunks\/[^/]+$/.test(from) ? "../" : "./";
  return new Uint8Array(readFileSync(new URL(`${folder}${name}`, from)));
}
