/** Rows of migrations/005-sources.ts as kysely types them. JSON columns are `string`: each table's file parses its own. */
import type { Generated } from "kysely";

interface SourceRow {
  id: string;
  kind: string;
  name: string;
  address: string;
  username: string | null;
  trust: string;
  enabled: number;
  added_at: string;
  known_at: string | null;
  generation: Generated<number>;
}

interface SourceSecretRow {
  source_id: string;
  sealed: string;
}

interface InventoryNodeRow {
  source_id: string;
  id: string;
  parent_id: string | null;
  kind: string;
  name: string;
  generation: number;
  node: string;
}

interface InventoryMachineRow {
  source_id: string;
  id: string;
  parent_id: string | null;
  host_id: string | null;
  name: string;
  search: string;
  power: string;
  family: string;
  os: string | null;
  cpus: number | null;
  memory_bytes: number | null;
  disk_count: number;
  provisioned_bytes: number | null;
  used_bytes: number | null;
  snapshot_count: number;
  generation: number;
  machine: string;
}

interface MachineExportRow {
  source_id: string;
  machine_id: string;
  run_id: string;
  at: string;
}

interface SavedViewRow {
  id: string;
  name: string;
  view: string;
}

export interface SourceTables {
  sources: SourceRow;
  source_secrets: SourceSecretRow;
  inventory_nodes: InventoryNodeRow;
  inventory_machines: InventoryMachineRow;
  machine_exports: MachineExportRow;
  saved_views: SavedViewRow;
}
