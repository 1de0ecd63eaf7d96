/** The graph of a run's tasks: what may start now, what never will, and whether it can be walked at all. */
import type { WorkState } from "../model/run.ts";
import { findCycle, type TopologyNode } from "./topology.ts";

interface StatedNode extends TopologyNode {
  readonly state: WorkState;
}

/** Ids of the tasks not yet begun whose parents all succeeded, in the order given. */
export function readyTasks(tasks: readonly StatedNode[]): string[] {
  const succeeded = new Set(tasks.filter((task) => task.state === "succeeded").map((task) => task.id));
  return tasks
    .filter((task) => task.state === "queued" || task.state === "waiting")
    .filter((task) => task.dependsOn.every((parent) => succeeded.has(parent)))
    .map((task) => task.id);
}

/** Tasks not yet begun that never can be, each with the parent that ended otherwise than well. */
export function blockedTasks<T extends StatedNode>(tasks: readonly T[]): { task: T; parent: T }[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const blocked: { task: T; parent: T }[] = [];
  for (const task of tasks) {
    if (task.state !== "queued" && task.state !== "waiting") continue;
    const parent = task.dependsOn
      .map((id) => byId.get(id))
      .find((p) => p !== undefined && (p.state === "failed" || p.state === "canceled" || p.state === "skipped"));
    if (parent !== undefined) blocked.push({ task, parent });
  }
  return blocked;
}

/** Why the graph cannot be walked, in words that name the tasks; null when it can. */
export function graphProblem(nodes: readonly TopologyNode[]): string | null {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  if (byId.size < nodes.length) {
    const twice = nodes.find((node, index) => nodes.findIndex((other) => other.id === node.id) < index);
    return `Two tasks are called ${twice?.id}.`;
  }
  for (const node of nodes) {
    const missing = node.dependsOn.find((id) => !byId.has(id));
    if (missing !== undefined) return `Task ${node.id} depends on ${missing}, which does not exist.`;
  }
  const cycle = findCycle(nodes);
  return cycle === null ? null : `The tasks depend on each other in a circle: ${cycle.join(" → ")}.`;
}
