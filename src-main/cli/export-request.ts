/** From the options of `hypersdk export` to what the program is asked, in the same words. */
import { InvalidArgumentError } from "commander";
import type { FormatId } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { ExportOptions, PackageDigest, TimedLimit } from "../../src-core/model/export.ts";
import { FORMAT_IDS } from "../../src-core/model/words.ts";
import { parseRate } from "./options.ts";
import { parseWritingOptions } from "./target-argument.ts";

/** What `--as` takes. */
export const EXPORT_KINDS = ["ova", "ovf", ...FORMAT_IDS] as const;

/** The options as they were typed. */
export interface TypedExport {
  readonly to: string;
  readonly as: "ova" | "ovf" | FormatId;
  readonly compression?: number;
  readonly digest?: PackageDigest;
  readonly option: readonly string[];
  readonly quiesce: ExportOptions["quiesce"];
  readonly power: ExportOptions["power"];
  readonly limit?: number;
  readonly limitAt: readonly TimedLimit[];
  readonly disksAtOnce?: number;
  readonly connections?: number;
  readonly priority?: number;
  readonly overwrite?: boolean;
  readonly force?: boolean;
}

/**
 * @param resolve makes the folder's path absolute
 * @throws AppError usage.invalid
 */
export function exportOptions(typed: TypedExport, resolve: (path: string) => string): ExportOptions {
  return {
    output: outputOf(typed),
    folder: resolve(typed.to),
    overwrite: typed.overwrite === true || typed.force === true,
    quiesce: typed.quiesce,
    power: typed.power,
    disksAtOnce: typed.disksAtOnce ?? 2,
    connectionsPerHost: typed.connections ?? 4,
    priority: typed.priority ?? 50,
    maxBytesPerSecond: typed.limit ?? null,
    limitsByTime: [...typed.limitAt],
  };
}

function outputOf({ as, compression, digest, option }: TypedExport): ExportOptions["output"] {
  if (as === "ova" || as === "ovf") {
    if (option.length > 0) {
      throw new AppError("usage.invalid", `--option is about disk files, not about an ${as.toUpperCase()}.`, {
        hint: "How its disks are compressed is said by --compression.",
      });
    }
    return {
      kind: as,
      ...(compression === undefined ? {} : { compressionLevel: compression }),
      ...(digest === undefined ? {} : { digest }),
    };
  }
  if (compression !== undefined) {
    throw new AppError("usage.invalid", "--compression is about the disks of an OVA or OVF.", {
      hint: "Of disk files say --option compress=METHOD:LEVEL.",
    });
  }
  if (digest !== undefined) {
    throw new AppError("usage.invalid", "--digest is about the manifest (.mf) of an OVA or OVF.", {
      hint: "Disk files have none: their SHA-256 is in NAME.export.json.",
    });
  }
  return { kind: "disks", format: as, options: parseWritingOptions(option) };
}

/** "08:00-18:00=10M" @throws InvalidArgumentError, so a usage error */
export function parseTimedLimit(text: string): TimedLimit {
  const match = /^(\d{1,2}:\d\d)-(\d{1,2}:\d\d)=(.+)$/.exec(text);
  const [from, to] = [match?.[1], match?.[2]].map((time = "") => time.padStart(5, "0"));
  const isClock = (time = "") => /^([01]\d|2[0-3]):[0-5]\d$/.test(time);
  if (from === undefined || to === undefined || !isClock(from) || !isClock(to)) {
    throw new InvalidArgumentError("Give hours and a speed, such as 08:00-18:00=10M.");
  }
  return { from, to, maxBytesPerSecond: parseRate(match?.[3] ?? "") };
}
