import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MachineQuery, MachineSort } from "../../src-core/contract/inventory.ts";
import type { InventoryNode, Machine } from "../../src-core/model/inventory.ts";
import { applyChanges, clearInventory, countMachines, listNodes } from "./inventory.ts";
import { putMachineExport } from "./machine-exports.ts";
import { listMachines, type MachineCursor, machineRows } from "./machine-pages.ts";
import { type Db, openDatabase } from "./open.ts";
import { deleteSavedView, putSavedView, savedViews } from "./saved-views.ts";
import { deleteSource, insertSource, nextSourceGeneration } from "./sources.ts";

let db: Db;
beforeEach(() => {
  db = openDatabase(":memory:");
  for (const id of ["a", "b"]) {
    const rest = { address: `/${id}`, username: null, trust: { kind: "system" }, enabled: true } as const;
    insertSource(db, { id, kind: "local", name: `source ${id}`, addedAt: "2026-01-01T00:00:00.000Z", ...rest });
  }
});
afterEach(() => db.close());

const machine = (id: string, more: Partial<Machine> = {}): Machine => ({
  id,
  parentId: null,
  hostId: null,
  name: id,
  path: `/vm/${id}`,
  power: "off",
  os: null,
  family: "unknown",
  cpus: null,
  memoryBytes: null,
  diskCount: 1,
  provisionedBytes: null,
  usedBytes: null,
  snapshotCount: 0,
  changedBlockTracking: null,
  agent: "unknown",
  datastores: [],
  tags: [],
  template: false,
  ...more,
});
const node = (id: string, parentId: string | null, kind: InventoryNode["kind"] = "folder"): InventoryNode => ({
  id,
  parentId,
  kind,
  name: id,
  facts: [],
});
const put = (sourceId: string, ...machines: Machine[]) =>
  applyChanges(
    db,
    sourceId,
    1,
    machines.map((one) => ({ type: "machine", machine: one })),
  );
const ids = (query: Partial<MachineQuery> = {}) =>
  listMachines(db, MachineQuery.parse(query), undefined).items.map(({ id }) => id);

describe("changes", () => {
  it("replace, remove, and at the end of a first picture sweep out what did not come again", () => {
    const first = nextSourceGeneration(db, "a");
    applyChanges(db, "a", first, [
      { type: "node", node: node("n1", null) },
      { type: "machine", machine: machine("m1") },
      { type: "machine", machine: machine("m2") },
      { type: "settled" },
    ]);
    put("b", machine("m1"));
    const second = nextSourceGeneration(db, "a");
    const renamed = applyChanges(db, "a", second, [{ type: "machine", machine: machine("m1", { name: "new" }) }]);
    expect(renamed).toEqual({ machines: new Set(["m1"]), gone: new Set(), nodesChanged: false });
    expect(countMachines(db, "a")).toBe(2);
    expect(applyChanges(db, "a", second, [{ type: "settled" }])).toEqual({
      machines: new Set(),
      gone: new Set(["m2"]),
      nodesChanged: true,
    });
    expect(listNodes(db, "a")).toEqual([]);
    expect(applyChanges(db, "a", second, [{ type: "gone", id: "m1" }]).gone).toEqual(new Set(["m1"]));
    expect([countMachines(db, "a"), countMachines(db, "b")]).toEqual([0, 1]);
  });

  it("go with their source, and when its address means another one", () => {
    put("a", machine("m1"));
    put("b", machine("m1"));
    putMachineExport(db, { sourceId: "a", machineId: "m1", runId: "r", at: "2026-01-02T00:00:00.000Z" });
    clearInventory(db, "a");
    expect(ids()).toEqual(["m1"]);
    deleteSource(db, "b");
    expect(ids()).toEqual([]);
  });
});

describe("pages", () => {
  it("lose and repeat nothing, whichever way they are sorted, nulls last", () => {
    const random = (n: number, of: number) => ((n * 7919) % 104_729) % of;
    for (const source of ["a", "b"]) {
      put(
        source,
        ...Array.from({ length: 60 }, (_, n) =>
          machine(`m${n}`, {
            name: n % 3 === 0 ? "same" : `name ${random(n, 20)}`,
            os: n % 4 === 0 ? null : `os ${random(n, 3)}`,
            cpus: n % 5 === 0 ? null : random(n, 4),
            memoryBytes: n % 2 === 0 ? null : random(n, 9) * 1024,
            provisionedBytes: random(n, 7),
            snapshotCount: random(n, 2),
          }),
        ),
      );
    }
    putMachineExport(db, { sourceId: "a", machineId: "m3", runId: "r", at: "2026-01-02T00:00:00.000Z" });
    for (const sort of MachineSort.options) {
      for (const descending of [false, true]) {
        const whole = listMachines(db, MachineQuery.parse({ sort, descending, limit: 1000 }), undefined);
        expect(whole.items).toHaveLength(120);
        const seen: string[] = [];
        let after: MachineCursor | undefined;
        do {
          const page = listMachines(db, MachineQuery.parse({ sort, descending, limit: 7 }), after);
          expect(page.total).toBe(120);
          seen.push(...page.items.map(({ sourceId, id }) => `${sourceId} ${id}`));
          after = page.next === null ? undefined : (JSON.parse(JSON.stringify(page.next)) as MachineCursor);
        } while (after !== undefined);
        expect(seen, `${sort} ${descending}`).toEqual(whole.items.map(({ sourceId, id }) => `${sourceId} ${id}`));
      }
    }
    const byExport = listMachines(db, MachineQuery.parse({ sort: "lastExport" }), undefined).items;
    expect(byExport[0]).toMatchObject({ id: "m3", sourceId: "a", lastExport: { runId: "r" } });
    expect(byExport.slice(1).every(({ lastExport }) => lastExport === null)).toBe(true);
  });

  it("hold what is asked for", () => {
    put(
      "a",
      machine("web", {
        power: "on",
        family: "linux",
        os: "Debian 12",
        tags: ["prod"],
        provisionedBytes: 600 * 1024 ** 3,
      }),
      machine("db", { power: "off", family: "windows", datastores: ["fast"], provisionedBytes: 1 }),
    );
    put("b", machine("Web two", { power: "on" }));
    expect(ids({ search: "WEB" })).toEqual(["web", "Web two"]);
    expect(ids({ search: "web prod" })).toEqual(["web"]);
    expect(ids({ search: "100%" })).toEqual([]);
    expect(ids({ power: "on", sourceId: "a" })).toEqual(["web"]);
    expect(ids({ family: "windows" })).toEqual(["db"]);
    expect(ids({ big: true })).toEqual(["web"]);
    expect(machineRows(db, "a", ["db", "gone"]).map(({ id }) => id)).toEqual(["db"]);
  });

  it("hold what lies below a node, also where nodes go round in a circle", () => {
    applyChanges(db, "a", 1, [
      { type: "node", node: node("dc", null, "datacenter") },
      { type: "node", node: node("f", "dc") },
      { type: "node", node: node("esx", "dc", "host") },
      { type: "node", node: node("fast", "dc", "datastore") },
      { type: "node", node: node("x", "y") },
      { type: "node", node: node("y", "x") },
      { type: "machine", machine: machine("in f", { parentId: "f" }) },
      { type: "machine", machine: machine("on esx", { parentId: "elsewhere", hostId: "esx", datastores: ["fast"] }) },
      { type: "machine", machine: machine("round", { parentId: "y" }) },
    ]);
    put("b", machine("other", { parentId: "f" }));
    expect(ids({ sourceId: "a", under: "f" })).toEqual(["in f"]);
    expect(ids({ sourceId: "a", under: "esx" })).toEqual(["on esx"]);
    expect(ids({ sourceId: "a", under: "dc" })).toEqual(["in f", "on esx"]);
    expect(ids({ sourceId: "a", under: "fast" })).toEqual(["on esx"]);
    expect(ids({ sourceId: "a", under: "x" })).toEqual(["round"]);
    expect(ids({ under: "gone" })).toEqual([]);
  });
});

it("views are kept once a name", () => {
  const view = { search: "web", show: ["on" as const], sort: [{ id: "name", desc: true }] };
  const first = putSavedView(db, { id: "1", name: "Mine", ...view });
  expect(putSavedView(db, { id: "2", name: "mine", ...view, search: "x" })).toMatchObject({ id: first.id });
  expect(savedViews(db)).toEqual([{ id: "1", name: "mine", ...view, search: "x" }]);
  expect([deleteSavedView(db, "1"), deleteSavedView(db, "1")]).toEqual([true, false]);
});
