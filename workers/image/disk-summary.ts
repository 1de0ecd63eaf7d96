/** An open disk as the plain data that pages, scripts and the library show. Reads headers and tables, no guest data. */
import { basename, dirname } from "node:path";
import type { DiskFile, DiskInfo, DiskSummary } from "../../src-core/model/disk.ts";
import { sumExtents } from "../disk/allocation-map.ts";
import type { FileSource } from "../io/file.ts";
import type { OpenDisk } from "./open-disk.ts";

/** The summary of the top layer. Walks its tables when no header tells how much is allocated. */
export async function summarizeDisk(disk: OpenDisk, gate: () => Promise<void>): Promise<DiskSummary> {
  const [top] = disk.layers;
  const { reader } = top;
  return {
    path: top.path,
    name: basename(top.path),
    folder: dirname(top.path),
    format: reader.format,
    subformat: reader.subformat,
    virtualSizeBytes: reader.virtualSizeBytes,
    fileSizeBytes: [top.source, ...top.extentFiles].reduce((sum, file) => sum + file.sizeBytes, 0),
    allocatedBytes: reader.allocatedBytes ?? (await sumExtents(reader, gate)).dataBytes,
    backing: disk.backing,
    snapshotCount: reader.snapshots.length,
    warnings: [...disk.warnings],
  };
}

/** Everything `inspect` tells. */
export async function describeDisk(disk: OpenDisk, gate: () => Promise<void>): Promise<DiskInfo> {
  const [top, ...parents] = disk.layers;
  const image: DiskFile["role"] = top.extentFiles.length > 0 ? "descriptor" : "image";
  return {
    ...(await summarizeDisk(disk, gate)),
    grainBytes: top.reader.grainBytes,
    files: [
      fileOf(top.source, image),
      ...top.extentFiles.map((file) => fileOf(file, "extent")),
      ...parents.flatMap((layer) => [layer.source, ...layer.extentFiles].map((file) => fileOf(file, "backing"))),
    ],
    snapshots: [...top.reader.snapshots],
    facts: [...top.reader.facts],
    chain: parents.map(({ path, reader }) => ({
      path,
      format: reader.format,
      virtualSizeBytes: reader.virtualSizeBytes,
    })),
  };
}

function fileOf(file: FileSource, role: DiskFile["role"]): DiskFile {
  return { path: file.name, role, sizeBytes: file.sizeBytes, allocatedBytes: file.allocatedBytes ?? file.sizeBytes };
}
