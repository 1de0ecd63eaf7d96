/** Options several commands share, and parsers of their values. A value that does not parse is a usage error (exit code 2). */
import { type Command, InvalidArgumentError, Option } from "commander";
import { FormatId } from "../../src-core/model/disk.ts";
import type { VerifyMode } from "../../src-core/model/task.ts";

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
  return new Option(flags, text).choices(FormatId.options);
}

/** Folders besides the disk's own where its parents and extents may lie. */
export function allowOption(): Option {
  return new Option("--allow <dir...>", "also open parent and extent files in these folders");
}

/** A subcommand with the options all commands of a running program have. */
export function programCommand(parent: Command, nameAndArgs: string, text: string): Command {
  return parent.command(nameAndArgs).description(text).addOption(dataDirOption()).addOption(jsonOption());
}

/** What "--verify" takes: full, sample, sample=PERCENT, none. The sample's place is chosen by `seed`. */
export function parseVerify(text: string, seed: number): VerifyMode {
  if (text === "full" || text === "none") return { mode: text };
  const match = /^sample(?:=(\d+(?:\.\d+)?)%?)?$/.exec(text);
  const percent = Number(match?.[1] ?? SAMPLE_PERCENT);
  if (match === null || !(percent > 0 && percent <= 100)) {
    throw new InvalidArgumentError("Say full, sample, sample=PERCENT (above 0, up to 100) or none.");
  }
  return { mode: "sample", fraction: percent / 100, seed };
}

/** A whole number from `least` to `most`. */
export function parseWhole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}
