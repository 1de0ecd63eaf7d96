/**
 * A target on the command line: `PATH[,key=value…]`. What stands after the path is for this target alone and goes before the
 * options of the command, which are for all. A comma belongs to the path unless one of the keys below follows it.
 */
import { extname } from "node:path";
import { InvalidArgumentError } from "commander";
import type { FormatId, FormatInfo } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { TargetRequest } from "../../src-core/model/run.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import { FORMAT_IDS, wordOf } from "../../src-core/model/words.ts";
import { parseCompression, parsePreallocation, parseSize } from "./options.ts";

/** A target as it was typed: the path not resolved, the format perhaps left to the extension. */
export interface TargetArgument {
  readonly path: string;
  readonly format?: FormatId;
  readonly options: TargetOptions;
  readonly overwrite?: boolean;
}

type Change = Omit<TargetArgument, "path" | "options"> & { readonly options?: TargetOptions };

/** What each key does with its value. */
const KEYS: Readonly<Record<string, (value: string) => Change>> = {
  format: (value) => ({ format: formatOf(value) }),
  subformat: (value) => ({ options: { subformat: value } }),
  block: (value) => ({ options: { blockBytes: parseSize(value) } }),
  sector: (value) => ({ options: { sectorBytes: parseSize(value) } }),
  compress: (value) => ({ options: { compression: parseCompression(value) } }),
  preallocation: (value) => ({ options: { preallocation: parsePreallocation(value) } }),
  resize: (value) => ({ options: { virtualSizeBytes: parseSize(value) } }),
  backing: (value) => ({ options: { backingPath: value } }),
  overwrite: (value) => ({ overwrite: switchOf(value) }),
};

/** For help texts. */
export const TARGET_KEYS = Object.keys(KEYS).join(", ");

const SEPARATOR = new RegExp(`,(?=(?:${Object.keys(KEYS).join("|")})=)`);

/** @throws AppError usage.invalid */
export function parseTarget(text: string): TargetArgument {
  const [path = "", ...pairs] = text.split(SEPARATOR);
  let target: TargetArgument = { path, options: {} };
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const [key, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const change = changeOf(key, value);
    target = { ...target, ...change, options: { ...target.options, ...change.options } };
  }
  return target;
}

/** @throws AppError usage.invalid */
function changeOf(key: string, value: string): Change {
  try {
    return KEYS[key]?.(value) ?? {};
  } catch (thrown) {
    if (!(thrown instanceof InvalidArgumentError)) throw thrown;
    throw new AppError("usage.invalid", `${key}=${value}: ${thrown.message}`);
  }
}

/** Keys that say how a disk is written, and nothing of where or how large. */
export const WRITING_KEYS = ["subformat", "block", "sector", "compress", "preallocation"] as const;

/** Options of all disks that are made, each `key=value` with one of {@link WRITING_KEYS}. @throws AppError usage.invalid */
export function parseWritingOptions(pairs: readonly string[]): TargetOptions {
  let options: TargetOptions = {};
  for (const pair of pairs) {
    const key = wordOf(WRITING_KEYS, pair.split("=", 1)[0]);
    const value = pair.slice((key?.length ?? 0) + 1);
    if (key === null || value === "") {
      throw new AppError("usage.invalid", `--option takes KEY=VALUE with one of ${WRITING_KEYS.join(", ")}: ${pair}`);
    }
    options = { ...options, ...changeOf(key, value).options };
  }
  return options;
}

/**
 * The target a typed one means, with the options for all of them filled in.
 * @param resolve makes paths absolute
 * @throws AppError usage.invalid when nothing says which format to write
 */
export function requestOf(
  typed: TargetArgument,
  common: { readonly format?: FormatId | undefined; readonly options: TargetOptions; readonly overwrite: boolean },
  formats: readonly FormatInfo[],
  resolve: (path: string) => string,
): TargetRequest {
  const path = resolve(typed.path);
  const options = { ...common.options, ...typed.options };
  const parent = options.backingPath === undefined ? {} : { backingPath: resolve(options.backingPath) };
  return {
    path,
    format: typed.format ?? common.format ?? formatByExtension(path, formats),
    options: { ...options, ...parent },
    overwrite: typed.overwrite ?? common.overwrite,
  };
}

/** The writable format whose files are called like the target. @throws AppError usage.invalid */
function formatByExtension(path: string, formats: readonly FormatInfo[]): FormatId {
  const extension = extname(path).slice(1).toLowerCase();
  const writable = formats.filter(({ can }) => can.write);
  const found = writable.find(({ extensions }) => extensions.includes(extension));
  if (found !== undefined) return found.id;
  throw new AppError("usage.invalid", `The target's name does not say which format to write: ${path}.`, {
    hint: `Add --to with one of: ${writable.map(({ id }) => id).join(", ")}.`,
  });
}

function formatOf(text: string): FormatId {
  const format = wordOf(FORMAT_IDS, text);
  if (format !== null) return format;
  throw new InvalidArgumentError(`Allowed choices are ${FORMAT_IDS.join(", ")}.`);
}

function switchOf(text: string): boolean {
  if (text === "yes" || text === "no") return text === "yes";
  throw new InvalidArgumentError("Say yes or no.");
}
