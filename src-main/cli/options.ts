/** Options several commands share, and parsers of their values. A value that does not parse is a usage error (exit code 2). */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { TargetOptions } from "../../src-core/model/target.ts";
import type { CompareMode, VerifyMode } from "../../src-core/model/task.ts";
import { COMPRESSION_METHODS, FORMAT_IDS, wordOf } from "../../src-core/model/words.ts";

/** Share of the disk that `--verify sample` compares. */
const SAMPLE_PERCENT = 2;

export function jsonOption(): Option {
  return new Option("--json", 'print JSON lines only; the last is of type "result" or "error"');
}

export function dataDirOption(): Option {
  return new Option(
    "--data-dir <dir>",
    "data folder of the program (default: HYPERSDK_DATA_DIR, else the account's own)",
  );
}

export function formatOption(flags: string, text: string): Option {
  return new Option(flags, text).choices(FORMAT_IDS);
}

/** Folders besides the disk's own where its parents and extents may lie. */
export function allowOption(): Option {
  return new Option("--allow <dir...>", "also open parent and extent files in these folders");
}

/** A subcommand with the options all commands of a running program have. */
export function programCommand(parent: Command, nameAndArgs: string, text: string): Command {
  return parent.command(nameAndArgs).description(text).addOption(dataDirOption()).addOption(jsonOption());
}

/** Chooses the place of a sample. */
export function newSeed(): number {
  // Not imported above: it takes milliseconds to read, and few commands take a sample.
  return process.getBuiltinModule("node:crypto").randomInt(0x1_0000_0000);
}

/** What "--sample" takes: a percentage of the chunks that hold data. */
export function parseSample(text: string, seed: () => number): CompareMode {
  const percent = Number(/^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1]);
  if (!(percent > 0 && percent <= 100)) throw new InvalidArgumentError("Give a percentage above 0, up to 100.");
  return { mode: "sample", fraction: percent / 100, seed: seed() };
}

/** What "--verify" takes: full, sample, sample=PERCENT, none. The sample's place is chosen by `seed`. */
export function parseVerify(text: string, seed: () => number): VerifyMode {
  if (text === "full" || text === "none") return { mode: text };
  const match = /^sample(?:=(\d+(?:\.\d+)?)%?)?$/.exec(text);
  const percent = Number(match?.[1] ?? SAMPLE_PERCENT);
  if (match === null || !(percent > 0 && percent <= 100)) {
    throw new InvalidArgumentError("Say full, sample, sample=PERCENT (above 0, up to 100) or none.");
  }
  return { mode: "sample", fraction: percent / 100, seed: seed() };
}

/** A size in bytes: "512", "64K", "1.5G", "2TiB". Units are binary. @throws InvalidArgumentError, so a usage error */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  const power = "KMGT".indexOf((match?.[2] ?? "").toUpperCase() || " ") + 1;
  const bytes = Math.round(Number(match?.[1]) * 1024 ** power);
  if (match !== null && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError("Give a size such as 65536, 64K, 1.5G or 2T.");
}

/** A speed in bytes a second: "50M" or "50M/s". */
export function parseRate(text: string): number {
  const bytes = parseSize(text.replace(/\/s$/, ""));
  if (bytes >= 1024) return bytes;
  throw new InvalidArgumentError("Give a speed of at least 1K a second, such as 50M.");
}

/** "zstd", "zlib:9", "none". */
export function parseCompression(text: string): NonNullable<TargetOptions["compression"]> {
  const match = /^([a-z]+)(?::(\d+))?$/.exec(text);
  const method = wordOf(COMPRESSION_METHODS, match?.[1]);
  if (match === null || method === null) {
    throw new InvalidArgumentError("Say none, zlib or zstd, with a level after a colon if you like: zstd:9.");
  }
  return { method, ...(match[2] === undefined ? {} : { level: Number(match[2]) }) };
}

/** "off" or "metadata". */
export function parsePreallocation(text: string): "off" | "metadata" {
  if (text === "off" || text === "metadata") return text;
  throw new InvalidArgumentError("Say off or metadata.");
}

/** A whole number from `least` to `most`. */
export function parseWhole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}
