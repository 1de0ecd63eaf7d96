/** Opens a VHDX image for reading. */
import type { Fact } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { findClaimTrouble } from "../block-map/claims.ts";
import { extentsOf, type RunWalk, readRuns } from "../block-map/runs.ts";
import { assertInside, type DiskReader } from "../format.ts";
import { BatEntries } from "./bat-entries.ts";
import { readHeader, readRegions, type VhdxHeader } from "./header.ts";
import { replayLog } from "./log.ts";
import { Mapping } from "./mapping.ts";
import { readMetadata, type VhdxMetadata } from "./metadata.ts";
import { problem } from "./problem.ts";
import { MIB } from "./structures.ts";

/** @throws AppError disk.* naming the structure */
export async function openVhdx(file: ByteSource): Promise<DiskReader> {
  const header = await readHeader(file);
  const log = header.logGuid === null ? null : await replayLog(file, header.log, header.logGuid);
  const source = log?.source ?? file;
  const regions = await readRegions(source, header.log);
  const metadata = await readMetadata(source, regions.metadata);
  const mapping = new Mapping(source, metadata, regions.bat, regions.reserved);
  const stored = await mapping.stored();
  await assertApart(source, new BatEntries(source, metadata, regions.bat, regions.reserved));
  const { virtualSizeBytes, parent } = metadata;
  const walk: RunWalk = (start, end) => mapping.walk(start, end);
  return {
    format: "vhdx",
    subformat: parent ? "differencing" : metadata.leaveBlockAllocated ? "fixed" : "dynamic",
    virtualSizeBytes,
    grainBytes: metadata.blockBytes,
    backing: parent ? { name: parent.name, format: "vhdx", mark: parent.linkage } : null,
    mark: header.dataWriteGuid,
    snapshots: [],
    facts: facts(header, metadata, regions.bat.length),
    warnings: [
      ...header.damagedAt.map((at) => `The header at offset ${at} is damaged; the other one was used.`),
      ...(log?.warnings ?? []),
      ...regions.damagedAt.map((at) => `The region table at offset ${at} is damaged; its copy was used.`),
    ],
    allocatedBytes: stored.partial ? null : stored.bytes,
    files: [],
    extents(start, length) {
      assertInside(source.name, virtualSizeBytes, start, length);
      return extentsOf(walk, start, start + length);
    },
    async read(offset, into) {
      assertInside(source.name, virtualSizeBytes, offset, into.length);
      await readRuns(source, walk, offset, into);
    },
    async close() {},
  };
}

/** Two blocks in one place would make one of them wrong; what lies inside a region is refused when it is read. @throws AppError disk.damaged */
async function assertApart(source: ByteSource, bat: BatEntries): Promise<void> {
  for await (const trouble of findClaimTrouble({ sizeBytes: source.sizeBytes, unitBytes: MIB }, () => bat.stored())) {
    if (trouble.kind === "gap") continue;
    const { structure, saidAtBytes } = trouble.claim;
    throw problem("disk.damaged", source, "VHDX BAT", saidAtBytes ?? 0, `lets ${structure} overlap another structure`);
  }
}

function facts(header: VhdxHeader, metadata: VhdxMetadata, batBytes: number): Fact[] {
  const fact = (group: string, name: string, value: string | number | bigint): Fact => ({
    group,
    name,
    value: String(value),
  });
  const locator = [...(metadata.parent?.entries ?? [])];
  return [
    fact("VHDX header", "SequenceNumber", header.sequenceNumber),
    fact("VHDX header", "DataWriteGuid", header.dataWriteGuid),
    fact("VHDX header", "LogGuid", header.logGuid ?? "none"),
    fact("VHDX header", "LogLength", header.log.length),
    fact("VHDX regions", "BAT", `${batBytes} bytes`),
    fact("VHDX metadata", "BlockSize", metadata.blockBytes),
    fact("VHDX metadata", "LeaveBlockAllocated", metadata.leaveBlockAllocated ? "yes" : "no"),
    fact("VHDX metadata", "LogicalSectorSize", metadata.logicalSectorBytes),
    fact("VHDX metadata", "PhysicalSectorSize", metadata.physicalSectorBytes),
    fact("VHDX metadata", "VirtualDiskId", metadata.virtualDiskId),
    ...locator.map(([name, value]) => fact("VHDX parent locator", name, value)),
  ];
}
