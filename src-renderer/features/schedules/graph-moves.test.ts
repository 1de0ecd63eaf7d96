import { expect, it } from "vitest";
import { criticalWay } from "./graph-critical.ts";
import { EMPTY_DRAFT, graphNodes } from "./graph-draft.ts";
import { type Arrow, moveSelection, type Selection } from "./graph-moves.ts";
import { scheduleRow } from "./testing/schedule-row.ts";

const takes = (minutes: number) => ({ lowMs: minutes * 30_000, highMs: minutes * 60_000 });
const nodes = graphNodes(
  [
    scheduleRow("a", { predicted: takes(10) }),
    scheduleRow("b", { after: ["a"], predicted: takes(5) }),
    scheduleRow("c", { after: ["a"], predicted: takes(50) }),
    scheduleRow("d", { after: ["b", "c"] }),
    scheduleRow("e", { after: ["b"], predicted: takes(1) }),
  ],
  EMPTY_DRAFT,
);
const places = new Map([
  ["a", { x: 0, y: 50 }],
  ["b", { x: 400, y: 0 }],
  ["c", { x: 400, y: 100 }],
  ["d", { x: 800, y: 100 }],
  ["e", { x: 800, y: 0 }],
]);
const walk = (from: Selection | null, ...arrows: Arrow[]) =>
  arrows.reduce((at, arrow) => moveSelection(nodes, places, at, arrow) ?? at, from);
const words = (selection: Selection | null) =>
  selection === null ? "" : selection.kind === "node" ? selection.id : `${selection.parentId}>${selection.childId}`;

it.each<[Arrow[], string]>([
  [["right"], "b"],
  [["right", "right"], "b>e"],
  [["right", "left"], "a>b"],
  [["right", "left", "left"], "a"],
  [["right", "left", "left", "right", "down"], "a>c"],
  [["right", "left", "left", "right", "down", "down"], "a>c"],
  [["right", "left", "left", "right", "down", "right"], "c"],
  [["right", "down"], "c"],
  [["right", "down", "up"], "b"],
  [["right", "up"], "b"],
])("from nothing, %j leads to %s", (arrows, end) => {
  // Nothing is selected at first: the uppermost is, whatever the arrow.
  expect(words(walk(null, ...arrows))).toBe(end);
});

it("goes through a child's parents when it came from the child", () => {
  const d: Selection = { kind: "node", id: "d" };
  expect(words(walk(d, "left"))).toBe("b>d");
  expect(words(walk(d, "left", "down"))).toBe("c>d");
  expect(words(walk(d, "left", "down", "left"))).toBe("c");
  expect(moveSelection(nodes, places, d, "right")).toBeNull();
});

it("the longest way counts predicted time, not edges", () => {
  expect(criticalWay(nodes, null)).toEqual({
    ids: ["a", "c", "d"].slice(0, 2),
    lowMs: 30 * 60_000,
    highMs: 60 * 60_000,
    unknown: ["D"],
  });
  expect(criticalWay(nodes, "d")?.ids).toEqual(["a", "c", "d"]);
  expect(criticalWay(nodes, "e")).toMatchObject({ ids: ["a", "b", "e"], highMs: 16 * 60_000, unknown: [] });
});

it("no way is critical where nothing has run yet", () => {
  const fresh = graphNodes([scheduleRow("a", {}), scheduleRow("b", { after: ["a"] })], EMPTY_DRAFT);
  expect(criticalWay(fresh, null)).toBeNull();
  expect(criticalWay(fresh, "b")).toBeNull();
});
