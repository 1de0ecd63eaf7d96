/** What the drawing shows of each schedule and edge beside its wiring: the run looked at, what is highlighted. */
import type { ScheduledRunState } from "../../../src-core/model/scheduled-run.ts";
import type { GraphNode } from "./graph-draft.ts";

/** The run of a schedule that is looked at. */
export interface ShownRun {
  readonly id: string;
  readonly state: ScheduledRunState;
  readonly nominalAt: string;
  /** Why it waits, or was skipped; known only of a firing. */
  readonly reason: string | null;
}

/** @param firing the runs of the firing looked at by schedule; null: the last run of each */
export function shownRun(node: GraphNode, firing: ReadonlyMap<string, ShownRun> | null): ShownRun | null {
  if (firing !== null) return firing.get(node.id) ?? null;
  const last = node.row?.recent.at(-1);
  return last === undefined ? null : { ...last, reason: null };
}

/** "a>b" of an edge: how sets of edges name it. Ids hold no ">". */
export function edgeKey(parentId: string, childId: string): string {
  return `${parentId}>${childId}`;
}

/** The edges along ids that follow each other. */
export function edgesAlong(ids: readonly string[]): Set<string> {
  return new Set(ids.slice(1).map((id, index) => edgeKey(ids[index] ?? "", id)));
}
