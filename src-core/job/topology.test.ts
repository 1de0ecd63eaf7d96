import { describe, expect, it } from "vitest";
import { criticalPath, findCycle, parentsFirst } from "./topology.ts";

/** "a b<a,c c:5" → nodes; the number is what it takes. */
function graph(text: string) {
  return text.split(" ").map((node) => {
    const [name = "", parents] = node.split("<");
    const [id = "", ms] = name.split(":");
    return { id, ms: Number(ms ?? 1), dependsOn: parents?.split(",") ?? [] };
  });
}

describe("findCycle", () => {
  it.each([
    ["a b<a c<a,b", null],
    ["a<b b<c c<a", "a b c a"],
    ["x<a a<b b<a", "a b a"],
    ["a<a", "a a"],
    ["a b<z", null],
    ["a b<a c<b d<c,b,a", null],
    ["a<d b<a c<b d<c e", "a d c b a"],
  ])("of %s is %s", (text, expected) => {
    expect(findCycle(graph(text))?.join(" ") ?? null).toBe(expected);
  });

  it("walks a chain of 10,000, open and closed, and a dense graph", () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => ({ id: `${i}`, dependsOn: i === 0 ? [] : [`${i - 1}`] }));
    expect(findCycle(chain)).toBeNull();
    expect(findCycle([{ id: "0", dependsOn: ["9999"] }, ...chain.slice(1)])).toHaveLength(10_001);
    const dense = Array.from({ length: 500 }, (_, i) => ({
      id: `${i}`,
      dependsOn: Array.from({ length: i }, (_, j) => `${j}`),
    }));
    expect(findCycle(dense)).toBeNull();
  });
});

describe("parentsFirst", () => {
  it.each([
    ["c<b b<a a", "a b c"],
    ["a b c", "a b c"],
    ["d<b,c b<a c<a a", "a b c d"],
    ["a b<c c<b d<b", "a"],
    ["a<gone b<a", "a b"],
    ["b<a,a a", "a b"],
  ])("of %s is %s", (text, expected) => {
    expect(
      parentsFirst(graph(text))
        .map(({ id }) => id)
        .join(" "),
    ).toBe(expected);
  });
});

describe("criticalPath", () => {
  it.each([
    ["a:3 b:5<a c:1<a d:2<b,c", "a b d", 10],
    ["a:3 b:9", "b", 9],
    ["a:3 b:0<a", "a", 3],
    ["a:2 b:2<a c:5 d:1<b,c", "c d", 6],
  ])("of %s is %s", (text, ids, ms) => {
    expect(criticalPath(graph(text))).toEqual({ ids: ids.split(" "), ms });
    expect(criticalPath([])).toEqual({ ids: [], ms: 0 });
  });
});
