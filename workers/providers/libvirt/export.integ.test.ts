/** Exports of machines that do not keep still: that write, are started, crash, or whose host goes away in the middle. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backupJob } from "../../../e2e/servers/libvirt-session.ts";
import { type SshServer, startSshServer } from "../../../e2e/servers/ssh-server.ts";
import type { AppError } from "../../../src-core/model/error.ts";
import type { SourceConfig, SourceSecret } from "../../../src-core/model/source.ts";
import type { DiskReader } from "../../formats/format.ts";
import type { Connection, ExportDisk, ExportOptions } from "../provider.ts";
import { readTransport } from "../testing/read-transport.ts";
import { testContext } from "../testing/test-context.ts";
import { libvirtProvider } from "./libvirt.ts";
import { makeDisk } from "./testing/guest.ts";
import { type Lab, NO_SECRET, openLab } from "./testing/lab.ts";

let lab: Lab;
let ssh: SshServer;
let writerId: string;
const open: Connection[] = [];

beforeAll(async () => {
  [lab, ssh] = [await openLab(), await startSshServer()];
  const disks = (["vda", "vdb"] as const).map((target, seed) => {
    const path = lab.file(`writer-${target}.qcow2`);
    makeDisk(path, "qcow2", { sizeMiB: 8, data: [[1, 3]], seed, guest: "writer" });
    return { target, format: "qcow2", path } as const;
  });
  writerId = lab.session.define("writer", disks, { start: true });
});
afterAll(async () => {
  for (const connection of open) await connection.close();
  await ssh.close();
  await lab.session.close();
});

async function connect(config: SourceConfig = lab.config(), secret: SourceSecret = NO_SECRET): Promise<Connection> {
  const connection = await libvirtProvider.connect(config, testContext(secret, []));
  open.push(connection);
  return connection;
}
const connectSsh = () => {
  const address = `qemu+ssh://${ssh.username}@127.0.0.1:${ssh.port}/session?socket=${lab.session.socket}&scratch=${lab.session.folder}`;
  const config = { ...lab.config(address), trust: { kind: "pinned", fingerprint: ssh.fingerprint } } as const;
  return connect(config, { ...NO_SECRET, privateKey: ssh.privateKey });
};
const signal = new AbortController().signal;
const options = (more: Partial<ExportOptions> = {}): ExportOptions => ({
  mark: "hypersdk-run1",
  quiesce: "no",
  diskKeys: null,
  connectionsPerHost: 4,
  resume: null,
  ...more,
});
const ours = () => readdirSync(lab.session.folder).filter((name) => name.startsWith("hypersdk-"));

async function withReader<T>(disk: ExportDisk | undefined, work: (reader: DiskReader) => Promise<T>): Promise<T> {
  if (disk === undefined) throw new Error("no disk");
  const transport = await disk.open(signal);
  try {
    if (transport.kind !== "random") throw new Error("a stream");
    return await work(transport.reader);
  } finally {
    await transport.close();
  }
}

async function readAll(disk: ExportDisk | undefined): Promise<Buffer> {
  return withReader(disk, async (reader) => {
    const all = Buffer.alloc(reader.virtualSizeBytes);
    await reader.read(0, all);
    return all;
  });
}

/** The writing guest's counter, as its disk had it. */
const counterOf = (disk: Buffer) => disk.readUInt32LE(127 * 512);

/** How far the writing guest is at this moment, by an export of its own. */
async function countNow(connection: Connection): Promise<number> {
  const session = await connection.openExport(writerId, options(), signal);
  try {
    return counterOf(await readAll(session.disks[0]));
  } finally {
    await session.close(false);
  }
}

test("all disks of a machine that writes are read as they were at one instant, however late", async () => {
  const connection = await connect();
  // However slowly the guest starts, it has written before.
  await expect.poll(() => countNow(connection), { timeout: 30_000, interval: 200 }).toBeGreaterThan(0);
  const first = await connection.openExport(writerId, options(), signal);
  const [a, b] = first.disks;
  const early = await readAll(a);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const [late, other] = [await readAll(a), await readAll(b)];
  await first.close(false);
  expect(late.equals(early)).toBe(true);
  // The first disk is written first: at any instant the second has the same count or the one before.
  const [count, otherCount] = [counterOf(early), counterOf(other)];
  expect(count).toBeGreaterThan(0);
  expect([count, count - 1]).toContain(otherCount);
  // Its last 64 counts, each in its sector.
  for (let back = 1; back < 60; back++) {
    const sector = 128 + ((count - back) % 64);
    if (count > 64) expect(early.readUInt32LE(sector * 512)).toBe(count - back);
  }
  await expect.poll(() => countNow(connection), { timeout: 30_000, interval: 200 }).toBeGreaterThan(count + 10);
  expect(ours()).toEqual([]);
});

test("a kept job is read on by another connection, at the same instant; a job that is gone is no start to go on from", async () => {
  const first = await (await connect()).openExport(writerId, options(), signal);
  const before = await readAll(first.disks[0]);
  await first.close(true);
  const resume = JSON.parse(JSON.stringify(first.resume)) as Record<string, unknown>;
  const connection = await connect();
  expect((await connection.leftovers()).map(({ kind, machineId }) => [kind, machineId])).toEqual([
    ["backup job", writerId],
  ]);
  const next = await connection.openExport(writerId, options({ resume }), signal);
  expect((await readAll(next.disks[0])).equals(before)).toBe(true);
  await next.close(false);
  await expect(connection.openExport(writerId, options({ resume }), signal)).rejects.toMatchObject({
    code: "disk.in-use",
  });
  await expect(
    connection.openExport(writerId, options({ resume: { ...resume, socket: "/tmp/evil.sock" } }), signal),
  ).rejects.toMatchObject({ code: "disk.in-use" });
  expect(ours()).toEqual([]);
});

test("an earlier attempt that left its job without a word is cleared away by the next", async () => {
  const connection = await connect();
  await (await connection.openExport(writerId, options(), signal)).close(true);
  const next = await connection.openExport(writerId, options(), signal);
  expect((await readAll(next.disks[1])).length).toBe(8 * 1024 * 1024);
  await next.close(false);
  expect(ours()).toEqual([]);
});

test("the job of another program, or of another run, is in the way", async () => {
  const connection = await connect();
  const other = await connection.openExport(writerId, options({ mark: "hypersdk-run2" }), signal);
  await expect(connection.openExport(writerId, options(), signal)).rejects.toMatchObject({ code: "source.busy" });
  await other.close(false);
  const xml = lab.file("backup.xml");
  writeFileSync(
    xml,
    `<domainbackup mode="pull"><server transport="unix" socket="${lab.file("x.sock")}"/><disks><disk name="vda" backup="yes" type="file"><scratch file="${lab.file("x.scratch")}"/></disk></disks></domainbackup>`,
  );
  lab.session.virsh("backup-begin", "writer", xml);
  try {
    await expect(connection.openExport(writerId, options(), signal)).rejects.toMatchObject({ code: "source.busy" });
    const { obstacles } = await connection.machine(writerId);
    expect(obstacles.map(({ code }) => code)).toContain("machine.job");
    expect(await connection.leftovers()).toEqual([]);
    expect(backupJob(lab.session, "writer")).toContain("x.sock");
  } finally {
    lab.session.virsh("domjobabort", "writer");
  }
});

test("quiescing: tried where there is no agent, with a warning; refused where it was required, and no job is left", async () => {
  const connection = await connect();
  const tried = await connection.openExport(writerId, options({ quiesce: "try" }), signal);
  expect(tried.warnings.join(" ")).toContain("writer was not quiesced");
  await tried.close(false);
  const error: AppError = await connection.openExport(writerId, options({ quiesce: "require" }), signal).then(
    () => expect.unreachable(),
    (thrown: AppError) => thrown,
  );
  expect(error.code).toMatch(/^source\.(refused|unsupported)$/);
  expect(error.message).toContain("agent");
  expect(backupJob(lab.session, "writer")).toBe("");
});

test("an aborted export leaves nothing", async () => {
  const connection = await connect();
  const stop = new AbortController();
  const opening = connection.openExport(writerId, options(), stop.signal);
  setTimeout(() => stop.abort(), 15);
  await opening.then(
    (session) => session.close(false),
    (error: AppError) => expect(error.code).toBe("job.canceled"),
  );
  expect(backupJob(lab.session, "writer")).toBe("");
  expect(ours()).toEqual([]);
});

test("a machine that crashes while it is read: an error, and its scratch files are found and removed", async () => {
  const connection = await connect();
  const path = lab.file("crash.qcow2");
  makeDisk(path, "qcow2", { sizeMiB: 16, data: [[0, 16]], seed: 3, guest: "idle" });
  const id = lab.session.define("crash", [{ target: "vda", format: "qcow2", path }], { start: true });
  const session = await connection.openExport(id, options(), signal);
  const lost = withReader(session.disks[0], async (reader) => {
    await reader.read(0, Buffer.alloc(4096));
    const pid = execFileSync("pgrep", ["-f", "guest=crash"], { encoding: "utf8" }).trim().split("\n")[0];
    process.kill(Number(pid), "SIGKILL");
    for (let at = 0; at < reader.virtualSizeBytes; at += 65536) await reader.read(at, Buffer.alloc(65536));
  });
  await expect(lost).rejects.toMatchObject({ code: "source.lost" });
  await session.close(true);
  await expect.poll(async () => (await connection.machine(id)).power).toBe("off");
  for (const left of await connection.leftovers()) {
    expect(left).toMatchObject({ mark: "hypersdk-run1", machineId: id });
    await connection.removeLeftover(left);
  }
  expect(ours()).toEqual([]);
});

test("leftovers name only what is ours", async () => {
  const connection = await connect();
  for (const name of ["hypersdk-dead-0badcafe-vda.scratch", "hypersdk-.sock", "other.scratch"])
    writeFileSync(lab.file(name), "");
  const found = await connection.leftovers();
  expect(found.map(({ id, mark, machineId }) => [id, mark, machineId])).toEqual([
    ["file:hypersdk-dead-0badcafe-vda.scratch", "hypersdk-dead", "unknown"],
  ]);
  const [left] = found;
  if (left === undefined) return;
  await connection.removeLeftover({ ...left, id: "file:../../etc/hypersdk-dead-0badcafe-vda.scratch" });
  await connection.removeLeftover({ ...left, id: "file:other.scratch" });
  expect(existsSync(lab.file("other.scratch"))).toBe(true);
  await connection.removeLeftover(left);
  expect(existsSync(lab.file("hypersdk-dead-0badcafe-vda.scratch"))).toBe(false);
  rmSync(lab.file("hypersdk-.sock"));
});

test("a machine that is off is not read on once it was written to", async () => {
  const connection = await connect();
  const session = await connection.openExport(lab.offId, options(), signal);
  const resume = JSON.parse(JSON.stringify(session.resume)) as Record<string, unknown>;
  execFileSync("qemu-io", ["-f", "qcow2", "-c", "write -P 9 5M 64k", lab.file("off-vda.qcow2")]);
  await expect(session.disks[0]?.open(signal)).rejects.toMatchObject({ code: "disk.in-use" });
  await expect(connection.openExport(lab.offId, options({ resume }), signal)).rejects.toMatchObject({
    code: "disk.in-use",
  });
  execFileSync("qemu-io", ["-f", "qcow2", "-c", "write -z -u 5M 64k", lab.file("off-vda.qcow2")]);
});

test("an overlay on a base, off, here and through SSH: what the guest sees", async () => {
  const [base, top] = [lab.file("base.qcow2"), lab.file("top.qcow2")];
  makeDisk(base, "qcow2", { sizeMiB: 8, data: [[0, 4]], seed: 9, guest: "idle" });
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", top]);
  execFileSync("qemu-io", ["-f", "qcow2", "-c", "write -P 7 1M 64k", top]);
  const id = lab.session.define("overlay", [{ target: "vda", format: "qcow2", path: top }]);
  execFileSync("qemu-img", ["convert", "-O", "raw", top, lab.file("overlay.raw")]);
  const truth = readFileSync(lab.file("overlay.raw"));
  for (const connection of [await connect(), await connectSsh()]) {
    const session = await connection.openExport(id, options(), signal);
    for (const disk of session.disks) await readTransport(disk, async (at, length) => truth.subarray(at, at + length));
    await session.close(false);
  }
  expect(ours()).toEqual([]);
});

test("a connection that breaks while a disk is served through SSH: source.lost, and nothing of ours goes on there", async () => {
  const connection = await connectSsh();
  const session = await connection.openExport(lab.offId, options({ mark: "hypersdk-cut" }), signal);
  const lost = withReader(session.disks[0], async (reader) => {
    await reader.read(0, Buffer.alloc(4096));
    ssh.cutConnections();
    for (;;) await reader.read(0, Buffer.alloc(1024 * 1024));
  });
  await expect(lost).rejects.toMatchObject({ code: "source.lost" });
  await expect(connection.machine(lab.offId)).rejects.toMatchObject({ code: "source.lost" });
  const served = () => spawnSync("pgrep", ["-fc", "hypersdk-cut"], { encoding: "utf8" }).stdout.trim();
  await expect.poll(served, { timeout: 5000 }).toBe("0");
  await expect.poll(() => ours().filter((name) => name.startsWith("hypersdk-cut")), { timeout: 5000 }).toEqual([]);
});

test("SSH: only the pinned host key, and never a wrong one by the way", async () => {
  const address = `qemu+ssh://${ssh.username}@127.0.0.1:${ssh.port}/session?socket=${lab.session.socket}`;
  const refused = connect({ ...lab.config(address), trust: { kind: "pinned", fingerprint: "0".repeat(64) } });
  await expect(refused).rejects.toMatchObject({ code: "source.host-key", details: { fingerprint: ssh.fingerprint } });
  const unknown = connect({ ...lab.config(address), trust: { kind: "system" } });
  await expect(unknown).rejects.toMatchObject({
    code: "source.host-key",
    details: { subject: "ssh-ed25519 127.0.0.1" },
  });
});
