import { expect, it } from "vitest";
import type { InventoryNode } from "../../../src-core/model/inventory.ts";
import { buildTree, treeRows } from "./tree-rows.ts";

const node = (id: string, parentId: string | null, kind: InventoryNode["kind"] = "folder"): InventoryNode => ({
  id,
  parentId,
  kind,
  name: id,
  facts: [],
});
const shape = (
  nodes: InventoryNode[],
  closed: string[] = [],
  machines: { parentId: string | null; hostId: string | null }[] = [],
) =>
  treeRows(buildTree(nodes, machines), new Set(closed)).map(({ node: { id }, depth, machineCount }) => [
    id,
    depth,
    machineCount,
  ]);

it("shows what lies in what, closed or open, with all machines below", () => {
  const nodes = [
    node("dc", null, "datacenter"),
    node("f", "dc"),
    node("esx", "dc", "host"),
    node("ds", "dc", "datastore"),
  ];
  const machines = [
    { parentId: "f", hostId: "esx" },
    { parentId: "f", hostId: null },
    { parentId: null, hostId: null },
  ];
  expect(shape(nodes, [], machines)).toEqual([
    ["dc", 0, 2],
    ["f", 1, 2],
    ["esx", 1, 1],
  ]);
  expect(shape(nodes, ["dc"], machines)).toEqual([["dc", 0, 2]]);
  expect(buildTree(nodes, machines).below("dc")).toEqual(new Set(["dc", "f", "esx"]));
});

it("ends where nodes lie in each other or in none", () => {
  expect(shape([node("a", "b"), node("b", "a"), node("c", "c"), node("d", "gone")])).toEqual([
    ["b", 0, 0],
    ["a", 1, 0],
    ["c", 0, 0],
    ["d", 0, 0],
  ]);
});

it("leaves out folders that hold nothing but datastores and networks", () => {
  const nodes = [
    node("dc", null, "datacenter"),
    node("stores", "dc"),
    node("ssd", "stores"),
    node("ds", "ssd", "datastore"),
    node("nets", "dc"),
    node("net", "nets", "network"),
    node("empty", "dc"),
    // Holds a datastore beside machines, or beside a host.
    node("mixed", "dc"),
    node("ds2", "mixed", "datastore"),
    node("hosts", "dc"),
    node("esx", "hosts", "host"),
    node("ds3", "hosts", "datastore"),
  ];
  expect(shape(nodes, [], [{ parentId: "mixed", hostId: null }])).toEqual([
    ["dc", 0, 1],
    ["empty", 1, 0],
    ["mixed", 1, 1],
    ["hosts", 1, 0],
    ["esx", 2, 0],
  ]);
});
