/** A small JSON file whose loss is no loss (window place and the like): unreadable is as good as missing. */
import { readFileSync } from "node:fs";
import { writeOwnerFile } from "./owner-file.ts";

/** What the file says, or null where it is missing or no JSON. The caller parses it. */
export function readSmallJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** Replaces the file. @throws as node:fs does */
export function writeSmallJson(file: string, value: unknown): void {
  writeOwnerFile(file, `${JSON.stringify(value)}\n`);
}
