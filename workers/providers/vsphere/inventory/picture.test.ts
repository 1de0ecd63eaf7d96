/** What becomes of updates: rows, differences, and inventories that no server would give. */
import { describe, expect, it } from "vitest";
import { InventoryChange } from "../../../../src-core/model/inventory.ts";
import type { ObjectUpdate } from "../calls/properties.ts";
import { vim } from "../testing/xml.ts";
import { Picture } from "./picture.ts";

function update(
  type: string,
  id: string,
  properties: Record<string, string>,
  kind: ObjectUpdate["kind"] = "enter",
): ObjectUpdate {
  const changes = Object.entries(properties).map(([path, text]) => {
    const reference = /^@(\w+):(.+)$/.exec(text);
    const node = reference ? vim(`<val type="${reference[1]}">${reference[2]}</val>`) : { ...vim("<val/>"), text };
    return [path, node] as const;
  });
  return { object: { type, id }, kind, changes: new Map(changes) };
}

const datacenter = update("Datacenter", "dc", { name: "Berlin%2fMitte", parent: "@Folder:root" });
const vmFolder = update("Folder", "vmf", { name: "vm", parent: "@Datacenter:dc" });
const team = update("Folder", "team", { name: "Team", parent: "@Folder:vmf" });
const machine = (id: string, more: Record<string, string> = {}) =>
  update("VirtualMachine", id, { name: id, parent: "@Folder:team", "runtime.powerState": "poweredOn", ...more });

const told = (changes: InventoryChange[]) =>
  changes.map((change) => {
    expect(InventoryChange.safeParse(change).error).toBeUndefined();
    if (change.type === "machine")
      return `machine ${change.machine.id} in ${change.machine.parentId}: ${change.machine.path}`;
    if (change.type === "node")
      return `${change.node.kind} ${change.node.id} in ${change.node.parentId}: ${change.node.name}`;
    return change.type === "gone" ? `gone ${change.id}` : change.type;
  });

describe("a picture", () => {
  it("leaves out what is there for the server's own sake", () => {
    const picture = new Picture();
    const changes = picture.apply([
      datacenter,
      vmFolder,
      team,
      update("ComputeResource", "cr", { name: "esx1", parent: "@Folder:hf" }),
      update("HostSystem", "h", {
        name: "esx1",
        parent: "@ComputeResource:cr",
        "summary.hardware.memorySize": "8589934592",
      }),
      update("ResourcePool", "rp", { name: "Resources", parent: "@ComputeResource:cr" }),
      machine("vm-1", { "runtime.host": "@HostSystem:h" }),
      machine("vm-2", { parentVApp: "@VirtualApp:app" }),
      update("VirtualApp", "app", { name: "App", parent: "@ResourcePool:rp" }),
    ]);
    expect(told(changes).sort()).toEqual([
      "datacenter dc in null: Berlin/Mitte",
      "folder team in dc: Team",
      "host h in null: esx1",
      "machine vm-1 in team: Berlin/Mitte/Team/vm-1",
      "machine vm-2 in app: App/vm-2",
      "pool app in null: App",
    ]);
    expect(changes).toContainEqual(
      expect.objectContaining({ machine: expect.objectContaining({ id: "vm-1", hostId: "h", power: "on" }) }),
    );
    expect(changes).toContainEqual(
      expect.objectContaining({
        node: expect.objectContaining({ id: "h", facts: [{ name: "Memory", value: "8.0 GiB" }] }),
      }),
    );
  });

  it("tells only what changed", () => {
    const picture = new Picture();
    picture.apply([datacenter, vmFolder, team, machine("vm-1"), machine("vm-2")]);
    expect(picture.apply([machine("vm-1"), team])).toEqual([]);
    expect(
      told(picture.apply([update("VirtualMachine", "vm-1", { "runtime.powerState": "poweredOff" }, "modify")])),
    ).toEqual(["machine vm-1 in team: Berlin/Mitte/Team/vm-1"]);
    expect(told(picture.apply([update("Folder", "team", { name: "Crew" }, "modify")]))).toEqual([
      "folder team in dc: Crew",
      "machine vm-1 in team: Berlin/Mitte/Crew/vm-1",
      "machine vm-2 in team: Berlin/Mitte/Crew/vm-2",
    ]);
    expect(told(picture.apply([update("VirtualMachine", "vm-2", {}, "leave")]))).toEqual(["gone vm-2"]);
    expect(picture.apply([update("VirtualMachine", "vm-2", {}, "leave")])).toEqual([]);
  });

  it("puts things right when what they lie in comes later", () => {
    const picture = new Picture();
    expect(told(picture.apply([machine("vm-1")]))).toEqual(["machine vm-1 in null: vm-1"]);
    expect(told(picture.apply([team]))).toEqual(["folder team in null: Team", "machine vm-1 in team: Team/vm-1"]);
    expect(told(picture.apply([vmFolder, datacenter]))).toContain("machine vm-1 in team: Berlin/Mitte/Team/vm-1");
  });

  it("after a new login tells the difference", () => {
    const picture = new Picture();
    picture.beginAnew();
    picture.apply([datacenter, vmFolder, team, machine("vm-1"), machine("vm-2")]);
    expect(picture.endAnew()).toEqual([]);
    picture.beginAnew();
    expect(told(picture.apply([datacenter, vmFolder, team, machine("vm-2"), machine("vm-3")]))).toEqual([
      "machine vm-3 in team: Berlin/Mitte/Team/vm-3",
    ]);
    expect(told(picture.endAnew())).toEqual(["gone vm-1"]);
  });
});

describe("a hostile inventory", () => {
  it("may go round in circles: nothing lies in itself", () => {
    const picture = new Picture();
    const changes = picture.apply([
      update("Folder", "a", { name: "a", parent: "@Folder:b" }),
      update("Folder", "b", { name: "b", parent: "@Folder:a" }),
      update("Folder", "self", { name: "self", parent: "@Folder:self" }),
      update("Folder", "c", { name: "c", parent: "@Folder:a" }),
      machine("vm-1", { parent: "@Folder:c" }),
    ]);
    const nodes = new Map(
      changes.flatMap((change) => (change.type === "node" ? [[change.node.id, change.node.parentId]] : [])),
    );
    for (const id of nodes.keys()) {
      const seen = new Set([id]);
      for (let up = nodes.get(id) ?? null; up !== null; up = nodes.get(up) ?? null) {
        expect(seen.has(up), `${id} lies in itself`).toBe(false);
        seen.add(up);
      }
    }
    expect(told(changes).at(-1)).toMatch(/^machine vm-1 in c: /);
  });

  it("may have names of any length and kind", () => {
    const picture = new Picture();
    const name = `${"😀".repeat(5000)}\u0007\n%2f`;
    const facts = {
      name,
      "summary.config.guestFullName": name,
      "summary.config.numVirtualDisks": "99999999",
      "summary.storage.committed": "99999999999999999999",
    };
    const changes = picture.apply([update("Folder", "team", { name, parent: "@Folder:x" }), machine("vm-1", facts)]);
    expect(told(changes).length).toBe(2);
    expect(changes).toContainEqual(
      expect.objectContaining({ machine: expect.objectContaining({ usedBytes: null, diskCount: 1000 }) }),
    );
  });

  it("may use one id for a machine and a folder: the first has it", () => {
    const picture = new Picture();
    picture.apply([machine("twice")]);
    expect(picture.apply([update("Folder", "twice", { name: "f" })])).toEqual([]);
    expect(picture.apply([update("VirtualMachine", "x".repeat(2000), { name: "long" })])).toEqual([]);
  });

  it("of 20,000 machines is told in reasonable time", () => {
    const picture = new Picture();
    picture.apply([datacenter, vmFolder, team]);
    let count = 0;
    for (let page = 0; page < 80; page++) {
      count += picture.apply(Array.from({ length: 250 }, (_, n) => machine(`vm-${page * 250 + n}`))).length;
    }
    expect(count).toBe(20_000);
  });
});
