/** Machines of all sources in pages: filtered, sorted by any column, gone on with by cursor. */
import { sql } from "kysely";
import { z } from "zod";
import type { MachineQuery, MachineSort } from "../../src-core/contract/inventory.ts";
import { BIG_MACHINE_BYTES } from "../../src-core/model/machine-filter.ts";
import { MachineRow } from "../../src-core/model/machine-view.ts";
import type { Db } from "./open.ts";

/** Where a page ends: the value sorted by (null sorts last either way), source and id of its last row. */
export const MachineCursor = z.tuple([z.union([z.string(), z.number(), z.null()]), z.string(), z.string()]);
export type MachineCursor = z.infer<typeof MachineCursor>;

const COLUMNS = {
  name: "inventory_machines.name",
  power: "inventory_machines.power",
  os: "inventory_machines.os",
  cpus: "inventory_machines.cpus",
  memory: "inventory_machines.memory_bytes",
  disks: "inventory_machines.disk_count",
  provisioned: "inventory_machines.provisioned_bytes",
  used: "inventory_machines.used_bytes",
  snapshots: "inventory_machines.snapshot_count",
  lastExport: "machine_exports.at",
} as const satisfies Record<MachineSort, string>;

function machines(db: Db) {
  return db.sql
    .selectFrom("inventory_machines")
    .leftJoin("machine_exports", (join) =>
      join
        .onRef("machine_exports.source_id", "=", "inventory_machines.source_id")
        .onRef("machine_exports.machine_id", "=", "inventory_machines.id"),
    );
}

/** One page, and how many there are in all pages. */
export function listMachines(
  db: Db,
  query: Omit<MachineQuery, "cursor">,
  after: MachineCursor | undefined,
): { items: MachineRow[]; next: MachineCursor | null; total: number } {
  let matching = machines(db);
  const { sourceId, under, power, family } = query;
  if (sourceId !== undefined) matching = matching.where("inventory_machines.source_id", "=", sourceId);
  if (power !== undefined) matching = matching.where("inventory_machines.power", "=", power);
  if (family !== undefined) matching = matching.where("inventory_machines.family", "=", family);
  if (query.big === true) matching = matching.where("inventory_machines.provisioned_bytes", ">=", BIG_MACHINE_BYTES);
  for (const word of (query.search ?? "")
    .toLowerCase()
    .split(/\s+/)
    .filter((one) => one !== "")) {
    matching = matching.where(sql<number>`instr(search, ${word})`, ">", 0);
  }
  if (under !== undefined) matching = matching.where(sql<boolean>`${isUnder(under)}`);
  const total = db.get(matching.select(({ fn }) => fn.countAll<number>().as("n")))?.n ?? 0;

  const column = sql.ref<string | number | null>(COLUMNS[query.sort]);
  const direction = query.descending ? "desc" : "asc";
  const beyond = query.descending ? sql`<` : sql`>`;
  let page = matching;
  if (after !== undefined) {
    const [value, afterSource, afterId] = after;
    const later = sql`(inventory_machines.source_id, inventory_machines.id) > (${afterSource}, ${afterId})`;
    page = page.where(
      value === null
        ? sql<boolean>`(${column} is null and ${later})`
        : sql<boolean>`(${column} ${beyond} ${value} or (${column} = ${value} and ${later}) or ${column} is null)`,
    );
  }
  const rows = db.all(
    page
      .select([
        "inventory_machines.source_id as sourceId",
        "inventory_machines.id as id",
        "machine",
        "machine_exports.run_id as exportRun",
        "machine_exports.at as exportAt",
        column.as("sorted"),
      ])
      .orderBy(sql`${column} is null`)
      .orderBy(column, direction)
      .orderBy("inventory_machines.source_id")
      .orderBy("inventory_machines.id")
      .limit(query.limit + 1),
  );
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(rowOf),
    next: rows.length > shown.length && last !== undefined ? [last.sorted, last.sourceId, last.id] : null,
    total,
  };
}

/** These machines of a source, as far as they are there. */
export function machineRows(db: Db, sourceId: string, ids: readonly string[]): MachineRow[] {
  if (ids.length === 0) return [];
  const rows = db.all(
    machines(db)
      .select([
        "inventory_machines.source_id as sourceId",
        "machine",
        "machine_exports.run_id as exportRun",
        "machine_exports.at as exportAt",
      ])
      .where("inventory_machines.source_id", "=", sourceId)
      .where("inventory_machines.id", "in", [...ids]),
  );
  return rows.map(rowOf);
}

/** In or below the node, on the host or on hosts below it; for a datastore or pool: with a disk on it. Cycles end the walk. */
function isUnder(nodeId: string) {
  // Asked once, not for every row: neither subquery looks at the row.
  const below = sql`(
    with recursive below (source_id, id) as (
      select source_id, id from inventory_nodes where id = ${nodeId}
      union
      select child.source_id, child.id from inventory_nodes child
        join below on child.source_id = below.source_id and child.parent_id = below.id
    )
    select source_id, id from below
  )`;
  const stores = sql`(select source_id, name from inventory_nodes where id = ${nodeId} and kind = 'datastore')`;
  return sql`(
    (inventory_machines.source_id, inventory_machines.parent_id) in ${below}
    or (inventory_machines.source_id, inventory_machines.host_id) in ${below}
    or exists (
      select 1 from json_each(inventory_machines.machine, '$.datastores') store
        where (inventory_machines.source_id, store.value) in ${stores}
    )
  )`;
}

function rowOf(row: {
  sourceId: string;
  machine: string;
  exportRun: string | null;
  exportAt: string | null;
}): MachineRow {
  const { sourceId, exportRun, exportAt } = row;
  const lastExport = exportRun === null || exportAt === null ? null : { runId: exportRun, at: exportAt };
  return MachineRow.parse({ ...(JSON.parse(row.machine) as object), sourceId, lastExport });
}
