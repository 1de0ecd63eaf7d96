import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import type { Machine } from "../../src-core/model/inventory.ts";
import { createVault } from "../sources/vault.ts";
import { createInventory, type InventoryService } from "./inventory.ts";
import { createSources, type SourceDraft, type SourcesService } from "./sources.ts";
import { CAPABILITIES, type FakeSessions, fakeSessions } from "./testing/fake-sessions.ts";
import { type Ground, newGround } from "./testing/ground.ts";

let ground: Ground;
let sessions: FakeSessions;
let sources: SourcesService;
let inventory: InventoryService;
let active: string[];

beforeEach(() => {
  ground = newGround();
  sessions = fakeSessions();
  active = [];
  open();
});
afterEach(async () => {
  await sources.stop();
  ground.remove();
});

function open(): void {
  const { db, hub, log, now } = ground;
  const vault = createVault({ system: null, dataFolder: ground.folder });
  const { startSession, testSource } = sessions;
  sources = createSources({ db, hub, log, now, vault, startSession, testSource });
  inventory = createInventory({ db, hub, sources, activeRuns: () => active });
}

const draft: SourceDraft & { name: string; enabled: boolean; unchecked: boolean } = {
  kind: "vsphere",
  name: "Lab",
  address: "https://vc.example",
  username: "root",
  trust: { kind: "system" },
  secret: { password: "hunter2-secret" },
  enabled: true,
  unchecked: false,
};
const machine = (id: string, more: Partial<Machine> = {}): Machine => ({
  id,
  parentId: null,
  hostId: null,
  name: id,
  path: id,
  power: "off",
  os: null,
  family: "unknown",
  cpus: null,
  memoryBytes: null,
  diskCount: 0,
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
const code = (wanted: string) => expect.objectContaining({ code: wanted });
const last = () => {
  const session = sessions.started.at(-1);
  if (session === undefined) throw new Error("no session");
  return session;
};

describe("adding", () => {
  it("connects first, keeps the secret sealed, and tells it to the thread only", async () => {
    const source = await sources.add(draft);
    expect(sessions.tested).toEqual([
      {
        config: { kind: "vsphere", address: "https://vc.example", username: "root", trust: { kind: "system" } },
        secret: { password: "hunter2-secret", privateKey: null, passphrase: null },
      },
    ]);
    expect(source).toMatchObject({ name: "Lab", enabled: true, hasSecret: true, connection: { state: "connecting" } });
    expect(last().secret().password).toBe("hunter2-secret");
    const rows = ["sources", "source_secrets", "events"].map((table) =>
      ground.db.all(ground.db.sql.selectFrom(table as "sources").selectAll()),
    );
    expect(JSON.stringify([rows, ground.told, sources.list(), last().config])).not.toContain("hunter2");
  });

  it("keeps nothing of one that cannot be connected to, and shows its certificate", async () => {
    const details = { fingerprint: "a".repeat(64), subject: "CN=vc", validTo: "2030" };
    const error = new AppError("source.certificate", undefined, { details }).toData();
    sessions.outcome = { error, capabilities: null, checks: [] };
    await expect(sources.add(draft)).rejects.toMatchObject({ code: "source.certificate", details });
    expect(sources.list()).toEqual([]);
    expect(await sources.test({ ...draft })).toMatchObject({
      ok: false,
      certificate: { kind: "certificate", fingerprint: "a".repeat(64), subject: "CN=vc", issuer: null },
    });
    expect(await sources.add({ ...draft, unchecked: true, enabled: false })).toMatchObject({
      connection: { state: "disabled" },
    });
    expect(sessions.started).toHaveLength(0);
  });

  it("refuses the same one twice, and a password in the address", async () => {
    await sources.add(draft);
    await expect(sources.add({ ...draft, address: "https://other" })).rejects.toMatchObject({
      code: "source.duplicate",
    });
    await expect(sources.add({ ...draft, name: "LAB" })).rejects.toMatchObject({ code: "source.duplicate" });
    await expect(sources.add({ ...draft, name: "Two" })).rejects.toMatchObject({ code: "source.duplicate" });
    const address = "qemu+ssh://root:pw@host/system";
    await expect(sources.add({ ...draft, name: "Three", address })).rejects.toMatchObject({ code: "request.invalid" });
    expect(sources.list()).toHaveLength(1);
  });
});

describe("changing", () => {
  it("does not send a stored secret to a new address", async () => {
    const { id } = await sources.add(draft);
    const address = "https://evil.example";
    await expect(sources.edit(id, { address, unchecked: false })).rejects.toMatchObject({ code: "request.invalid" });
    await sources.test({ id, address });
    expect(sessions.tested.at(-1)).toMatchObject({ config: { address }, secret: { password: null } });
    await sources.test({ id });
    expect(sessions.tested.at(-1)).toMatchObject({ secret: { password: "hunter2-secret" } });
    expect(sources.get(id).address).toBe("https://vc.example");
  });

  it("connects anew with what changed, and only then", async () => {
    const { id } = await sources.add(draft);
    await sources.edit(id, { name: "Renamed", unchecked: false });
    expect(sessions.started).toHaveLength(1);
    const pin = { kind: "pinned", fingerprint: "b".repeat(64) } as const;
    await sources.edit(id, { trust: pin, unchecked: false });
    expect(sessions.started[0]?.stopped).toBe(true);
    expect(last().config.trust).toEqual(pin);
    expect(last().secret().password).toBe("hunter2-secret");
    await sources.edit(id, { secret: null, unchecked: true });
    expect(sources.get(id).hasSecret).toBe(false);
    expect(last().secret().password).toBeNull();
  });

  it("keeps what was when the new does not connect", async () => {
    const { id } = await sources.add(draft);
    sessions.outcome = { error: new AppError("source.auth").toData(), capabilities: null, checks: [] };
    await expect(sources.edit(id, { secret: { password: "wrong" }, unchecked: false })).rejects.toMatchObject({
      code: "source.auth",
    });
    expect(last().secret().password).toBe("hunter2-secret");
    expect(sessions.started).toHaveLength(1);
  });

  it("forgets everything of a removed one", async () => {
    const { id } = await sources.add(draft);
    last().listener.connected(CAPABILITIES);
    last().listener.changes([{ type: "machine", machine: machine("vm-1") }]);
    await sources.remove(id);
    expect(last().stopped).toBe(true);
    expect(ground.told.at(-1)).toEqual({ type: "source-removed", sourceId: id });
    expect(() => sources.get(id)).toThrow(code("request.not-found"));
    expect(inventory.machines({ sort: "name", descending: false, limit: 10 }).total).toBe(0);
    expect(ground.db.all(ground.db.sql.selectFrom("source_secrets").selectAll())).toEqual([]);
  });
});

describe("a connection", () => {
  it("shows what it is told, says it coalesced, and shows the last picture with its time once it is lost", async () => {
    const { id } = await sources.add(draft);
    last().listener.connected(CAPABILITIES);
    for (let n = 0; n < 30; n += 1) last().listener.changes([{ type: "machine", machine: machine(`vm-${n}`) }]);
    last().listener.changes([{ type: "settled" }]);
    const told = ground.told.filter(({ type }) => type === "inventory");
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ sourceId: id, inventory: { machineCount: 30 } });
    expect(sources.get(id)).toMatchObject({ connection: { state: "connected" }, inventory: { settled: true } });

    ground.clockMs += 90_000;
    last().listener.changes([{ type: "machine", machine: machine("vm-1", { power: "on" }) }]);
    const seenAt = new Date(ground.clockMs).toISOString();
    last().listener.failed(new AppError("source.lost").toData(), 2000);
    ground.clockMs += 3_600_000;
    expect(sources.get(id)).toMatchObject({
      connection: { state: "failed", error: { code: "source.lost" }, retryAt: expect.any(String), capabilities: null },
      inventory: { machineCount: 30, knownAt: seenAt, settled: false },
    });
    const page = inventory.machines({ sourceId: id, power: "on", sort: "name", descending: false, limit: 10 });
    expect(page.items.map((row) => row.id)).toEqual(["vm-1"]);

    // The next connection sweeps out what it does not tell again.
    last().listener.connected(CAPABILITIES);
    last().listener.changes([{ type: "machine", machine: machine("vm-2") }, { type: "settled" }]);
    expect(sources.get(id).inventory.machineCount).toBe(1);
  });

  it("is made again at the next start, with what was known until then", async () => {
    const { id } = await sources.add(draft);
    last().listener.connected(CAPABILITIES);
    last().listener.changes([{ type: "machine", machine: machine("vm-1") }, { type: "settled" }]);
    await sources.stop();
    open();
    sources.start();
    await expect.poll(() => sessions.started).toHaveLength(2);
    expect(sources.get(id)).toMatchObject({ connection: { state: "connecting" }, inventory: { machineCount: 1 } });
    await sources.setEnabled(id, false);
    await sources.stop();
    open();
    sources.start();
    expect(sessions.started).toHaveLength(2);
    await expect(inventory.machine(id, "vm-1")).rejects.toMatchObject({ code: "source.disconnected" });
  });

  it("ends when what it says cannot be stored", async () => {
    const { id } = await sources.add(draft);
    last().listener.connected(CAPABILITIES);
    ground.db.run({ compile: () => ({ sql: "DROP TABLE inventory_machines", parameters: [] }) } as never);
    last().listener.changes([{ type: "machine", machine: machine("vm-1") }]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(last().stopped).toBe(true);
    ground.db.run({
      compile: () => ({ sql: "CREATE TABLE inventory_machines (source_id, id)", parameters: [] }),
    } as never);
    expect(sources.get(id).connection).toMatchObject({ state: "failed", error: { code: "internal.bug" } });
  });

  it("keeps the newest of what the source says and is at", async () => {
    const { id } = await sources.add(draft);
    last().listener.connected(CAPABILITIES);
    const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
    for (let n = 0; n < 600; n += 1) {
      last().listener.changes([{ type: "event", at: at(n), severity: "info", machineId: null, message: `event ${n}` }]);
    }
    const task = { id: "t1", name: "Power on", machineId: "vm-1", error: null };
    last().listener.changes([{ type: "task", ...task, state: "running", progressPercent: 10 }]);
    last().listener.changes([{ type: "task", ...task, state: "success", progressPercent: 100 }]);
    expect(inventory.events(id)).toHaveLength(500);
    expect(inventory.events(id)[0]).toEqual({ at: at(599), severity: "info", machineId: null, message: "event 599" });
    expect(inventory.tasks(id)).toEqual([{ ...task, state: "success", progressPercent: 100 }]);
  });
});

describe("leftovers", () => {
  it("are those of runs that are not alive, and only those can be removed", async () => {
    const { id } = await sources.add(draft);
    const leftover = (run: string) => ({
      id: `snap-${run}`,
      machineId: "vm-1",
      machineName: "vm",
      kind: "snapshot",
      description: "",
      createdAt: null,
      mark: `hypersdk-${run}`,
    });
    sessions.answer = (call) => (call.kind === "leftovers" ? [leftover("1"), leftover("12")] : null);
    active = ["1"];
    expect((await inventory.leftovers(id)).map(({ mark }) => mark)).toEqual(["hypersdk-12"]);
    await expect(inventory.removeLeftover(id, "snap-1")).rejects.toMatchObject({ code: "request.not-found" });
    await inventory.removeLeftover(id, "snap-12");
    expect(last().calls.at(-1)).toEqual({ kind: "remove-leftover", leftover: leftover("12") });
  });
});
