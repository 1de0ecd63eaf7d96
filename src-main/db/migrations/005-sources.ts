/**
 * Sources, their sealed secrets, and the last known picture of what they have. The documents are JSON that db/sources.ts and
 * db/inventory.ts parse; the columns beside them are what lists are sorted, searched and paged by. Instants are ISO 8601 UTC text.
 */
import type { Migration } from "./migration.ts";

export const sources: Migration = {
  name: "005-sources",
  sql: `
    CREATE TABLE sources (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      name TEXT NOT NULL UNIQUE COLLATE NOCASE,
      address TEXT NOT NULL,
      username TEXT,
      trust TEXT NOT NULL CHECK (json_valid(trust)),
      enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
      added_at TEXT NOT NULL,
      -- When the picture was last known to be true; null = never seen.
      known_at TEXT,
      -- Counts connections made: what an older one told and the present one did not tell again is gone.
      generation INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    -- What the vault made of a secret: of no use without the system's keyring or the key file.
    CREATE TABLE source_secrets (
      source_id TEXT PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
      sealed TEXT NOT NULL
    ) STRICT;

    CREATE TABLE inventory_nodes (
      source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
      id TEXT NOT NULL,
      parent_id TEXT,
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      generation INTEGER NOT NULL,
      node TEXT NOT NULL CHECK (json_valid(node)),
      PRIMARY KEY (source_id, id)
    ) STRICT;
    CREATE INDEX inventory_nodes_parent ON inventory_nodes (source_id, parent_id);

    CREATE TABLE inventory_machines (
      source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
      id TEXT NOT NULL,
      parent_id TEXT,
      host_id TEXT,
      name TEXT NOT NULL COLLATE NOCASE,
      -- Lower-case name, path, guest, tags and datastores.
      search TEXT NOT NULL,
      power TEXT NOT NULL,
      family TEXT NOT NULL,
      os TEXT COLLATE NOCASE,
      cpus INTEGER,
      memory_bytes INTEGER,
      disk_count INTEGER NOT NULL,
      provisioned_bytes INTEGER,
      used_bytes INTEGER,
      snapshot_count INTEGER NOT NULL,
      generation INTEGER NOT NULL,
      machine TEXT NOT NULL CHECK (json_valid(machine)),
      PRIMARY KEY (source_id, id)
    ) STRICT;
    CREATE INDEX inventory_machines_name ON inventory_machines (name, source_id, id);
    CREATE INDEX inventory_machines_parent ON inventory_machines (source_id, parent_id);

    -- The last export of a machine that succeeded; it outlives the machine's row, which comes and goes with connections.
    CREATE TABLE machine_exports (
      source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
      machine_id TEXT NOT NULL,
      run_id TEXT NOT NULL,
      at TEXT NOT NULL,
      PRIMARY KEY (source_id, machine_id)
    ) STRICT;

    CREATE TABLE saved_views (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE COLLATE NOCASE,
      view TEXT NOT NULL CHECK (json_valid(view))
    ) STRICT;
  `,
};
