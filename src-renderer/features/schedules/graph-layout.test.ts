import { describe, expect, it } from "vitest";
import type { TopologyNode } from "../../../src-core/job/topology.ts";
import { connectedParts, layOut, NODE_HEIGHT, NODE_WIDTH, type Point, placeBeside } from "./graph-layout.ts";

const node = (id: string, ...dependsOn: string[]): TopologyNode => ({ id, dependsOn });

function overlaps(places: ReadonlyMap<string, Point>): string[] {
  // By columns of a node's width, so that 5,000 are compared with their neighbours only.
  const cells = new Map<string, [string, Point][]>();
  const found: string[] = [];
  for (const [id, place] of places) {
    const [cx, cy] = [Math.floor(place.x / NODE_WIDTH), Math.floor(place.y / NODE_HEIGHT)];
    for (let x = cx - 1; x <= cx + 1; x++)
      for (let y = cy - 1; y <= cy + 1; y++)
        for (const [other, at] of cells.get(`${x} ${y}`) ?? [])
          if (Math.abs(at.x - place.x) < NODE_WIDTH && Math.abs(at.y - place.y) < NODE_HEIGHT)
            found.push(`${id} on ${other}`);
    const key = `${cx} ${cy}`;
    cells.set(key, [...(cells.get(key) ?? []), [id, place]]);
  }
  return found;
}

describe("parts", () => {
  it("are what edges hold together, the largest first", () => {
    const nodes = [node("x"), node("a"), node("b", "a"), node("d", "c"), node("c"), node("e", "c", "gone"), node("y")];
    expect(connectedParts(nodes)).toEqual([["d", "c", "e"], ["a", "b"], ["x"], ["y"]]);
  });
});

describe("places", () => {
  it("parents stand left of their children, none on another", () => {
    const nodes = [node("a"), node("b", "a"), node("c", "a"), node("d", "b", "c"), node("alone"), node("e", "a")];
    const places = layOut(nodes);
    expect(places.size).toBe(6);
    for (const { id, dependsOn } of nodes)
      for (const parent of dependsOn)
        expect(places.get(parent)?.x ?? 0).toBeLessThan((places.get(id)?.x ?? 0) - NODE_WIDTH);
    expect(overlaps(places)).toEqual([]);
  });

  it("a part too large for dagre has layers", () => {
    const nodes = Array.from({ length: 400 }, (_, i) =>
      node(`n${i}`, ...(i === 0 ? [] : [`n${Math.floor((i - 1) / 3)}`]), ...(i % 7 === 6 ? [`n${i - 5}`] : [])),
    );
    const places = layOut(nodes);
    expect(places.size).toBe(400);
    for (const { id, dependsOn } of nodes)
      for (const parent of dependsOn) expect(places.get(parent)?.x).toBeLessThan(places.get(id)?.x ?? 0);
    expect(overlaps(places)).toEqual([]);
  });

  it("5,000 schedules in 500 parts and 1,000 alone are set in rows, none on another", () => {
    const nodes = Array.from({ length: 5_000 }, (_, i) =>
      node(`n${i}`, ...(i >= 4_000 || i % 8 === 0 ? [] : [`n${i % 8 === 1 ? i - 1 : i - 1 - (i % 2)}`])),
    );
    const places = layOut(nodes);
    expect(places.size).toBe(5_000);
    expect(overlaps(places)).toEqual([]);
    const xs = [...places.values()].map(({ x }) => x);
    const ys = [...places.values()].map(({ y }) => y);
    const shape = (Math.max(...xs) - Math.min(...xs)) / (Math.max(...ys) - Math.min(...ys));
    expect(shape).toBeGreaterThan(0.6);
    expect(shape).toBeLessThan(3);
  });

  it("no schedules, no places", () => expect(layOut([])).toEqual(new Map()));
});

describe("a new one", () => {
  it("stands right of its parent, below what is there already", () => {
    const places = layOut([node("a"), node("b", "a")]);
    const place = placeBeside(places, ["a"]);
    expect(place.x).toBe(places.get("b")?.x);
    expect(overlaps(new Map([...places, ["new", place]]))).toEqual([]);
  });
  it("stands under all others where it has none", () => {
    const places = layOut([node("a"), node("b", "a")]);
    expect(overlaps(new Map([...places, ["new", placeBeside(places, [])]]))).toEqual([]);
    expect(placeBeside(new Map(), [])).toEqual({ x: 0, y: 0 });
  });
});
