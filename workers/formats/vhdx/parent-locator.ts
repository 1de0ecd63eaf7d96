/** What a differencing disk says about its parent (specification, section 2.6.2.6): keys and values in UTF-16. */
import type { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { parseGuid } from "./guid.ts";
import { problem } from "./problem.ts";
import { parentLocatorEntry, parentLocatorHeader, VHDX_LOCATOR } from "./structures.ts";

export interface ParentLocator {
  /** As a path of this system, relative to the child where the image says it so. Untrusted. */
  readonly name: string;
  /** The parent's data write GUID. */
  readonly linkage: string;
  /** Everything it says, for people. */
  readonly entries: ReadonlyMap<string, string>;
}

/** The specification defines five keys. */
const MAX_ENTRIES = 64;

/** Where to look, best first (section 2.6.2.6.3). */
const PATH_KEYS = ["relative_path", "volume_path", "absolute_win32_path"] as const;

/** @throws AppError disk.damaged, disk.unsupported */
export function parseParentLocator(source: ByteSource, bytes: Uint8Array, atBytes: number): ParentLocator {
  const refuse = (code: "disk.damaged" | "disk.unsupported", words: string): AppError =>
    problem(code, source, "VHDX parent locator", atBytes, words);
  const { locatorType, keyValueCount } = parentLocatorHeader.decode(bytes, { file: source.name, atBytes });
  if (locatorType !== VHDX_LOCATOR) throw refuse("disk.unsupported", `is of the unknown kind ${locatorType}`);
  if (keyValueCount > MAX_ENTRIES) throw refuse("disk.damaged", `claims ${keyValueCount} entries`);
  const text = (offset: number, length: number): string => {
    if (length % 2 !== 0 || offset + length > bytes.length) throw refuse("disk.damaged", "has a text outside itself");
    return Buffer.from(bytes.buffer, bytes.byteOffset + offset, length).toString("utf16le");
  };
  const entries = new Map<string, string>();
  for (let index = 0; index < keyValueCount; index++) {
    const at = parentLocatorHeader.sizeBytes + index * parentLocatorEntry.sizeBytes;
    const entry = parentLocatorEntry.decode(bytes.subarray(at), { file: source.name, atBytes: atBytes + at });
    entries.set(text(entry.keyOffset, entry.keyLength), text(entry.valueOffset, entry.valueLength));
  }
  const linkage = parseGuid(entries.get("parent_linkage") ?? "");
  if (linkage === null) throw refuse("disk.damaged", "has no parent_linkage, or one that is no GUID");
  const path = PATH_KEYS.map((key) => entries.get(key)).find((value) => value);
  if (!path) throw refuse("disk.damaged", "names no file");
  return { name: entries.get("relative_path") ? path.replaceAll("\\", "/") : lastPart(path), linkage, entries };
}

/** A path with a drive or volume means nothing here: what is left is the file's name, to be looked for beside the child. */
function lastPart(windowsPath: string): string {
  return windowsPath.slice(windowsPath.lastIndexOf("\\") + 1);
}
