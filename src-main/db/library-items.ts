/** The library_items table: machines and bare disks as the last scan found them, listed by path in pages. */
import { sql } from "kysely";
import { z } from "zod";
import { LibraryItem } from "../../src-core/model/library.ts";
import type { Db } from "./open.ts";

/** Where a page ends: the path and id of its last item. */
export const ItemCursor = z.tuple([z.string(), z.string()]);
export type ItemCursor = z.infer<typeof ItemCursor>;

export interface ItemQuery {
  readonly libraryId?: string | undefined;
  /** Part of a name or path, any case. */
  readonly search?: string | undefined;
  readonly limit: number;
  readonly after?: ItemCursor | undefined;
}

function searchText(item: LibraryItem): string {
  const texts = new Set([item.name, item.path, ...item.disks.flatMap((disk) => [disk.name, disk.path])]);
  return [...texts].join("\n").toLowerCase();
}

/** Inserts the items or replaces those of the same id; one transaction. */
export function putItems(db: Db, libraryId: string, generation: number, items: readonly LibraryItem[]): void {
  db.transaction(() => {
    for (const item of items) {
      const row = {
        library_id: libraryId,
        id: item.id,
        path: item.path,
        search: searchText(item),
        is_machine: item.kind === "disk" ? 0 : 1,
        disk_count: item.disks.length,
        generation,
        item: JSON.stringify(item),
      };
      db.run(
        db.sql
          .insertInto("library_items")
          .values(row)
          .onConflict((conflict) => conflict.columns(["library_id", "id"]).doUpdateSet(row)),
      );
    }
  });
}

/** Deletes what a finished scan did not meet again. */
export function deleteOlderItems(db: Db, libraryId: string, generation: number): void {
  db.run(db.sql.deleteFrom("library_items").where("library_id", "=", libraryId).where("generation", "<", generation));
}

/** One page of items by path, and how many there are in all pages. */
export function listItems(db: Db, query: ItemQuery): { items: LibraryItem[]; next: ItemCursor | null; total: number } {
  let matching = db.sql.selectFrom("library_items");
  if (query.libraryId !== undefined) matching = matching.where("library_id", "=", query.libraryId);
  const search = query.search?.trim().toLowerCase();
  if (search) matching = matching.where(sql<number>`instr(search, ${search})`, ">", 0);
  const total = db.get(matching.select(({ fn }) => fn.countAll<number>().as("n")))?.n ?? 0;

  const after = query.after;
  const page = after === undefined ? matching : matching.where(sql<boolean>`(path, id) > (${after[0]}, ${after[1]})`);
  const rows = db.all(
    page
      .select(["path", "id", "item"])
      .orderBy("path")
      .orderBy("id")
      .limit(query.limit + 1),
  );
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ item }) => LibraryItem.parse(JSON.parse(item))),
    next: rows.length > shown.length && last !== undefined ? [last.path, last.id] : null,
    total,
  };
}
