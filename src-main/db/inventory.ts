/** The tables inventory_nodes and inventory_machines: the last known picture of each source, changed batch by batch. */
import { type InventoryChange, InventoryNode, Machine } from "../../src-core/model/inventory.ts";
import { machineSearchText } from "../../src-core/model/machine-filter.ts";
import type { Db } from "./open.ts";

/** What a batch of changes did. */
export interface Applied {
  readonly machines: ReadonlySet<string>;
  readonly gone: ReadonlySet<string>;
  readonly nodesChanged: boolean;
}

/**
 * Takes a batch in, as one transaction.
 * @param generation of the connection that told it: at `settled` what an older one told is deleted
 */
export function applyChanges(
  db: Db,
  sourceId: string,
  generation: number,
  changes: readonly InventoryChange[],
): Applied {
  const machines = new Set<string>();
  const gone = new Set<string>();
  let nodesChanged = false;
  db.transaction(() => {
    for (const change of changes) {
      if (change.type === "node") {
        putNode(db, sourceId, generation, change.node);
        nodesChanged = true;
      } else if (change.type === "machine") {
        putMachine(db, sourceId, generation, change.machine);
        machines.add(change.machine.id);
        gone.delete(change.machine.id);
      } else if (change.type === "gone") {
        nodesChanged = remove(db, sourceId, change.id) || nodesChanged;
        gone.add(change.id);
        machines.delete(change.id);
      } else if (change.type === "settled") {
        const left = deleteOlder(db, sourceId, generation);
        for (const id of left.machines) gone.add(id);
        nodesChanged = nodesChanged || left.nodes > 0;
      }
    }
  });
  return { machines, gone, nodesChanged };
}

function putNode(db: Db, sourceId: string, generation: number, node: InventoryNode): void {
  const row = {
    source_id: sourceId,
    id: node.id,
    parent_id: node.parentId,
    kind: node.kind,
    name: node.name,
    generation,
    node: JSON.stringify(node),
  };
  db.run(
    db.sql
      .insertInto("inventory_nodes")
      .values(row)
      .onConflict((conflict) => conflict.columns(["source_id", "id"]).doUpdateSet(row)),
  );
}

function putMachine(db: Db, sourceId: string, generation: number, machine: Machine): void {
  const row = {
    source_id: sourceId,
    id: machine.id,
    parent_id: machine.parentId,
    host_id: machine.hostId,
    name: machine.name,
    search: machineSearchText(machine),
    power: machine.power,
    family: machine.family,
    os: machine.os,
    cpus: machine.cpus,
    memory_bytes: machine.memoryBytes,
    disk_count: machine.diskCount,
    provisioned_bytes: machine.provisionedBytes,
    used_bytes: machine.usedBytes,
    snapshot_count: machine.snapshotCount,
    generation,
    machine: JSON.stringify(machine),
  };
  db.run(
    db.sql
      .insertInto("inventory_machines")
      .values(row)
      .onConflict((conflict) => conflict.columns(["source_id", "id"]).doUpdateSet(row)),
  );
}

/** @returns whether it was a node */
function remove(db: Db, sourceId: string, id: string): boolean {
  db.run(db.sql.deleteFrom("inventory_machines").where("source_id", "=", sourceId).where("id", "=", id));
  const nodes = db.sql.deleteFrom("inventory_nodes").where("source_id", "=", sourceId).where("id", "=", id);
  return db.run(nodes).changes > 0;
}

function deleteOlder(db: Db, sourceId: string, generation: number): { machines: string[]; nodes: number } {
  const machines = db.all(
    db.sql
      .selectFrom("inventory_machines")
      .select("id")
      .where("source_id", "=", sourceId)
      .where("generation", "<", generation),
  );
  db.run(
    db.sql.deleteFrom("inventory_machines").where("source_id", "=", sourceId).where("generation", "<", generation),
  );
  const nodes = db.run(
    db.sql.deleteFrom("inventory_nodes").where("source_id", "=", sourceId).where("generation", "<", generation),
  ).changes;
  return { machines: machines.map(({ id }) => id), nodes };
}

/** All nodes of a source, by name. */
export function listNodes(db: Db, sourceId: string): InventoryNode[] {
  const query = db.sql
    .selectFrom("inventory_nodes")
    .select("node")
    .where("source_id", "=", sourceId)
    .orderBy("name")
    .orderBy("id");
  return db.all(query).map(({ node }) => InventoryNode.parse(JSON.parse(node)));
}

/** All machines of a source as last known, by name. */
export function machinesOfSource(db: Db, sourceId: string): Machine[] {
  const query = db.sql
    .selectFrom("inventory_machines")
    .select("machine")
    .where("source_id", "=", sourceId)
    .orderBy("name")
    .orderBy("id");
  return db.all(query).map(({ machine }) => Machine.parse(JSON.parse(machine)));
}

export function countMachines(db: Db, sourceId: string): number {
  const query = db.sql
    .selectFrom("inventory_machines")
    .select(({ fn }) => fn.countAll<number>().as("n"))
    .where("source_id", "=", sourceId);
  return db.get(query)?.n ?? 0;
}

/** Forgets all that is known of a source: its address now means another one. */
export function clearInventory(db: Db, sourceId: string): void {
  db.run(db.sql.deleteFrom("inventory_machines").where("source_id", "=", sourceId));
  db.run(db.sql.deleteFrom("inventory_nodes").where("source_id", "=", sourceId));
  db.run(db.sql.deleteFrom("machine_exports").where("source_id", "=", sourceId));
  db.run(db.sql.updateTable("sources").set({ known_at: null }).where("id", "=", sourceId));
}
