/** Where the schedules stand in the drawing: each connected part laid out left to right, the parts under each other. Pure. */
import { Graph, layout } from "@dagrejs/dagre";
import { parentsFirst, type TopologyNode } from "../../../src-core/job/topology.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A schedule as it is drawn, and what is left free around it, in pixels. */
export const NODE_WIDTH = 232;
export const NODE_HEIGHT = 84;
const BESIDE = 150;
const BELOW = 22;
const BETWEEN_PARTS = 56;
const WIDER_THAN_HIGH = 1.4;
/** So many in one part, or in all: above it dagre takes seconds, and layers with a few sweeps are good enough to read. */
const MOST_FOR_DAGRE = { part: 120, all: 600 };
const SWEEPS = 4;

/** Parts that edges hold together: those with most schedules first, single ones last, each in the order given. */
export function connectedParts(nodes: readonly TopologyNode[]): string[][] {
  const leader = new Map(nodes.map(({ id }) => [id, id]));
  const find = (id: string): string => {
    let root = id;
    for (let up = leader.get(root); up !== undefined && up !== root; up = leader.get(root)) root = up;
    for (let at = id; at !== root; ) {
      const up = leader.get(at) ?? root;
      leader.set(at, root);
      at = up;
    }
    return root;
  };
  for (const { id, dependsOn } of nodes) {
    for (const parent of dependsOn) if (leader.has(parent)) leader.set(find(parent), find(id));
  }
  const parts = new Map<string, string[]>();
  for (const { id } of nodes) {
    const root = find(id);
    const part = parts.get(root);
    if (part === undefined) parts.set(root, [id]);
    else part.push(id);
  }
  return [...parts.values()].sort((a, b) => b.length - a.length);
}

/** The upper left corner of every node. Parts are set side by side, in rows as wide as makes the whole a little wider than high. */
export function layOut(nodes: readonly TopologyNode[]): Map<string, Point> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parts = connectedParts(nodes).map((ids) => {
    const places = layOutPart(
      ids.flatMap((id) => byId.get(id) ?? []),
      nodes.length,
    );
    const corners = [...places.values()];
    const width = Math.max(...corners.map(({ x }) => x)) + NODE_WIDTH;
    const height = Math.max(...corners.map(({ y }) => y)) + NODE_HEIGHT;
    return { places, width, height };
  });
  const area = parts.reduce((sum, { width, height }) => sum + (width + BETWEEN_PARTS) * (height + BETWEEN_PARTS), 0);
  const rowWidth = Math.max(Math.sqrt(area * WIDER_THAN_HIGH), ...parts.map(({ width }) => width));
  const all = new Map<string, Point>();
  let [left, top, rowHeight] = [0, 0, 0];
  for (const { places, width, height } of parts) {
    if (left > 0 && left + width > rowWidth) {
      top += rowHeight + BETWEEN_PARTS;
      [left, rowHeight] = [0, 0];
    }
    for (const [id, { x, y }] of places) all.set(id, { x: x + left, y: y + top });
    left += width + BETWEEN_PARTS;
    rowHeight = Math.max(rowHeight, height);
  }
  return all;
}

function layOutPart(nodes: readonly TopologyNode[], all: number): Map<string, Point> {
  const [only] = nodes;
  if (nodes.length === 1 && only !== undefined) return new Map([[only.id, { x: 0, y: 0 }]]);
  return nodes.length <= MOST_FOR_DAGRE.part && all <= MOST_FOR_DAGRE.all ? byDagre(nodes) : byLayers(nodes);
}

function byDagre(nodes: readonly TopologyNode[]): Map<string, Point> {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", ranksep: BESIDE, nodesep: BELOW });
  graph.setDefaultEdgeLabel(() => ({}));
  const ids = new Set(nodes.map(({ id }) => id));
  for (const { id } of nodes) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { id, dependsOn } of nodes) for (const parent of dependsOn) if (ids.has(parent)) graph.setEdge(parent, id);
  layout(graph);
  const corners = nodes.map(({ id }) => {
    const { x, y } = graph.node(id) as Point;
    return [id, { x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - NODE_HEIGHT / 2) }] as const;
  });
  return new Map(corners);
}

/** Columns by the longest way from a beginning; in a column, in the order of the middle of what is next to it. */
function byLayers(nodes: readonly TopologyNode[]): Map<string, Point> {
  const column = new Map<string, number>();
  const ordered = parentsFirst(nodes);
  for (const { id, dependsOn } of ordered) {
    column.set(id, Math.max(-1, ...dependsOn.map((parent) => column.get(parent) ?? -1)) + 1);
  }
  const columns: string[][] = [];
  for (const { id } of ordered) {
    const index = column.get(id) ?? 0;
    const list = columns[index];
    if (list === undefined) columns[index] = [id];
    else list.push(id);
  }
  const beside = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { id, dependsOn } of nodes) {
    for (const parent of dependsOn) {
      if (!beside.has(parent)) continue;
      beside.get(parent)?.push(id);
      beside.get(id)?.push(parent);
    }
  }
  const rank = new Map<string, number>();
  const settle = (ids: readonly string[]) => {
    for (const [index, id] of ids.entries()) rank.set(id, index - ids.length / 2);
  };
  columns.forEach(settle);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const [index, ids] of sweep % 2 === 0 ? [...columns.entries()] : [...columns.entries()].reverse()) {
      const middle = new Map(
        ids.map((id) => {
          const near = beside.get(id) ?? [];
          const sum = near.reduce((total, other) => total + (rank.get(other) ?? 0), 0);
          return [id, near.length === 0 ? (rank.get(id) ?? 0) : sum / near.length];
        }),
      );
      const sorted = ids.toSorted((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
      columns[index] = sorted;
      settle(sorted);
    }
  }
  const tallest = Math.max(...columns.map((ids) => ids.length));
  const places = new Map<string, Point>();
  for (const [index, ids] of columns.entries()) {
    const first = ((tallest - ids.length) / 2) * (NODE_HEIGHT + BELOW);
    for (const [row, id] of ids.entries()) {
      places.set(id, { x: index * (NODE_WIDTH + BESIDE), y: Math.round(first + row * (NODE_HEIGHT + BELOW)) });
    }
  }
  return places;
}

/** A free place for a node that is new in a drawing: right of its first parent, else under all others. */
export function placeBeside(places: ReadonlyMap<string, Point>, parentIds: readonly string[]): Point {
  const parent = parentIds.map((id) => places.get(id)).find((place) => place !== undefined);
  const all = [...places.values()];
  if (parent === undefined) {
    const bottom = all.reduce((lowest, { y }) => Math.max(lowest, y + NODE_HEIGHT), -BETWEEN_PARTS);
    return { x: all.reduce((left, { x }) => Math.min(left, x), all[0]?.x ?? 0), y: bottom + BETWEEN_PARTS };
  }
  const x = parent.x + NODE_WIDTH + BESIDE;
  const taken = all.filter((place) => Math.abs(place.x - x) < NODE_WIDTH).sort((a, b) => a.y - b.y);
  let { y } = parent;
  for (const place of taken) if (Math.abs(place.y - y) < NODE_HEIGHT + BELOW) y = place.y + NODE_HEIGHT + BELOW;
  return { x, y };
}
