import { QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, it, vi } from "vitest";
import type { MachineRow } from "../../src-core/model/machine-view.ts";
import type { Source } from "../../src-core/model/source.ts";
import { createLiveSources } from "./live-sources.ts";

const keys = {
  sources: ["sources"],
  machines: (id: string) => ["machines", id],
  nodes: (id: string) => ["nodes", id],
  machine: (id: string, machine: string) => ["machine", id, machine],
  activity: (id: string) => [["events", id]],
};
let client: QueryClient;
let live: ReturnType<typeof createLiveSources>;
let stale: string[];
beforeEach(() => {
  client = new QueryClient();
  stale = [];
  vi.spyOn(client, "invalidateQueries").mockImplementation(async (filters) => {
    stale.push((filters?.queryKey ?? []).join(" "));
  });
  live = createLiveSources(client, keys, (_, run) => run());
});

const row = (id: string, name = id) => ({ id, name, sourceId: "s" }) as MachineRow;
const inventory = { machineCount: 3, knownAt: null, settled: true };
const event = {
  type: "inventory" as const,
  sourceId: "s",
  gone: [],
  nodesChanged: false,
  activityChanged: false,
  inventory,
};
const pages = () => client.getQueryData<{ pages: { items: MachineRow[]; total: number }[] }>(["machines", "s"])?.pages;

it("puts machines that changed in their place, new ones at the end, and takes out those gone", () => {
  const page = (...items: MachineRow[]) => ({ items, nextCursor: null, total: 3 });
  client.setQueryData(["machines", "s"], { pages: [page(row("a"), row("b")), page(row("c"))], pageParams: [] });
  client.setQueryData(["sources"], [{ id: "s", name: "S" }]);
  live.applyInventory({ ...event, machines: [row("a", "renamed"), row("new")], gone: ["c", "never"] });
  expect(pages()?.map(({ items }) => items.map(({ name }) => name))).toEqual([["renamed", "b"], ["new"]]);
  expect(pages()?.map(({ total }) => total)).toEqual([3, 3]);
  expect(client.getQueryData(["sources"])).toMatchObject([{ inventory }]);
  expect(stale).toEqual(["machine s a", "machine s new", "machine s c", "machine s never"]);
});

it("reads anew where too many changed, and tree and activity where they did", () => {
  live.applyInventory({ ...event, machines: null, nodesChanged: true, activityChanged: true });
  expect(stale).toEqual(["machines s", "nodes s", "events s"]);
  expect(pages()).toBeUndefined();
});

it("keeps sources by name, and forgets one with its machines", () => {
  const source = (id: string, name: string, address = "/") => ({ id, name, address }) as Source;
  client.setQueryData(["sources"], [source("1", "b")]);
  live.applySource(source("2", "A"));
  live.applySource(source("1", "c", "/else"));
  expect(client.getQueryData<Source[]>(["sources"])?.map(({ name }) => name)).toEqual(["A", "c"]);
  expect(stale).toEqual(["machines 1", "nodes 1"]);
  client.setQueryData(["machines", "2"], {});
  live.forgetSource("2");
  expect(client.getQueryData(["machines", "2"])).toBeUndefined();
  expect(client.getQueryData<Source[]>(["sources"])?.map(({ id }) => id)).toEqual(["1"]);
});
