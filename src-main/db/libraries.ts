/** The libraries table. Machine and disk counts are counted from library_items, never stored. */
import { z } from "zod";
import { Library } from "../../src-core/model/library.ts";
import type { Db } from "./open.ts";

export type ScanState = Library["scan"];
const StoredScan = Library.shape.scan;
const Counts = z.object({ machines: z.number().nullable(), disks: z.number().nullable() });

function rows(db: Db) {
  return db.sql
    .selectFrom("libraries")
    .selectAll("libraries")
    .select((eb) => [
      eb
        .selectFrom("library_items")
        .whereRef("library_items.library_id", "=", "libraries.id")
        .select(({ fn }) => fn.sum<number>("is_machine").as("n"))
        .as("machines"),
      eb
        .selectFrom("library_items")
        .whereRef("library_items.library_id", "=", "libraries.id")
        .select(({ fn }) => fn.sum<number>("disk_count").as("n"))
        .as("disks"),
    ]);
}

interface Row {
  id: string;
  path: string;
  added_at: string;
  scan: string;
  machines: unknown;
  disks: unknown;
}

function libraryOf(row: Row): Library {
  const { machines, disks } = Counts.parse(row);
  return {
    id: row.id,
    path: row.path,
    addedAt: row.added_at,
    scan: StoredScan.parse(JSON.parse(row.scan)),
    machineCount: machines ?? 0,
    diskCount: disks ?? 0,
  };
}

/** All libraries, by path. */
export function storedLibraries(db: Db): Library[] {
  return db.all(rows(db).orderBy("libraries.path")).map(libraryOf);
}

export function storedLibrary(db: Db, id: string): Library | null {
  const row = db.get(rows(db).where("libraries.id", "=", id));
  return row === undefined ? null : libraryOf(row);
}

/** The folders of all libraries: absolute real paths. */
export function libraryFolders(db: Db): string[] {
  return db.all(db.sql.selectFrom("libraries").select("path").orderBy("path")).map(({ path }) => path);
}

export function insertLibrary(db: Db, library: { id: string; path: string; addedAt: string; scan: ScanState }): void {
  const { id, path, addedAt, scan } = library;
  db.run(db.sql.insertInto("libraries").values({ id, path, added_at: addedAt, scan: JSON.stringify(scan) }));
}

export function updateScan(db: Db, id: string, scan: ScanState): void {
  db.run(
    db.sql
      .updateTable("libraries")
      .set({ scan: JSON.stringify(scan) })
      .where("id", "=", id),
  );
}

/** Begins a new scan and tells its generation. */
export function nextGeneration(db: Db, id: string): number {
  return db.transaction(() => {
    db.run(
      db.sql
        .updateTable("libraries")
        .set((eb) => ({ generation: eb("generation", "+", 1) }))
        .where("id", "=", id),
    );
    return db.get(db.sql.selectFrom("libraries").select("generation").where("id", "=", id))?.generation ?? 0;
  });
}

/** Deletes the library and all that was found in it. */
export function deleteLibrary(db: Db, id: string): boolean {
  return db.run(db.sql.deleteFrom("libraries").where("id", "=", id)).changes > 0;
}
