import { expect, it } from "vitest";
import type { Edit } from "./graph-draft.ts";
import { graphNodes } from "./graph-draft.ts";
import { type History, NO_HISTORY, reduceHistory } from "./graph-history.ts";
import { scheduleRow } from "./testing/schedule-row.ts";

const rows = [scheduleRow("a", {}), scheduleRow("b", {}), scheduleRow("c", {})];
const connect = (parentId: string, childId: string): Edit => ({ kind: "connect", parentId, childId });
const play = (history: History, ...steps: (Edit | "undo" | "redo" | "dismiss")[]) =>
  steps.reduce(
    (now, step) => reduceHistory(now, typeof step === "string" ? { kind: step } : { kind: "edit", edit: step, rows }),
    history,
  );
const edges = ({ present }: History) =>
  graphNodes(rows, present).flatMap(({ id, dependencies }) => dependencies.map(({ parentId }) => parentId + id));

it("goes back and forth through every edit", () => {
  const done = play(NO_HISTORY, connect("a", "b"), connect("b", "c"));
  expect(edges(done)).toEqual(["ab", "bc"]);
  const back = play(done, "undo");
  expect(edges(back)).toEqual(["ab"]);
  expect(back.said).toBe("Undone: C comes after B, on success.");
  const start = play(back, "undo", "undo");
  expect(edges(start)).toEqual([]);
  expect(start.said).toBe("Nothing to undo.");
  const forth = play(start, "redo", "redo");
  expect(edges(forth)).toEqual(["ab", "bc"]);
  expect(forth.present).toBe(done.present);
  expect(play(forth, "redo").said).toBe("Nothing to redo.");
});

it("a new edit ends what could be done again", () => {
  const other = play(NO_HISTORY, connect("a", "b"), "undo", connect("a", "c"));
  expect(other.future).toEqual([]);
  expect(edges(other)).toEqual(["ac"]);
});

it("a refused edit is told and is no step", () => {
  const loop = play(NO_HISTORY, connect("a", "b"), connect("b", "a"));
  expect(loop.refusal?.loop).toHaveLength(3);
  expect(edges(loop)).toEqual(["ab"]);
  expect(loop.past).toHaveLength(1);
  expect(play(loop, "dismiss").refusal).toBeNull();
  expect(play(loop, connect("a", "c")).refusal).toBeNull();
});

it("keeps no more than 500 steps", () => {
  const toggle = Array.from(
    { length: 600 },
    (_, i): Edit => ({
      kind: i % 2 === 0 ? "connect" : "disconnect",
      parentId: "a",
      childId: "b",
    }),
  );
  expect(play(NO_HISTORY, ...toggle).past).toHaveLength(500);
});
