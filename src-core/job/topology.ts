/** Walks over graphs in which nodes name their parents. Iterative: a chain of thousands must not end at the stack. */

export interface TopologyNode {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

/** Ids along a circle, the first again at the end; null where there is none. Parents that are not among the nodes are passed over. */
export function findCycle(nodes: readonly TopologyNode[]): string[] | null {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const finished = new Set<string>();
  for (const start of nodes) {
    const path: { node: TopologyNode; next: number }[] = [];
    const onPath = new Map<string, number>();
    const enter = (node: TopologyNode) => {
      onPath.set(node.id, path.length);
      path.push({ node, next: 0 });
    };
    if (!finished.has(start.id)) enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const parentId = top.node.dependsOn[top.next];
      top.next += 1;
      if (parentId === undefined) {
        finished.add(top.node.id);
        onPath.delete(top.node.id);
        path.pop();
        continue;
      }
      const seenAt = onPath.get(parentId);
      if (seenAt !== undefined) return [...path.slice(seenAt).map(({ node }) => node.id), parentId];
      const parent = byId.get(parentId);
      if (parent !== undefined && !finished.has(parentId)) enter(parent);
    }
  }
  return null;
}

/** Parents before children, else in the order given. Nodes on a circle, and what comes after them, are left out. */
export function parentsFirst<T extends TopologyNode>(nodes: readonly T[]): T[] {
  const ids = new Set(nodes.map((node) => node.id));
  const missing = new Map<string, number>();
  const children = new Map<string, T[]>();
  for (const node of nodes) {
    const parents = [...new Set(node.dependsOn)].filter((id) => ids.has(id));
    missing.set(node.id, parents.length);
    for (const parent of parents) {
      const list = children.get(parent);
      if (list === undefined) children.set(parent, [node]);
      else list.push(node);
    }
  }
  const ordered = nodes.filter((node) => missing.get(node.id) === 0);
  for (let at = 0; at < ordered.length; at++) {
    for (const child of children.get(ordered[at]?.id ?? "") ?? []) {
      const left = (missing.get(child.id) ?? 0) - 1;
      missing.set(child.id, left);
      if (left === 0) ordered.push(child);
    }
  }
  return ordered;
}

/** The nodes on the longest way through the graph by what each takes, first to last: what one has to shorten to be ready sooner. */
export function criticalPath(nodes: readonly (TopologyNode & { readonly ms: number })[]): {
  ids: string[];
  ms: number;
} {
  const best = new Map<string, { ms: number; before: string | null }>();
  let end: string | null = null;
  for (const node of parentsFirst(nodes)) {
    let before: string | null = null;
    for (const parent of node.dependsOn) {
      if (best.has(parent) && (before === null || (best.get(parent)?.ms ?? 0) > (best.get(before)?.ms ?? 0)))
        before = parent;
    }
    best.set(node.id, { ms: node.ms + (before === null ? 0 : (best.get(before)?.ms ?? 0)), before });
    if (end === null || (best.get(node.id)?.ms ?? 0) > (best.get(end)?.ms ?? 0)) end = node.id;
  }
  const ids: string[] = [];
  for (let id = end; id !== null; id = best.get(id)?.before ?? null) ids.unshift(id);
  return { ids, ms: end === null ? 0 : (best.get(end)?.ms ?? 0) };
}
