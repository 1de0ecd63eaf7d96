/** Words about exports, for the dialog that asks and the page that follows. Pure. */
import type { ExportOutput, ExportRequest, PackageDigest, TimedLimit } from "../../src-core/model/export.ts";
import type { ProgressDetail } from "../../src-core/model/task-event.ts";
import { formatRate } from "./bytes.ts";

export const OUTPUT_WORDS: Record<ExportOutput["kind"], { label: string; means: string }> = {
  ova: { label: "OVA file", means: "One archive with description, disks and checksums: easy to carry and to import." },
  ovf: { label: "OVF folder", means: "The same as files of a folder of its own: description, disks, checksums." },
  disks: { label: "Disks", means: "Only the disks, converted on the way." },
};

interface Choice {
  readonly label: string;
  readonly means: string;
  /** What was chosen, in a list of such things. */
  readonly said: string;
}

export const QUIESCE_WORDS: Record<ExportRequest["quiesce"], Choice> = {
  try: {
    label: "If it can",
    means: "The guest's agent brings files in order first; without it there is a warning.",
    said: "its files brought in order where it can",
  },
  require: {
    label: "It must",
    means: "Fails where the guest cannot be brought in order.",
    said: "only with its files brought in order",
  },
  no: {
    label: "No",
    means: "As after a power cut: most guests repair that at their next start.",
    said: "its files as after a power cut",
  },
};

export const POWER_WORDS: Record<ExportRequest["power"], Choice> = {
  leave: {
    label: "Leave it running",
    means: "It is read from a snapshot, which is removed afterwards.",
    said: "left running",
  },
  shutdown: {
    label: "Shut it down first",
    means: "Its guest is asked to end in good order, and stays off.",
    said: "shut down first",
  },
  "shutdown-and-start": {
    label: "Shut it down, start it again",
    means: "It is started again as soon as its disks were read, whatever came of that.",
    said: "shut down first, started again afterwards",
  },
};

/** How a package's manifest sums up its files. Disks alone have no such manifest. */
export const DIGEST_WORDS: Record<PackageDigest, { label: string; means: string }> = {
  sha256: { label: "SHA-256", means: "Of the checksums in the .mf file: what importers take today." },
  sha1: {
    label: "SHA-1",
    means: "Of the checksums in the .mf file, for older importers such as ESXi up to 6.0.",
  },
  sha512: { label: "SHA-512", means: "Of the checksums in the .mf file: not every importer takes it." },
};

/** "OVA file", "OVF folder, compression 9, SHA-1 manifest", "disks as qcow2, zstd". */
export function outputWords(output: ExportOutput): string {
  if (output.kind !== "disks") {
    const level = output.compressionLevel === undefined ? [] : [`compression ${output.compressionLevel}`];
    const digest = output.digest === undefined ? [] : [`${DIGEST_WORDS[output.digest].label} manifest`];
    return [OUTPUT_WORDS[output.kind].label, ...level, ...digest].join(", ");
  }
  const { subformat, compression } = output.options;
  const method = compression === undefined || compression.method === "none" ? [] : [compression.method];
  return [`disks as ${output.format}`, ...(subformat === undefined ? [] : [subformat]), ...method].join(", ");
}

/** "08:00 to 18:00 at most 50 MiB/s". */
export function timedLimitWords({ from, to, maxBytesPerSecond }: TimedLimit): string {
  return `${from} to ${to} at most ${formatRate(maxBytesPerSecond)}`;
}

/** What holds an export back at present, and what one might do about it. */
export const LIMITED_BY_WORDS: Record<NonNullable<ProgressDetail["limitedBy"]>, { label: string; means: string }> = {
  source: { label: "source or network", means: "Most of the time goes into waiting for data from the source." },
  target: { label: "target", means: "Most of the time goes into writing to the target folder." },
  processor: { label: "processor", means: "Most of the time goes into computing: compression and checksums." },
  limit: { label: "speed limit", means: "It would be quicker without the limit that was set." },
};
