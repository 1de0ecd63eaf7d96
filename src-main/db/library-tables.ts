/** Rows of migrations/002-library.ts as kysely types them. JSON columns are `string`: each table's file parses its own. */
import type { Generated } from "kysely";

interface LibraryRow {
  id: string;
  path: string;
  added_at: string;
  scan: string;
  generation: Generated<number>;
}

interface LibraryItemRow {
  library_id: string;
  id: string;
  path: string;
  search: string;
  is_machine: number;
  disk_count: number;
  generation: number;
  item: string;
}

export interface LibraryTables {
  libraries: LibraryRow;
  library_items: LibraryItemRow;
}
