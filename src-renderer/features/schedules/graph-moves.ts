/** Where the arrow keys take the selection: along edges to the left and right, among neighbours up and down. Pure. */
import type { GraphNode } from "./graph-draft.ts";
import type { Point } from "./graph-layout.ts";

export type Selection =
  | { readonly kind: "node"; readonly id: string }
  | {
      readonly kind: "edge";
      readonly parentId: string;
      readonly childId: string;
      /** The end it was reached from: up and down go through that one's edges. */
      readonly from: "parent" | "child";
    };

export type Arrow = "left" | "right" | "up" | "down";

/** What is selected after an arrow key; null: there is nothing that way. */
export function moveSelection(
  nodes: readonly GraphNode[],
  places: ReadonlyMap<string, Point>,
  selection: Selection | null,
  arrow: Arrow,
): Selection | null {
  const height = (id: string) => places.get(id)?.y ?? 0;
  if (selection === null) {
    const first = nodes.toSorted((a, b) => height(a.id) - height(b.id) || left(places, a.id) - left(places, b.id))[0];
    return first === undefined ? null : { kind: "node", id: first.id };
  }
  if (selection.kind === "node") {
    const { id } = selection;
    if (arrow === "right") return edgesBelow(nodes, id, height)[0] ?? null;
    if (arrow === "left") return edgesAbove(nodes, id, height)[0] ?? null;
    return neighbour(nodes, places, id, arrow);
  }
  const { parentId, childId, from } = selection;
  if (arrow === "right") return { kind: "node", id: childId };
  if (arrow === "left") return { kind: "node", id: parentId };
  const siblings = from === "parent" ? edgesBelow(nodes, parentId, height) : edgesAbove(nodes, childId, height);
  const at = siblings.findIndex((edge) => edge.parentId === parentId && edge.childId === childId);
  return siblings[at + (arrow === "down" ? 1 : -1)] ?? null;
}

type EdgeSelection = Extract<Selection, { kind: "edge" }>;

/** Edges to what comes after a node, the uppermost first. */
function edgesBelow(nodes: readonly GraphNode[], parentId: string, height: (id: string) => number): EdgeSelection[] {
  return nodes
    .filter(({ dependencies }) => dependencies.some((each) => each.parentId === parentId))
    .sort((a, b) => height(a.id) - height(b.id))
    .map(({ id }) => ({ kind: "edge", parentId, childId: id, from: "parent" }));
}

/** Edges to what a node comes after. */
function edgesAbove(nodes: readonly GraphNode[], childId: string, height: (id: string) => number): EdgeSelection[] {
  const child = nodes.find(({ id }) => id === childId);
  return (child?.dependencies ?? [])
    .map(({ parentId }): EdgeSelection => ({ kind: "edge", parentId, childId, from: "child" }))
    .sort((a, b) => height(a.parentId) - height(b.parentId));
}

/** The nearest node above or below; what stands aside counts as twice as far. */
function neighbour(
  nodes: readonly GraphNode[],
  places: ReadonlyMap<string, Point>,
  id: string,
  arrow: "up" | "down",
): Selection | null {
  const here = places.get(id);
  if (here === undefined) return null;
  let best: { id: string; far: number } | null = null;
  for (const node of nodes) {
    const place = places.get(node.id);
    if (place === undefined || node.id === id) continue;
    const ahead = arrow === "down" ? place.y - here.y : here.y - place.y;
    if (ahead <= 0) continue;
    const far = ahead + 2 * Math.abs(place.x - here.x);
    if (best === null || far < best.far) best = { id: node.id, far };
  }
  return best === null ? null : { kind: "node", id: best.id };
}

function left(places: ReadonlyMap<string, Point>, id: string): number {
  return places.get(id)?.x ?? 0;
}
