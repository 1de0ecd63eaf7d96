/** The longest way through the graph by how long runs took lately: what has to become shorter for all to be ready sooner. Pure. */
import { criticalPath } from "../../../src-core/job/topology.ts";
import { type GraphNode, topologyOf } from "./graph-draft.ts";
import { connectedParts } from "./graph-layout.ts";

export interface CriticalWay {
  /** First to last. */
  readonly ids: readonly string[];
  readonly lowMs: number;
  readonly highMs: number;
  /** Names of schedules that were looked at and have no run to predict from: they count as nothing. */
  readonly unknown: readonly string[];
}

/**
 * @param selectedId the way that ends at this schedule; null: of the part of the graph that takes longest
 * @returns null where no duration is known at all
 */
export function criticalWay(nodes: readonly GraphNode[], selectedId: string | null): CriticalWay | null {
  if (selectedId !== null) return wayThrough(upTo(nodes, selectedId), selectedId);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  let longest: CriticalWay | null = null;
  for (const part of connectedParts(topologyOf(nodes))) {
    if (part.length < 2) break;
    const way = wayThrough(
      part.flatMap((id) => byId.get(id) ?? []),
      null,
    );
    if (way !== null && (longest === null || way.highMs > longest.highMs)) longest = way;
  }
  return longest;
}

function wayThrough(nodes: readonly GraphNode[], endId: string | null): CriticalWay | null {
  const timed = topologyOf(nodes).map((node, index) => ({ ...node, ms: nodes[index]?.row?.predicted?.highMs ?? 0 }));
  // What leads nowhere but to the end is the longest way as soon as the end outweighs all others.
  const all = timed.reduce((sum, { ms }) => sum + ms, 0);
  if (all === 0) return null;
  const weighed = timed.map((node) => (node.id === endId ? { ...node, ms: node.ms + all } : node));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const { ids } = criticalPath(weighed);
  const span = (key: "lowMs" | "highMs") =>
    ids.reduce((sum, id) => sum + (byId.get(id)?.row?.predicted?.[key] ?? 0), 0);
  const unknown = nodes.filter(({ row }) => (row?.predicted ?? null) === null).map(({ name }) => name);
  return { ids, lowMs: span("lowMs"), highMs: span("highMs"), unknown };
}

/** A schedule and all that it comes after, near or far. */
function upTo(nodes: readonly GraphNode[], id: string): GraphNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const taken = new Set([id]);
  for (const each of taken) for (const { parentId } of byId.get(each)?.dependencies ?? []) taken.add(parentId);
  return nodes.filter((node) => taken.has(node.id));
}
