/** The certificate and key of a port that is open beyond this computer. */
import { readFileSync } from "node:fs";
import { pathError } from "./path-error.ts";

/** Reads both PEM files. @throws AppError path.not-found, path.denied */
export function readTlsFiles(certFile: string, keyFile: string): { cert: string; key: string } {
  const read = (file: string) => {
    try {
      return readFileSync(file, "utf8");
    } catch (thrown) {
      throw pathError(thrown, file);
    }
  };
  return { cert: read(certFile), key: read(keyFile) };
}
