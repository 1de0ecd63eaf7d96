/** What keys do in the graph, in the drawing as in the list beside it. */
import { type KeyboardEvent, useEffect } from "react";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { announce } from "../../components/announcer.tsx";
import type { GraphNode } from "./graph-draft.ts";
import { type Arrow, moveSelection, type Selection } from "./graph-moves.ts";
import { useGraph } from "./graph-store.ts";
import { edgeWords, listNames } from "./graph-words.ts";

interface GraphKeys {
  /** Keys that act on what is selected; true where it was one. */
  onActionKey: (event: KeyboardEvent) => boolean;
  /** The same and the arrow keys of the drawing. */
  onDrawingKey: (event: KeyboardEvent) => void;
}

const ARROWS: Record<string, Arrow> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

export function useGraphKeys(
  rows: readonly ScheduleRow[],
  nodes: readonly GraphNode[],
  open: { connect: () => void; add: () => void },
): GraphKeys {
  useUndoKeys();
  const onActionKey = (event: KeyboardEvent): boolean => {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const { selection, select, edit } = useGraph.getState();
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "c" && selection?.kind === "node") open.connect();
    else if (key === "a") open.add();
    else if (key === "Escape" && selection !== null) select(null);
    else if (key === "Enter" && selection !== null) document.getElementById("graph-panel")?.focus();
    else if (key === "Delete" || key === "Backspace") removeSelected(rows, nodes, selection, edit, select);
    else return false;
    event.preventDefault();
    return true;
  };
  return {
    onActionKey,
    onDrawingKey(event) {
      if (onActionKey(event)) return;
      const arrow = ARROWS[event.key];
      if (arrow === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const { selection, places, select } = useGraph.getState();
      const next = moveSelection(nodes, places, selection, arrow);
      if (next === null) return announce("Nothing that way.");
      select(next);
      announce(selectionWords(nodes, next));
    },
  };
}

/** Ctrl+Z and Ctrl+Shift+Z from anywhere on the page but a field, which has its own. */
function useUndoKeys(): void {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const target = event.target instanceof HTMLElement ? event.target : null;
      if (target?.closest("input, textarea, [role=dialog]")) return;
      const key = event.key.toLowerCase();
      const { undo, redo } = useGraph.getState();
      if (key === "z" && !event.shiftKey) undo();
      else if ((key === "z" && event.shiftKey) || key === "y") redo();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

function removeSelected(
  rows: readonly ScheduleRow[],
  nodes: readonly GraphNode[],
  selection: Selection | null,
  edit: ReturnType<typeof useGraph.getState>["edit"],
  select: (selection: Selection | null) => void,
): void {
  if (selection === null) return;
  if (selection.kind === "edge") {
    const { parentId, childId, from } = selection;
    if (edit(rows, { kind: "disconnect", parentId, childId }))
      select({ kind: "node", id: from === "parent" ? parentId : childId });
    return;
  }
  const node = nodes.find(({ id }) => id === selection.id);
  if (node?.row !== null) announce("Saved schedules are removed on their own page; Delete removes connections.");
  else if (edit(rows, { kind: "discard", id: selection.id })) select(null);
}

/** What is selected, as it is said aloud. */
function selectionWords(nodes: readonly GraphNode[], selection: Selection): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const nameOf = (id: string) => byId.get(id)?.name ?? id;
  if (selection.kind === "edge") {
    const { parentId, childId } = selection;
    const dependency = byId.get(childId)?.dependencies.find((each) => each.parentId === parentId);
    return `Connection: ${nameOf(childId)} after ${nameOf(parentId)}${dependency === undefined ? "" : `, ${edgeWords(dependency)}`}`;
  }
  const node = byId.get(selection.id);
  if (node === undefined) return "";
  const after = node.dependencies.map(({ parentId }) => nameOf(parentId));
  const before = nodes.filter(({ dependencies }) => dependencies.some(({ parentId }) => parentId === node.id));
  return [
    node.name,
    ...(after.length === 0 ? [] : [`after ${listNames(after)}`]),
    ...(before.length === 0 ? [] : [`before ${listNames(before.map(({ name }) => name))}`]),
  ].join(", ");
}
