/**
 * Libraries and what was found in them. The documents are JSON that db/libraries.ts and db/library-items.ts parse; the columns
 * beside them are only what lists are sorted, searched and paged by. Instants are ISO 8601 UTC text.
 */
import type { Migration } from "./migration.ts";

export const library: Migration = {
  name: "002-library",
  sql: `
    CREATE TABLE libraries (
      id TEXT PRIMARY KEY,
      path TEXT NOT NULL UNIQUE,
      added_at TEXT NOT NULL,
      scan TEXT NOT NULL CHECK (json_valid(scan)),
      -- Counts scans begun: items of an older one that the present one did not meet again are gone.
      generation INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE library_items (
      library_id TEXT NOT NULL REFERENCES libraries (id) ON DELETE CASCADE,
      id TEXT NOT NULL,
      path TEXT NOT NULL,
      -- Lower-case names and paths of the item and its disks.
      search TEXT NOT NULL,
      is_machine INTEGER NOT NULL CHECK (is_machine IN (0, 1)),
      disk_count INTEGER NOT NULL,
      generation INTEGER NOT NULL,
      item TEXT NOT NULL CHECK (json_valid(item)),
      PRIMARY KEY (library_id, id)
    ) STRICT;
    CREATE INDEX library_items_path ON library_items (path, id);
    CREATE INDEX library_items_generation ON library_items (library_id, generation);
  `,
};
