/**
 * The graph as it is edited: what differs from what is saved, and nothing else. Pure: an edit gives a new draft or says why it is refused.
 */

import { findCycle } from "../../../src-core/job/topology.ts";
import type { Dependency, Join } from "../../../src-core/model/dependency.ts";
import type { ScheduleDefinition } from "../../../src-core/model/schedule.ts";
import { MAX_PARENTS } from "../../../src-core/model/schedule-limits.ts";
import type { ScheduleChange, ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { edgeWords, JOIN_WORDS, loopWords } from "./graph-words.ts";

/** What a schedule comes after. */
interface Wiring {
  readonly dependencies: readonly Dependency[];
  readonly join: Join;
}

/** A schedule that is not saved yet; what it comes after is in its wiring. */
export interface NewSchedule {
  readonly id: string;
  readonly definition: ScheduleDefinition;
}

export interface Draft {
  readonly added: readonly NewSchedule[];
  /** Of schedules whose wiring differs from what is saved; `changedAt`: of the saved one when the first edit was made. */
  readonly wired: ReadonlyMap<string, Wiring & { readonly changedAt: string | null }>;
}

export const EMPTY_DRAFT: Draft = { added: [], wired: new Map() };

/** A schedule of the graph, saved or not, with the draft laid over it. */
export interface GraphNode extends Wiring {
  readonly id: string;
  readonly name: string;
  /** It has times of its own. */
  readonly byClock: boolean;
  /** null: it is not saved yet. */
  readonly row: ScheduleRow | null;
}

export type Edit =
  | { readonly kind: "connect" | "disconnect"; readonly parentId: string; readonly childId: string }
  | {
      readonly kind: "edge";
      readonly parentId: string;
      readonly childId: string;
      readonly patch: Partial<Omit<Dependency, "parentId">>;
    }
  | { readonly kind: "join"; readonly id: string; readonly join: Join }
  | { readonly kind: "add"; readonly schedule: NewSchedule }
  /** A new schedule, with the edges at it. */
  | { readonly kind: "discard"; readonly id: string };

export interface Refusal {
  readonly message: string;
  /** Ids along the circle that it would make, parents first, the first again at the end; empty for other reasons. */
  readonly loop: readonly string[];
}

export type Outcome =
  | { readonly draft: Draft /** What was done. */; readonly words: string }
  | { readonly refusal: Refusal };

/** All schedules as they would be. */
export function graphNodes(rows: readonly ScheduleRow[], draft: Draft): GraphNode[] {
  const saved = rows.map((row): GraphNode => {
    const { dependencies, join } = draft.wired.get(row.id) ?? row;
    return { id: row.id, name: row.name, dependencies, join, byClock: row.whenKind !== "after", row };
  });
  const added = draft.added.map(({ id, definition }): GraphNode => {
    const { dependencies, join } = draft.wired.get(id) ?? definition;
    return { id, name: definition.name, dependencies, join, byClock: definition.when.kind !== "after", row: null };
  });
  return [...saved, ...added];
}

/** For walks over the graph (job/topology.ts). */
export function topologyOf(nodes: readonly GraphNode[]): { id: string; dependsOn: string[] }[] {
  return nodes.map(({ id, dependencies }) => ({ id, dependsOn: dependencies.map(({ parentId }) => parentId) }));
}

export function applyEdit(rows: readonly ScheduleRow[], draft: Draft, edit: Edit): Outcome {
  const nodes = graphNodes(rows, draft);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const nameOf = (id: string) => byId.get(id)?.name ?? id;
  const rewire = (child: GraphNode, wiring: Partial<Wiring>, words: string): Outcome => ({
    draft: withWiring(draft, child, { dependencies: child.dependencies, join: child.join, ...wiring }),
    words,
  });
  switch (edit.kind) {
    case "add": {
      const { name } = edit.schedule.definition;
      if (nodes.some((node) => node.name === name)) return refuse(`There is a schedule called "${name}" already.`);
      return { draft: { ...draft, added: [...draft.added, edit.schedule] }, words: `added ${name}` };
    }
    case "discard": {
      if (byId.get(edit.id)?.row !== null) return refuse("Saved schedules are removed on their own page.");
      const wired = new Map(draft.wired);
      wired.delete(edit.id);
      let left: Draft = { added: draft.added.filter(({ id }) => id !== edit.id), wired };
      for (const child of nodes) {
        if (child.dependencies.some(({ parentId }) => parentId === edit.id)) left = cut(left, child, edit.id);
      }
      return { draft: left, words: `removed ${nameOf(edit.id)}` };
    }
    case "join": {
      const node = byId.get(edit.id);
      if (node === undefined) return refuse("The schedule is gone.");
      return rewire(node, { join: edit.join }, `${node.name} starts when ${JOIN_WORDS[edit.join]}`);
    }
  }
  const { parentId, childId } = edit;
  const child = byId.get(childId);
  if (child === undefined || !byId.has(parentId)) return refuse("The schedule is gone.");
  const known = child.dependencies.find((dependency) => dependency.parentId === parentId);
  const [parentName, childName] = [nameOf(parentId), child.name];
  switch (edit.kind) {
    case "connect": {
      if (known !== undefined) return refuse(`"${childName}" comes after "${parentName}" already.`);
      if (child.dependencies.length >= MAX_PARENTS)
        return refuse(`"${childName}" comes after ${MAX_PARENTS} others: that is the limit.`);
      // One with times of its own is made by no firing of its parent: it can only look at that day's run.
      const added: Dependency = { parentId, on: "success", run: child.byClock ? "today" : "firing", timeoutMs: null };
      const dependencies = [...child.dependencies, added];
      const loop = findCycle(topologyOf(nodes.map((node) => (node === child ? { ...node, dependencies } : node))));
      if (loop !== null) {
        // The walk went from child to parent.
        const ids = loop.toReversed();
        return {
          refusal: { message: `They would wait for each other in a circle: ${loopWords(ids.map(nameOf))}.`, loop: ids },
        };
      }
      return rewire(child, { dependencies }, `${childName} comes after ${parentName}, ${edgeWords(added)}`);
    }
    case "disconnect": {
      if (known === undefined) return refuse("They are not connected.");
      return {
        draft: cut(draft, child, parentId),
        words: `${childName} no longer comes after ${parentName}`,
      };
    }
    case "edge": {
      if (known === undefined) return refuse("They are not connected.");
      const next = { ...known, ...edit.patch };
      const dependencies = child.dependencies.map((each) => (each === known ? next : each));
      return rewire(child, { dependencies }, `${childName} after ${parentName}: ${edgeWords(next)}`);
    }
  }
}

function refuse(message: string): Outcome {
  return { refusal: { message, loop: [] } };
}

function cut(draft: Draft, child: GraphNode, parentId: string): Draft {
  const wiring = draft.wired.get(child.id) ?? child;
  return withWiring(draft, child, {
    dependencies: wiring.dependencies.filter((dependency) => dependency.parentId !== parentId),
    join: wiring.join,
  });
}

/** What is wired as it is saved is not in the draft. */
function withWiring(draft: Draft, node: GraphNode, { dependencies, join }: Wiring): Draft {
  const wired = new Map(draft.wired);
  const saved = node.row ?? draft.added.find(({ id }) => id === node.id)?.definition;
  const changedAt = draft.wired.get(node.id)?.changedAt ?? node.row?.changedAt ?? null;
  if (saved !== undefined && sameWiring(saved, { dependencies, join })) wired.delete(node.id);
  else wired.set(node.id, { dependencies, join, changedAt });
  return { ...draft, wired };
}

function sameWiring(a: Wiring, b: Wiring): boolean {
  if (a.join !== b.join || a.dependencies.length !== b.dependencies.length) return false;
  const others = new Map(b.dependencies.map((each) => [each.parentId, each]));
  return a.dependencies.every((each) => {
    const other = others.get(each.parentId);
    return other !== undefined && sameEdge(each, other);
  });
}

function sameEdge(a: Dependency, b: Dependency): boolean {
  return a.on === b.on && a.run === b.run && a.timeoutMs === b.timeoutMs;
}

export function isChanged(draft: Draft): boolean {
  return draft.added.length > 0 || draft.wired.size > 0;
}

/** What is to be saved, for schedules.apply: new ones first, since others may come after them. */
export function changesOf(draft: Draft): ScheduleChange[] {
  const created = draft.added.map(({ id, definition }): ScheduleChange => {
    const { dependencies, join } = draft.wired.get(id) ?? definition;
    return { kind: "create", id, definition: { ...definition, dependencies: [...dependencies], join }, enabled: true };
  });
  const isNew = new Set(draft.added.map(({ id }) => id));
  const connected = [...draft.wired].flatMap(([id, { dependencies, join, changedAt }]): ScheduleChange[] =>
    isNew.has(id)
      ? []
      : [{ kind: "connect", id, dependencies: [...dependencies], join, ...(changedAt === null ? {} : { changedAt }) }],
  );
  return [...created, ...connected];
}

/** The draft in words, a line for each thing that is different. */
export function draftLines(rows: readonly ScheduleRow[], draft: Draft): string[] {
  const nodes = graphNodes(rows, draft);
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  const nameOf = (id: string) => names.get(id) ?? id;
  const saved = new Map<string, Wiring>(rows.map((row) => [row.id, row]));
  const nothing: Wiring = { dependencies: [], join: "all" };
  return nodes.flatMap((node) => {
    const isNew = node.row === null;
    if (!isNew && !draft.wired.has(node.id)) return [];
    const before = saved.get(node.id) ?? nothing;
    const old = new Map(before.dependencies.map((each) => [each.parentId, each]));
    const lines = isNew ? [`${node.name} is new`] : [];
    for (const each of node.dependencies) {
      const was = old.get(each.parentId);
      old.delete(each.parentId);
      const ends = `${node.name} comes after ${nameOf(each.parentId)}`;
      if (was === undefined) lines.push(`${ends}, ${edgeWords(each)}`);
      else if (!sameEdge(was, each)) lines.push(`${ends} ${edgeWords(each)} instead of ${edgeWords(was)}`);
    }
    for (const parentId of old.keys()) lines.push(`${node.name} no longer comes after ${nameOf(parentId)}`);
    if (before.join !== node.join) lines.push(`${node.name} starts when ${JOIN_WORDS[node.join]}`);
    return lines;
  });
}

/** Names of edited schedules that were changed or removed elsewhere since the first edit: saving would be refused. */
export function changedElsewhere(rows: readonly ScheduleRow[], draft: Draft): string[] {
  if (draft.wired.size === 0) return [];
  const byId = new Map(rows.map((row) => [row.id, row]));
  return [...draft.wired].flatMap(([id, { changedAt }]) => {
    if (changedAt === null) return [];
    const row = byId.get(id);
    return row === undefined ? [id] : row.changedAt === changedAt ? [] : [row.name];
  });
}

/** The same edits on top of what is saved now. What is gone takes its edges with it. */
export function rebase(rows: readonly ScheduleRow[], draft: Draft): Draft {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const isNew = new Set(draft.added.map(({ id }) => id));
  const exists = (id: string) => byId.has(id) || isNew.has(id);
  let rebased: Draft = { added: draft.added, wired: new Map() };
  for (const [id, { dependencies, join }] of draft.wired) {
    if (!exists(id)) continue;
    const row = byId.get(id) ?? null;
    const node = { id, name: "", byClock: false, row, dependencies, join };
    rebased = withWiring(rebased, node, {
      dependencies: dependencies.filter(({ parentId }) => exists(parentId)),
      join,
    });
  }
  return rebased;
}
