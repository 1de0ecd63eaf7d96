/** The inventory's nodes as the rows of a tree. Pure: hostile parents (circles, ones that never came) are put at the top. */
import type { InventoryNode, NodeKind } from "../../../src-core/model/inventory.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";

export interface TreeRow {
  readonly node: InventoryNode;
  readonly depth: number;
  readonly hasChildren: boolean;
  readonly open: boolean;
  /** Machines in it and below. */
  readonly machineCount: number;
}

/** What the tree shows; the others have tabs of their own. */
const IN_TREE: ReadonlySet<NodeKind> = new Set(["datacenter", "folder", "cluster", "host", "pool"]);

export interface Tree {
  readonly roots: readonly InventoryNode[];
  readonly children: ReadonlyMap<string, readonly InventoryNode[]>;
  /** Machines in each node and below it. */
  readonly counts: ReadonlyMap<string, number>;
  /** For each node itself and all below it. */
  readonly below: (id: string) => ReadonlySet<string>;
}

export function buildTree(
  nodes: readonly InventoryNode[],
  machines: readonly Pick<MachineRow, "parentId" | "hostId">[],
): Tree {
  const shown = new Map(nodes.filter(({ kind }) => IN_TREE.has(kind)).map((node) => [node.id, node]));
  const parents = new Map<string, string>();
  for (const node of shown.values()) {
    const parent = node.parentId;
    if (parent !== null && shown.has(parent) && !leadsTo(parents, parent, node.id)) parents.set(node.id, parent);
  }
  const counts = new Map<string, number>();
  for (const { parentId, hostId } of machines) {
    // Once a node, also where a machine lies in it by two ways.
    const above = new Set<string>();
    for (const start of [parentId, hostId]) {
      for (let id = start ?? undefined; id !== undefined && !above.has(id); id = parents.get(id)) {
        if (shown.has(id)) above.add(id);
      }
    }
    for (const id of above) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const idle = idleFolders(nodes, shown, parents, counts);
  const children = new Map<string, InventoryNode[]>();
  const roots: InventoryNode[] = [];
  for (const node of shown.values()) {
    if (idle.has(node.id)) continue;
    const parent = parents.get(node.id);
    const inside = parent === undefined ? roots : children.get(parent);
    if (inside !== undefined) inside.push(node);
    else if (parent !== undefined) children.set(parent, [node]);
  }
  return {
    roots,
    children,
    counts,
    below(id) {
      const found = new Set([id]);
      for (const one of found) for (const child of children.get(one) ?? []) found.add(child.id);
      return found;
    },
  };
}

/** Folders that hold datastores or networks and no machine: those have tabs of their own. An empty folder for machines stays. */
function idleFolders(
  nodes: readonly InventoryNode[],
  shown: ReadonlyMap<string, InventoryNode>,
  parents: ReadonlyMap<string, string>,
  counts: ReadonlyMap<string, number>,
): ReadonlySet<string> {
  const upwards = function* (from: string | null) {
    for (let id = from ?? undefined; id !== undefined && shown.has(id); id = parents.get(id)) yield id;
  };
  const above = new Set<string>();
  for (const { kind, parentId } of nodes) {
    if (kind === "datastore" || kind === "network") for (const id of upwards(parentId)) above.add(id);
  }
  const idle = new Set(above);
  for (const { id, kind } of shown.values()) {
    if (kind === "folder" && above.has(id) && !counts.has(id)) continue;
    // What lies above a place that is shown is shown too.
    for (const up of upwards(id)) idle.delete(up);
  }
  return idle;
}

/** The rows that are seen, with these nodes closed. */
export function treeRows(tree: Tree, closed: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];
  const add = (node: InventoryNode, depth: number) => {
    const inside = tree.children.get(node.id) ?? [];
    const open = inside.length > 0 && !closed.has(node.id);
    rows.push({ node, depth, hasChildren: inside.length > 0, open, machineCount: tree.counts.get(node.id) ?? 0 });
    if (open) for (const child of inside) add(child, depth + 1);
  };
  for (const root of tree.roots) add(root, 0);
  return rows;
}

function leadsTo(parents: ReadonlyMap<string, string>, from: string, to: string): boolean {
  for (let id: string | undefined = from; id !== undefined; id = parents.get(id)) if (id === to) return true;
  return false;
}
