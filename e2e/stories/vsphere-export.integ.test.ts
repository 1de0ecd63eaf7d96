/**
 * The story of a vCenter: add it, see its machines, export two at once as OVA and as QCOW2, kill the program in the middle, start it
 * again, and find right files here and nothing left there.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BOOT_LINE } from "../../scripts/sample/boot-sector.ts";
import { makeSampleMachine } from "../../scripts/sample/sample-machine.ts";
import type { Run } from "../../src-core/model/run.ts";
import type { Source } from "../../src-core/model/source.ts";
import { MiB, qemuImg, tempFolder } from "../../workers/tasks/testing/rig.ts";
import { startVsphereLab, type VsphereLab } from "../servers/vsphere-lab.ts";
import { boot } from "./boot.ts";
import { type RunningProgram, startProgram, wentOn } from "./running-program.ts";

const folder = tempFolder();
let lab: VsphereLab;
let program: RunningProgram;

beforeAll(async () => {
  const sample = makeSampleMachine(folder.file("sample"), { dataBytes: 4 * MiB });
  const raw = folder.file("boot.raw");
  qemuImg("convert", "-O", "raw", sample.vmdkPath, raw);
  const stamped = { capacityBytes: 192 * MiB, stamp: 5 };
  lab = await startVsphereLab({
    fill: 30,
    machines: [
      {
        name: "web",
        folder: "prod",
        poweredOn: true,
        tools: true,
        cbt: true,
        disks: [{ capacityBytes: sample.virtualSizeBytes, file: raw }, stamped],
      },
      { name: "db", disks: [{ capacityBytes: 256 * MiB, stamp: 9 }] },
    ],
  });
  mkdirSync(folder.file("out"));
  program = await startProgram(folder.path);
}, 180_000);
afterAll(async () => {
  await program.kill();
  await lab.stop();
  folder.remove();
});

const machine = (name: string) => {
  const found = lab.machines.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
const run = (runId: string) => program.call<Run>("GET", `/runs/${runId}`);

it("exports two machines at once, through a kill, and leaves nothing behind", { timeout: 180_000 }, async () => {
  const source = await program.call<Source>("POST", "/sources", {
    kind: "vsphere",
    name: "Lab",
    address: lab.url,
    username: lab.username,
    trust: { kind: "ca", pem: lab.caPem },
    secret: { password: lab.password },
  });
  await expect
    .poll(async () => (await program.call<{ total: number }>("GET", "/machines")).total, { timeout: 20_000 })
    .toBe(32);

  const out = folder.file("out");
  const asked = (name: string, output: unknown) => ({
    output,
    folder: out,
    // So slow that the kill comes in the middle.
    maxBytesPerSecond: 8 * MiB,
    machines: [{ sourceId: source.id, machineId: machine(name).moref }],
  });
  const [ova] = await program.call<{ runId: string }[]>("POST", "/exports", asked("web", { kind: "ova" }));
  const files = { kind: "disks", format: "qcow2" };
  const [qcow2] = await program.call<{ runId: string }[]>("POST", "/exports", asked("db", files));
  const runIds = [ova?.runId ?? "", qcow2?.runId ?? ""];
  expect((await run(runIds[0] ?? "")).maxBytesPerSecond).toBe(8 * MiB);
  const doneOf = async (runId: string) => (await run(runId)).progress?.doneBytes ?? 0;
  const behind = () => Promise.all(runIds.map(doneOf)).then((done) => Math.min(...done));
  await expect.poll(behind, { timeout: 60_000, interval: 100 }).toBeGreaterThan(28 * MiB);
  for (const runId of runIds) expect((await run(runId)).state).toBe("running");
  await program.kill();
  expect((await lab.control.stats()).snapshots).toBeGreaterThan(0);

  program = await startProgram(folder.path);
  for (const runId of runIds) await program.call("POST", `/runs/${runId}/limit`, { maxBytesPerSecond: null });
  await wentOn(program, runIds);

  expect(readdirSync(out).sort()).toEqual(["db-disk1.qcow2", "db.export.json", "web.export.json", "web.ova"]);
  const unpacked = folder.file("unpacked");
  mkdirSync(unpacked);
  execFileSync("tar", ["-xf", join(out, "web.ova"), "-C", unpacked]);
  const right = async (name: string, disk: number, file: string, format: string) => {
    const { moref } = machine(name);
    const truth = await lab.diskTruth(moref, disk);
    expect(qemuImg("compare", "-f", "raw", "-F", format, truth, file)).toContain("identical");
  };
  await right("web", 0, join(unpacked, "web-disk1.vmdk"), "vmdk");
  await right("web", 1, join(unpacked, "web-disk2.vmdk"), "vmdk");
  await right("db", 0, join(out, "db-disk1.qcow2"), "qcow2");
  const { printed, code } = await boot(join(unpacked, "web-disk1.vmdk"), "vmdk");
  expect([printed, code]).toEqual([expect.stringContaining(BOOT_LINE), 0]);

  const { snapshots, leases } = await lab.control.stats();
  expect({ snapshots, leases }).toEqual({ snapshots: 0, leases: 0 });
  expect(await program.call("GET", `/sources/${source.id}/leftovers`)).toEqual([]);
  const { items } = await program.call<{ items: { name: string; lastExport: unknown }[] }>(
    "GET",
    "/machines?search=web",
  );
  expect(items[0]?.lastExport).toMatchObject({ runId: runIds[0] });
  const data = readFileSync(join(folder.path, "data", "hypersdk.db"), "latin1");
  expect(data).not.toContain(lab.password);
});
