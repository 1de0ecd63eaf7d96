/** The stream of changes against the lab vCenter: big, odd, and over the end of a session. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startVsphereLab, type VsphereLab } from "../../../../e2e/servers/vsphere-lab.ts";
import { InventoryChange } from "../../../../src-core/model/inventory.ts";
import { INVENTORY_COUNT, INVENTORY_TEXT } from "../../../../src-core/model/inventory-limits.ts";
import { connectLab, QUICK } from "../testing/lab-bench.ts";

const MACHINES = 2000;
let lab: VsphereLab;
beforeAll(async () => {
  lab = await startVsphereLab({
    fill: MACHINES,
    machines: [{ name: "one", disks: [{ capacityBytes: 1024 * 1024 }] }],
  });
});
afterAll(() => lab.stop());

/** Watches until `enough` says so, or the time is over. @returns all changes */
async function watch(
  enough: (changes: readonly InventoryChange[], batch: readonly InventoryChange[]) => boolean | Promise<boolean>,
  pageObjects = QUICK.pageObjects,
): Promise<InventoryChange[]> {
  const connection = await connectLab(lab, { tuning: { ...QUICK, pageObjects } });
  const stop = new AbortController();
  const limit = setTimeout(() => stop.abort(), 30_000);
  const changes: InventoryChange[] = [];
  let done = false;
  try {
    for await (const batch of connection.inventory(stop.signal)) {
      expect(batch.length).toBeLessThanOrEqual(INVENTORY_COUNT.batch);
      changes.push(...batch);
      if (done) continue;
      done = await enough(changes, batch);
      if (done) stop.abort();
    }
  } finally {
    clearTimeout(limit);
    await connection.close();
  }
  expect(done, "it did not come to that in time").toBe(true);
  return changes;
}

const settled = (_: unknown, batch: readonly InventoryChange[]) => batch.some(({ type }) => type === "settled");
const machinesOf = (changes: readonly InventoryChange[]) =>
  new Map(
    changes.flatMap((change) => (change.type === "machine" ? [[change.machine.id, change.machine] as const] : [])),
  );

describe("the first picture", () => {
  it.each([50, 250, 5000])("of %d objects a page has every machine once, places first", async (pageObjects) => {
    await lab.control.knobs({ maxPage: 100 });
    const changes = await watch(settled, pageObjects);
    expect(machinesOf(changes).size).toBe(MACHINES + 1);
    expect(changes.filter(({ type }) => type === "machine").length).toBe(MACHINES + 1);
    const firstMachine = changes.findIndex(({ type }) => type === "machine");
    const lastNode = changes.findLastIndex(({ type }) => type === "node");
    expect(lastNode).toBeLessThan(firstMachine);
    expect(changes.filter(({ type }) => type === "settled").length).toBe(1);
  });
});

describe("changes", () => {
  it("of name and power come, and machines that come and go", async () => {
    let step = 0;
    const has = (changes: readonly InventoryChange[], name: string, power: string) =>
      [...machinesOf(changes).values()].some((machine) => machine.name === name && machine.power === power);
    const [one] = lab.machines;
    const id = one?.moref ?? "";
    let added = "";
    await watch(async (changes, batch) => {
      if (step === 0 && settled(changes, batch)) {
        step = 1;
        await lab.control.rename(id, "one & only");
        await lab.control.power(id, "poweredOn");
      }
      if (step === 1 && has(changes, "one & only", "on")) {
        step = 2;
        added = (await lab.control.addMachine({ name: "two", folder: "new/folder" })).moref;
      }
      if (step === 2 && batch.some((change) => change.type === "machine" && change.machine.id === added)) {
        step = 3;
        await lab.control.remove(added);
      }
      return step === 3 && batch.some((change) => change.type === "gone" && change.id === added);
    });
    await lab.control.rename(id, "one");
    await lab.control.power(id, "poweredOff");
  });

  it("of tags are found in time", async () => {
    const tagged = await lab.control.addMachine({ name: "tagged", tags: ["tier:gold", "owner:Ünal & sons"] });
    const changes = await watch((all) => (machinesOf(all).get(tagged.moref)?.tags.length ?? 0) > 0);
    expect(machinesOf(changes).get(tagged.moref)?.tags).toEqual(["gold", "Ünal & sons"]);
    expect([...machinesOf(changes).values()].filter(({ tags }) => tags.length > 0).length).toBe(1);
    const connection = await connectLab(lab);
    expect((await connection.machine(tagged.moref)).tags).toEqual(["gold", "Ünal & sons"]);
    await connection.close();
    await lab.control.remove(tagged.moref);
  });

  it("go on after the session ended, as the difference to what was told", async () => {
    let expired = false;
    const changes = await watch(async (all, batch) => {
      if (!expired && settled(all, batch)) {
        expired = true;
        await lab.control.expire();
        await lab.control.addMachine({ name: "after" });
      }
      return batch.some((change) => change.type === "machine" && change.machine.name === "after");
    });
    expect(changes.filter(({ type }) => type === "gone")).toEqual([]);
    expect(changes.filter(({ type }) => type === "settled").length).toBe(1);
    // Nothing that was told before comes again.
    expect(changes.filter(({ type }) => type === "machine").length).toBe(machinesOf(changes).size);
    await lab.control.remove("after");
  });

  it("tell of events, and of tasks as they go on", async () => {
    await lab.control.knobs({ taskMs: 300 });
    const id = lab.machines[0]?.moref ?? "";
    const changer = await connectLab(lab);
    let began = false;
    const changes = await watch((all, batch) => {
      if (!began && settled(all, batch)) {
        began = true;
        void changer.createSnapshot(
          id,
          { name: "s", description: "", quiesce: false, memory: false },
          new AbortController().signal,
        );
      }
      const task = all.some(
        (change) => change.type === "task" && change.machineId === id && change.state === "success",
      );
      const counted = machinesOf(all).get(id)?.snapshotCount === 1;
      return task && counted && all.some(({ type }) => type === "event");
    });
    expect(changes).toContainEqual(expect.objectContaining({ type: "task", machineId: id, name: "Create snapshot" }));
    await lab.control.knobs({ taskMs: 20 });
    for (const { id: snapshot } of (await changer.machine(id)).snapshots) {
      await changer.removeSnapshot(id, snapshot, new AbortController().signal);
    }
    await changer.close();
  });
});

describe("an inventory that means harm", () => {
  it("with a name of 10 MB is cut, in time", async () => {
    const id = lab.machines[0]?.moref ?? "";
    await lab.control.rename(id, { bytes: 10 * 1024 * 1024 });
    const changes = await watch(settled);
    const machine = machinesOf(changes).get(id);
    expect(machine?.name.length).toBeLessThanOrEqual(INVENTORY_TEXT.name);
    for (const change of changes) expect(InventoryChange.safeParse(change).success).toBe(true);
    const connection = await connectLab(lab);
    expect((await connection.machine(id)).name.length).toBeLessThanOrEqual(INVENTORY_TEXT.name);
    await connection.close();
    await lab.control.rename(id, "one");
  });

  it("that goes round in circles has an end, and nothing lies in itself", async () => {
    const inCircle = await lab.control.makeCircle();
    const changes = await watch(settled);
    expect(machinesOf(changes).get(inCircle.moref)?.name).toBe("in-a-circle");
    const parents = new Map(
      changes.flatMap((change) => (change.type === "node" ? [[change.node.id, change.node.parentId] as const] : [])),
    );
    for (const id of parents.keys()) {
      const seen = new Set([id]);
      for (let up = parents.get(id) ?? null; up !== null; up = parents.get(up) ?? null) {
        expect(seen.has(up)).toBe(false);
        seen.add(up);
      }
    }
    const connection = await connectLab(lab);
    expect((await connection.machine(inCircle.moref)).name).toBe("in-a-circle");
    await connection.close();
  });
});
