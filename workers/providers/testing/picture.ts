/** What a provider's stream of changes adds up to. */
import type { InventoryChange, InventoryNode, Machine } from "../../../src-core/model/inventory.ts";
import type { Connection } from "../provider.ts";

export interface Picture {
  readonly batches: readonly (readonly InventoryChange[])[];
  readonly changes: readonly InventoryChange[];
  readonly nodes: ReadonlyMap<string, InventoryNode>;
  readonly machines: ReadonlyMap<string, Machine>;
}

/** The first complete picture. Throws where the stream ends without `settled`. */
export async function collectUntilSettled(connection: Connection): Promise<Picture> {
  const stop = new AbortController();
  const batches: (readonly InventoryChange[])[] = [];
  let settled = false;
  for await (const batch of connection.inventory(stop.signal)) {
    batches.push(batch);
    if (batch.some(({ type }) => type === "settled")) {
      settled = true;
      break;
    }
  }
  stop.abort();
  if (!settled) throw new Error("the inventory ended before it was settled");
  const nodes = new Map<string, InventoryNode>();
  const machines = new Map<string, Machine>();
  for (const change of batches.flat()) {
    if (change.type === "node") nodes.set(change.node.id, change.node);
    else if (change.type === "machine") machines.set(change.machine.id, change.machine);
    else if (change.type === "gone") {
      nodes.delete(change.id);
      machines.delete(change.id);
    }
  }
  return { batches, changes: batches.flat(), nodes, machines };
}
