/** Opens a VHDX image for reading. */
import type { Fact } from "../../../src-core/model/disk.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { assertInside, type DiskReader, type Extent, mergeExtents } from "../format.ts";
import { readHeader, readRegions, type VhdxHeader } from "./header.ts";
import { replayLog } from "./log.ts";
import { Mapping } from "./mapping.ts";
import { readMetadata, type VhdxMetadata } from "./metadata.ts";

/** @throws AppError disk.* naming the structure */
export async function openVhdx(file: ByteSource): Promise<DiskReader> {
  const header = await readHeader(file);
  const log = header.logGuid === null ? null : await replayLog(file, header.log, header.logGuid);
  const source = log?.source ?? file;
  const regions = await readRegions(source, header.log);
  const metadata = await readMetadata(source, regions.metadata);
  const mapping = new Mapping(source, metadata, regions.bat, regions.reserved);
  const stored = await mapping.stored();
  const { virtualSizeBytes, parent } = metadata;
  async function* states(start: number, end: number): AsyncIterable<Extent> {
    for await (const run of mapping.runs(start, end)) yield { start: run.start, length: run.length, state: run.kind };
  }
  return {
    format: "vhdx",
    subformat: parent ? "differencing" : metadata.leaveBlockAllocated ? "fixed" : "dynamic",
    virtualSizeBytes,
    grainBytes: metadata.blockBytes,
    backing: parent ? { name: parent.name, format: "vhdx", mark: parent.linkage } : null,
    mark: header.dataWriteGuid,
    snapshots: [],
    facts: facts(header, metadata, regions.bat.length),
    warnings: [...header.warnings, ...(log?.warnings ?? []), ...regions.warnings],
    allocatedBytes: stored.partial ? null : stored.bytes,
    files: [],
    extents(start, length) {
      assertInside(source.name, virtualSizeBytes, start, length);
      return mergeExtents(states(start, start + length));
    },
    async read(offset, into) {
      assertInside(source.name, virtualSizeBytes, offset, into.length);
      for await (const run of mapping.runs(offset, offset + into.length)) {
        const part = into.subarray(run.start - offset, run.start - offset + run.length);
        if (run.kind === "data") await source.read(run.hostOffset, part);
        else part.fill(0);
      }
    },
    async close() {},
  };
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
