/** What goes wrong in the middle: the program is killed, the daemon dies, the machine is switched off, deleted, or started. */
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SshServer, startSshServer } from "../../../e2e/servers/ssh-server.ts";
import type { SourceConfig, SourceSecret } from "../../../src-core/model/source.ts";
import type { DiskReader } from "../../formats/format.ts";
import type { Connection, DiskTransport, ExportDisk, ExportOptions } from "../provider.ts";
import { collectUntilSettled } from "../testing/picture.ts";
import { readTransport } from "../testing/read-transport.ts";
import { testContext } from "../testing/test-context.ts";
import { libvirtProvider } from "./libvirt.ts";
import type { ChildOrder } from "./testing/export-child.ts";
import { type Guest, makeDisk } from "./testing/guest.ts";
import { type Lab, NO_SECRET, openLab } from "./testing/lab.ts";

const MiB = 1024 * 1024;
const signal = new AbortController().signal;
let lab: Lab;
let ssh: SshServer;
let writerId: string;
const open: Connection[] = [];

beforeAll(async () => {
  lab = await openLab();
  ssh = await startSshServer();
  writerId = machine("writer", "writer", ["vda", "vdb"], true);
});
afterAll(async () => {
  for (const connection of open) await connection.close();
  await ssh?.close();
  await lab?.session.close();
});

/** A machine of its own for a test. */
function machine(name: string, guest: Guest, targets: readonly string[], start: boolean): string {
  const disks = targets.map((target, seed) => {
    const path = lab.file(`${name}-${target}.qcow2`);
    makeDisk(path, "qcow2", { sizeMiB: 16, data: [[0, 16]], seed, guest });
    return { target, format: "qcow2", path } as const;
  });
  return lab.session.define(name, disks, { start });
}

const options = (more: Partial<ExportOptions> = {}): ExportOptions => ({
  mark: "hypersdk-fault",
  quiesce: "no",
  diskKeys: null,
  connectionsPerHost: 2,
  resume: null,
  ...more,
});

interface Door {
  readonly config: SourceConfig;
  readonly secret: SourceSecret;
}

function door(way: "here" | "SSH"): Door {
  if (way === "here") return { config: lab.config(), secret: NO_SECRET };
  const address = `qemu+ssh://${ssh.username}@127.0.0.1:${ssh.port}/session?socket=${lab.session.socket}&scratch=${lab.session.folder}`;
  return {
    config: { ...lab.config(address), trust: { kind: "pinned", fingerprint: ssh.fingerprint } },
    secret: { ...NO_SECRET, privateKey: ssh.privateKey },
  };
}

async function connect({ config, secret }: Door = door("here")): Promise<Connection> {
  const connection = await libvirtProvider.connect(config, testContext(secret, []));
  open.push(connection);
  return connection;
}

const ours = () => readdirSync(lab.session.folder).filter((name) => name.startsWith("hypersdk-"));

async function opened(disk: ExportDisk | undefined): Promise<DiskTransport & { kind: "random" }> {
  const transport = await disk?.open(signal);
  if (transport?.kind !== "random") throw new Error("no disk to read anywhere");
  return transport;
}

async function readWhole(reader: DiskReader): Promise<Buffer> {
  const all = Buffer.alloc(reader.virtualSizeBytes);
  for (let at = 0; at < all.length; at += MiB) await reader.read(at, all.subarray(at, at + MiB));
  return all;
}

/** Exports in another process, and kills that as soon as it has read something. @returns what it printed */
async function killedExport(order: ChildOrder): Promise<{ resume: Record<string, unknown>; first: string }> {
  const program = join(import.meta.dirname, "testing/export-child.ts");
  const child = spawn(process.execPath, [program, JSON.stringify(order)], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once("line", resolve)),
    closed.then(() => Promise.reject(new Error(said))),
  ]);
  child.kill("SIGKILL");
  await closed;
  return JSON.parse(line) as { resume: Record<string, unknown>; first: string };
}

test.each(["here", "SSH"] as const)(
  "killed while a running machine is read (%s): the next start reads the same instant",
  async (way) => {
    const mark = `hypersdk-killed-${way}`;
    const { resume, first } = await killedExport({ ...door(way), machineId: writerId, mark });
    const connection = await connect(door(way));
    expect((await connection.leftovers()).map((left) => [left.kind, left.mark])).toEqual([["backup job", mark]]);
    const session = await connection.openExport(writerId, options({ mark, resume }), signal);
    const transport = await opened(session.disks[0]);
    const whole = await readWhole(transport.reader);
    await transport.close();
    // The guest has written on meanwhile: the first MiB of any later instant differs.
    expect(whole.subarray(0, MiB).equals(Buffer.from(first, "base64"))).toBe(true);
    await session.close(false);
    expect(await connection.leftovers()).toEqual([]);
    expect(ours()).toEqual([]);
  },
);

test.each(["here", "SSH"] as const)(
  "killed while a machine that is off is read (%s): nothing runs on, and it is read on",
  async (way) => {
    const mark = `hypersdk-off-${way}`;
    const { resume } = await killedExport({ ...door(way), machineId: lab.offId, mark });
    await expect.poll(() => ours()).toEqual([]);
    const servers = () => spawnSync("pgrep", ["-fc", `^qemu-nbd.*${mark}`], { encoding: "utf8" }).stdout.trim();
    await expect.poll(servers).toBe("0");
    const connection = await connect(door(way));
    const session = await connection.openExport(lab.offId, options({ mark, resume }), signal);
    for (const disk of session.disks) await readTransport(disk, (at, length) => lab.truth(disk.key, at, length));
    await session.close(false);
    expect(ours()).toEqual([]);
  },
);

test("the SSH connection is cut while a running machine is read: source.lost, then the same instant is read on", async () => {
  const broken = await connect(door("SSH"));
  const session = await broken.openExport(writerId, options(), signal);
  const transport = await opened(session.disks[0]);
  const before = Buffer.alloc(MiB);
  await transport.reader.read(0, before);
  const lost = (async () => {
    for (;;) await transport.reader.read(0, Buffer.alloc(4 * MiB));
  })();
  lost.catch(() => {});
  ssh.cutConnections();
  await expect(lost).rejects.toMatchObject({ code: "source.lost" });
  await transport.close();
  await expect(session.close(false)).rejects.toMatchObject({ code: "source.lost" });
  const connection = await connect(door("SSH"));
  const resume = JSON.parse(JSON.stringify(session.resume)) as Record<string, unknown>;
  const next = await connection.openExport(writerId, options({ resume }), signal);
  const again = await opened(next.disks[0]);
  const after = Buffer.alloc(MiB);
  await again.reader.read(0, after);
  await again.close();
  await next.close(false);
  expect(after.equals(before)).toBe(true);
  expect(ours()).toEqual([]);
});

test("the daemon dies while a machine is read: QEMU serves on; what is left is found and removed once it is back", async () => {
  const connection = await connect();
  const stop = new AbortController();
  const watching = (async () => {
    for await (const _ of connection.inventory(stop.signal));
  })();
  watching.catch(() => {});
  const session = await connection.openExport(writerId, options(), signal);
  const transport = await opened(session.disks[0]);
  const early = await readWhole(transport.reader);
  await lab.session.killDaemon();
  expect((await readWhole(transport.reader)).equals(early)).toBe(true);
  await transport.close();
  await expect(watching).rejects.toMatchObject({ code: "source.lost" });
  await expect(connection.machine(writerId)).rejects.toMatchObject({ code: "source.lost" });
  await expect(session.close(false)).rejects.toMatchObject({ code: "source.lost" });
  await expect(connect()).rejects.toMatchObject({ code: "source.unreachable" });
  await lab.session.restartDaemon();
  const next = await connect();
  const left = await next.leftovers();
  expect(left.map(({ kind, mark, machineId }) => [kind, mark, machineId])).toEqual([
    ["backup job", "hypersdk-fault", writerId],
  ]);
  for (const one of left) await next.removeLeftover(one);
  expect(await next.leftovers()).toEqual([]);
  expect(ours()).toEqual([]);
});

test("switched off while it is read: source.lost, and nothing is left", async () => {
  const id = machine("pulled", "idle", ["vda"], true);
  const connection = await connect();
  const session = await connection.openExport(id, options(), signal);
  const transport = await opened(session.disks[0]);
  const lost = (async () => {
    for (;;) await readWhole(transport.reader);
  })();
  lost.catch(() => {});
  await connection.power(id, "off", signal);
  await expect(lost).rejects.toMatchObject({ code: "source.lost" });
  await transport.close();
  await session.close(false);
  expect(ours()).toEqual([]);
  await expect(
    connection.openExport(id, options({ resume: session.resume }), signal),
    "what is off now is another point in time",
  ).rejects.toMatchObject({ code: "disk.in-use" });
});

test("deleted while it runs and is read: what was begun is read to its end, a new export finds no machine", async () => {
  const id = machine("deleted", "idle", ["vda"], true);
  const connection = await connect();
  const session = await connection.openExport(id, options(), signal);
  const transport = await opened(session.disks[0]);
  const early = await readWhole(transport.reader);
  lab.session.virsh("undefine", "deleted");
  expect((await readWhole(transport.reader)).equals(early)).toBe(true);
  await transport.close();
  await session.close(false);
  expect(ours()).toEqual([]);
  lab.session.virsh("destroy", "deleted");
  await expect(connection.openExport(id, options(), signal)).rejects.toMatchObject({ code: "source.no-machine" });
});

test("deleted while it is off and read: an error, never other bytes", async () => {
  const id = machine("wiped", "idle", ["vda"], false);
  const connection = await connect();
  const session = await connection.openExport(id, options(), signal);
  const transport = await opened(session.disks[0]);
  const early = await readWhole(transport.reader);
  lab.session.virsh("undefine", "wiped");
  rmSync(lab.file("wiped-vda.qcow2"));
  // Its bytes are there as long as it is open.
  const again = await readWhole(transport.reader).catch((error: { code: string }) => error.code);
  if (typeof again === "string") expect(again).toMatch(/^(disk|path)\./);
  else expect(again.equals(early)).toBe(true);
  await transport.close();
  await session.close(false);
  await expect(session.disks[0]?.open(signal)).rejects.toMatchObject({ code: "path.not-found" });
});

test("started while it is off and read: disk.in-use here; on a host behind SSH it cannot be started", async () => {
  const id = machine("woken", "writer", ["vda", "vdb"], false);
  const connection = await connect();
  const session = await connection.openExport(id, options(), signal);
  const transport = await opened(session.disks[0]);
  await transport.reader.read(0, Buffer.alloc(4096));
  lab.session.virsh("start", "woken");
  const noticed = (async () => {
    for (;;) await readWhole(transport.reader);
  })();
  await expect(noticed).rejects.toMatchObject({ code: "disk.in-use" });
  await transport.close();
  await session.close(false);
  lab.session.virsh("destroy", "woken");

  const far = await connect(door("SSH"));
  const stale = await far.openExport(id, options(), signal);
  const changedAt = () => statSync(lab.file("woken-vda.qcow2"), { bigint: true }).mtimeNs;
  const before = changedAt();
  lab.session.virsh("start", "woken");
  // Locked by its machine, or written by it already: whichever shows first.
  await expect(stale.disks[0]?.open(signal), "it runs").rejects.toMatchObject({
    code: expect.stringMatching(/^(source\.busy|disk\.in-use)$/),
  });
  // However slowly the guest starts: once it has written.
  await expect.poll(changedAt, { timeout: 30_000, interval: 100 }).not.toBe(before);
  lab.session.virsh("destroy", "woken");
  await expect(stale.disks[0]?.open(signal), "it ran").rejects.toMatchObject({ code: "disk.in-use" });
  await stale.close(false);
  const fresh = await far.openExport(id, options(), signal);
  const served = await opened(fresh.disks[0]);
  expect(() => lab.session.virsh("start", "woken")).toThrow(/lock/);
  await served.close();
  await fresh.close(false);
  expect(ours()).toEqual([]);
});

test("modular daemons: machines, pools and networks each by a socket of its own", async () => {
  // Debian builds one daemon for everything; it answers for each of the modular ones.
  for (const kind of ["qemu", "storage", "network"]) symlinkSync(lab.session.socket, lab.file(`virt${kind}d-sock`));
  const address = `qemu:///session?socket=${lab.file("virtqemud-sock")}&scratch=${lab.session.folder}`;
  const connection = await connect({ config: lab.config(address), secret: NO_SECRET });
  const checks = await connection.test();
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  const { machines } = await collectUntilSettled(connection);
  expect([...machines.keys()]).toContain(lab.offId);
  // A host without a storage daemon is one all the same.
  rmSync(lab.file("virtstoraged-sock"));
  const logged: string[] = [];
  const bare = await libvirtProvider.connect(lab.config(address), testContext(NO_SECRET, logged));
  open.push(bare);
  expect(logged.join()).toContain("no storage daemon");
  expect((await bare.test()).filter(({ ok }) => !ok).map(({ id }) => id)).toEqual(["storage"]);
  expect((await collectUntilSettled(bare)).machines.size).toBe(machines.size);
});

test("the inventory tells of machines that are started and stopped", async () => {
  const connection = await connect();
  const stop = new AbortController();
  const limit = setTimeout(() => stop.abort(), 30_000);
  const seen: string[] = [];
  for await (const batch of connection.inventory(stop.signal)) {
    for (const change of batch) {
      if (change.type === "settled") lab.session.virsh("start", "toy");
      if (change.type !== "machine" || change.machine.id !== lab.toyId) continue;
      if (seen.at(-1) === change.machine.power) continue;
      seen.push(change.machine.power);
      if (change.machine.power === "on") lab.session.virsh("destroy", "toy");
      if (seen.length === 3) stop.abort();
    }
  }
  clearTimeout(limit);
  expect(seen).toEqual(["off", "on", "off"]);
});
