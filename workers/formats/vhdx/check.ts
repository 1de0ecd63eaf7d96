/**
 * Structural check of a VHDX: both headers, both region tables, the log, the metadata, every entry of the BAT. What qemu-img finds
 * is found; further blocks that overlap each other, and space that nothing uses.
 */
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { claimFindings, finding, findingOf, type NamedClaim } from "../block-map/findings.ts";
import type { CheckContext } from "../format.ts";
import { BatEntries, type BatEntry, isStored } from "./bat-entries.ts";
import { type Regions, readHeader, readRegions } from "./header.ts";
import { replayLog } from "./log.ts";
import { Mapping, STATES } from "./mapping.ts";
import { readMetadata, type VhdxMetadata } from "./metadata.ts";
import { MIB, PAYLOAD } from "./structures.ts";

export async function* checkVhdx(file: ByteSource, context: CheckContext): AsyncIterable<CheckFinding> {
  try {
    const header = await readHeader(file);
    for (const at of header.damagedAt) {
      yield finding("warning", "VHDX header", at, "The header is damaged; the other one counts.");
    }
    const log = header.logGuid === null ? null : await replayLog(file, header.log, header.logGuid);
    for (const message of log?.warnings ?? []) yield finding("warning", "VHDX log", header.log.start, message);
    const source = log?.source ?? file;
    const regions = await readRegions(source, header.log);
    for (const at of regions.damagedAt) {
      yield finding("warning", "VHDX region table", at, "The region table is damaged; its copy counts.");
    }
    const metadata = await readMetadata(source, regions.metadata);
    // Its constructor sees to the BAT's length.
    new Mapping(source, metadata, regions.bat, regions.reserved);
    yield* checkBat(source, metadata, regions, context);
  } catch (error) {
    yield findingOf(error);
  }
}

async function* checkBat(
  source: ByteSource,
  metadata: VhdxMetadata,
  regions: Regions,
  context: CheckContext,
): AsyncIterable<CheckFinding> {
  const bat = new BatEntries(source, metadata, regions.bat, regions.reserved);
  /** Chunk whose last blocks are waiting for its bitmap's entry, which follows them. */
  let wantsBitmap: BatEntry | null = null;
  let done = 0;
  for await (const page of bat.pages()) {
    await context.gate();
    for (const entry of page) {
      const words = complaintAbout(entry, source.sizeBytes, metadata);
      if (words !== null) yield finding("error", "VHDX BAT", entry.atBytes, `${entry.name} ${words}`);
      if (wantsBitmap !== null && (entry.isBitmap || entry.chunk !== wantsBitmap.chunk)) {
        if (entry.chunk !== wantsBitmap.chunk || !isStored(entry)) yield withoutBitmap(wantsBitmap);
        wantsBitmap = null;
      }
      if (!entry.isBitmap && entry.state === PAYLOAD.partiallyPresent && metadata.parent) wantsBitmap = entry;
    }
    done++;
    context.progress(Math.min(bat.count, done * ENTRIES_PER_STEP), bat.count);
  }
  if (wantsBitmap !== null) yield withoutBitmap(wantsBitmap);
  const file = { sizeBytes: source.sizeBytes, unitBytes: MIB, leakBytes: metadata.blockBytes };
  for await (const one of claimFindings(file, () => bat.claims())) {
    if (one.severity !== "leak") yield one;
  }
  async function* all(): AsyncIterable<readonly NamedClaim[]> {
    yield* bat.claims();
    yield* bat.kept();
  }
  for await (const one of claimFindings(file, all)) {
    if (one.severity === "leak") yield one;
  }
  context.progress(bat.count, bat.count);
}

const ENTRIES_PER_STEP = 8192;

function withoutBitmap({ name, atBytes, chunk }: BatEntry): CheckFinding {
  return finding("error", "VHDX BAT", atBytes, `${name} is stored in part, but there is no sector bitmap ${chunk}`);
}

/** What is wrong with one entry, as the end of a sentence. */
function complaintAbout(entry: BatEntry, fileBytes: number, { parent }: VhdxMetadata): string | null {
  const { state, isBitmap, place, length } = entry;
  if (isBitmap && state !== PAYLOAD.notPresent && !isStored(entry)) return `has the unknown state ${state}`;
  if (!isBitmap && !STATES.has(state)) return `has the unknown state ${state}`;
  if (!isBitmap && state === PAYLOAD.partiallyPresent && !parent) return "is stored in part, in a disk without parent";
  if (!isStored(entry)) return null;
  if (entry.reservedBits) return "has reserved bits set";
  return place + length > fileBytes ? `at ${place} ends beyond the file of ${fileBytes} bytes` : null;
}
