/** Every call about sources, their inventory, exports and views, by a client of any transport, on a folder of machines. */
import { dirname } from "node:path";
import type { ContractRouterClient } from "@orpc/contract";
import { expect } from "vitest";
import type { Contract } from "../../../src-core/contract/contract.ts";

/**
 * @param folder as makeMachineFolder makes it
 * @param failure what a refused call failed with, as this client sees it
 */
export async function callSources(
  client: ContractRouterClient<Contract>,
  folder: { readonly address: string; readonly vmx: string },
  failure: (call: Promise<unknown>) => Promise<{ code: string; status: number }>,
): Promise<void> {
  const { address, vmx } = folder;
  const name = `Machines of ${address}`;
  expect((await client.sources.kinds()).map(({ kind }) => kind)).toEqual(["vsphere", "libvirt", "local"]);
  expect(await client.sources.test({ kind: "local", address })).toMatchObject({ ok: true, error: null });
  const { id } = await client.sources.add({ kind: "local", name, address });
  const again = client.sources.add({ kind: "local", name, address: dirname(address) });
  expect(await failure(again)).toMatchObject({ code: "source.duplicate", status: 409 });
  expect((await client.sources.list()).map((source) => source.id)).toContain(id);
  await expect.poll(async () => (await client.sources.get({ id })).inventory.settled, { timeout: 20_000 }).toBe(true);
  expect(await client.sources.test({ id })).toMatchObject({ ok: true, capabilities: { power: false } });
  expect(await client.sources.reconnect({ id })).toMatchObject({ id });
  expect(await client.sources.edit({ id, name: `${name} again` })).toMatchObject({ name: `${name} again`, address });
  expect(await client.sources.leftovers({ id })).toEqual([]);
  const none = { code: "request.not-found", status: 404 };
  expect(await failure(client.sources.removeLeftover({ id, leftoverId: "none" }))).toMatchObject(none);

  expect((await client.inventory.nodes({ id })).map((node) => node.name)).toContain("box");
  const { items, total } = await client.inventory.machines({ sourceId: id, family: "windows" });
  expect([total, items[0]]).toMatchObject([1, { id: vmx, name: "web", sourceId: id }]);
  const machine = { id, machineId: vmx };
  expect(await client.inventory.machine(machine)).toMatchObject({ name: "web", obstacles: [{ severity: "blocking" }] });
  const cannot = { code: "source.unsupported", status: 422 };
  expect(await failure(client.inventory.power({ ...machine, action: "on" }))).toMatchObject(cannot);
  expect(await failure(client.inventory.createSnapshot({ ...machine, name: "x" }))).toMatchObject(cannot);
  const snapshot = { ...machine, snapshotId: "x" };
  expect(await failure(client.inventory.removeSnapshot(snapshot))).toMatchObject(cannot);
  expect(await failure(client.inventory.revertSnapshot(snapshot))).toMatchObject(cannot);
  expect(await client.inventory.events({ id })).toEqual([]);
  expect(await client.inventory.tasks({ id })).toEqual([]);

  const wanted = { machines: [{ sourceId: id, machineId: "none" }], folder: address, output: { kind: "ova" as const } };
  // Exports themselves are the subject of other tests: here, that the calls pass.
  const noMachine = { code: "source.no-machine", status: 404 };
  expect((await client.exports.plan(wanted)).machines).toMatchObject([
    { machineId: "none", problems: [{ severity: "error", error: { code: noMachine.code } }] },
  ]);
  expect(await failure(client.exports.start(wanted))).toMatchObject(noMachine);

  const view = await client.views.save({ name, show: ["windows"], sort: [{ id: "used", desc: true }] });
  expect(await client.views.save({ name, search: "web" })).toMatchObject({ id: view.id, search: "web", show: [] });
  expect((await client.views.list()).filter((one) => one.name === name)).toHaveLength(1);
  expect(await client.views.remove({ id: view.id })).toEqual({ removed: true });
  expect(await failure(client.views.remove({ id: view.id }))).toMatchObject(none);

  expect(await client.sources.disable({ id })).toMatchObject({ enabled: false, connection: { state: "disabled" } });
  expect(await failure(client.inventory.machine(machine))).toMatchObject({ code: "source.disconnected" });
  expect(await client.sources.enable({ id })).toMatchObject({ enabled: true });
  expect(await client.sources.remove({ id })).toEqual({ removed: true });
  expect(await failure(client.sources.get({ id }))).toMatchObject(none);
}
