/** A machine or bare disk that was found, as the library lists it. */
import { createHash } from "node:crypto";
import { basename, dirname, extname } from "node:path";
import type { LibraryItem } from "../../src-core/model/library.ts";
import type { FoundMachine } from "../machine/machine-reader.ts";

/** Same library and path, same id, in every scan. `part` tells the systems of one OVF apart. */
export function libraryItemId(libraryId: string, path: string, part = 0): string {
  return createHash("sha256").update(`${libraryId}\0${path}\0${part}`).digest("hex").slice(0, 32);
}

/** Null for what the library does not list: it knows machines by OVF and VMX, and bare disks. */
export function libraryItem(libraryId: string, found: FoundMachine): LibraryItem | null {
  const { kind, path, part, machine, disks, snapshotCount, warnings, error } = found;
  if (kind === "vbox" || kind === "hyperv") return null;
  return {
    id: libraryItemId(libraryId, path, part),
    libraryId,
    kind,
    name: machine?.name ?? basename(path, extname(path)),
    path,
    folder: dirname(path),
    guestOs: machine?.guestOs ?? null,
    cpuCount: machine?.cpuCount ?? null,
    memoryBytes: machine?.memoryBytes ?? null,
    firmware: machine?.firmware ?? null,
    disks: disks.map((disk) => ({ path: disk.path, name: disk.name, summary: disk.summary, error: disk.error })),
    snapshotCount,
    warnings: [...warnings],
    error,
  };
}
