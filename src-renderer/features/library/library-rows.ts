/** Machines and disks as the flat rows of one table: one row a disk, so that every row can be sorted, opened and converted. */
import type { FormatId } from "../../../src-core/model/disk.ts";
import type { AppErrorData } from "../../../src-core/model/error.ts";
import type { LibraryDisk, LibraryItem, MachineKind } from "../../../src-core/model/library.ts";
import { matchesAll, searchWords } from "../../format/matches.ts";

export interface LibraryRow {
  readonly id: string;
  readonly item: LibraryItem;
  /** Null: a machine without disks, or one whose description could not be read. */
  readonly disk: LibraryDisk | null;
  /** "2 of 3" where the machine has several disks, else null. */
  readonly position: string | null;
  /** Why the row cannot be read, the disk's before the machine's. */
  readonly error: AppErrorData | null;
  readonly warnings: readonly string[];
  /** Snapshots of the machine's description and those kept inside the image. */
  readonly snapshotCount: number;
  /** Lower case: all that the search looks at. */
  readonly searchText: string;
}

export interface LibraryFilter {
  readonly search: string;
  readonly kind: MachineKind | "all";
  readonly format: FormatId | "all";
  readonly problemsOnly: boolean;
  /** Null = all. */
  readonly libraryId: string | null;
}

export const NO_FILTER: LibraryFilter = {
  search: "",
  kind: "all",
  format: "all",
  problemsOnly: false,
  libraryId: null,
};

/** One row a disk, in the order given; a machine without disks is a row of its own. */
export function toRows(items: readonly LibraryItem[]): LibraryRow[] {
  return items.flatMap((item) =>
    item.disks.length === 0
      ? [toRow(item, null, null)]
      : item.disks.map((disk, index) =>
          toRow(item, disk, item.disks.length > 1 ? `${index + 1} of ${item.disks.length}` : null),
        ),
  );
}

function toRow(item: LibraryItem, disk: LibraryDisk | null, position: string | null): LibraryRow {
  const summary = disk?.summary ?? null;
  return {
    id: `${item.id} ${disk?.path ?? ""}`,
    item,
    disk,
    position,
    error: disk?.error ?? item.error,
    warnings: [...item.warnings, ...(summary?.warnings ?? [])],
    // A bare disk's own are told twice.
    snapshotCount: (item.kind === "disk" ? 0 : item.snapshotCount) + (summary?.snapshotCount ?? 0),
    searchText: [
      item.name,
      item.path,
      item.guestOs ?? "",
      disk?.path ?? "",
      summary?.format ?? "",
      summary?.subformat ?? "",
    ]
      .join("\n")
      .toLowerCase(),
  };
}

export function hasProblem(row: LibraryRow): boolean {
  return row.error !== null || row.warnings.length > 0 || (row.disk?.summary?.backing?.problem ?? null) !== null;
}

/** The rows that pass every part of the filter, in the order given. */
export function filterRows(rows: readonly LibraryRow[], filter: LibraryFilter): LibraryRow[] {
  const words = searchWords(filter.search);
  return rows.filter(
    (row) =>
      (filter.libraryId === null || row.item.libraryId === filter.libraryId) &&
      (filter.kind === "all" || row.item.kind === filter.kind) &&
      (filter.format === "all" || row.disk?.summary?.format === filter.format) &&
      (!filter.problemsOnly || hasProblem(row)) &&
      matchesAll(row.searchText, words),
  );
}

/** True when anything but the library is filtered for. */
export function isFiltering(filter: LibraryFilter): boolean {
  return filter.search.trim() !== "" || filter.kind !== "all" || filter.format !== "all" || filter.problemsOnly;
}

/** Sums over the rows that could be read. */
export function sumRows(rows: readonly LibraryRow[]): {
  virtualBytes: number;
  allocatedBytes: number;
  problems: number;
} {
  let virtualBytes = 0;
  let allocatedBytes = 0;
  let problems = 0;
  for (const row of rows) {
    virtualBytes += row.disk?.summary?.virtualSizeBytes ?? 0;
    allocatedBytes += row.disk?.summary?.allocatedBytes ?? 0;
    if (hasProblem(row)) problems += 1;
  }
  return { virtualBytes, allocatedBytes, problems };
}
