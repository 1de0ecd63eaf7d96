/**
 * The story of QEMU/KVM: a host reached through SSH and the same one on this computer, a machine that runs and writes and one that is
 * off, exported at once as OVA and as QCOW2; the program is killed in the middle, started again, and ends with right files.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Run } from "../../src-core/model/run.ts";
import type { Source } from "../../src-core/model/source.ts";
import { MiB, qemuImg, tempFolder } from "../../workers/tasks/testing/rig.ts";
import { type LibvirtLab, startLibvirtLab } from "../servers/libvirt-lab.ts";
import { bootsToMarker, readLog } from "../servers/libvirt-lab-judges.ts";
import { type RunningProgram, startProgram, wentOn } from "./running-program.ts";

const folder = tempFolder();
let lab: LibvirtLab;
let program: RunningProgram;

beforeAll(async () => {
  lab = await startLibvirtLab({ ssh: true, agent: true });
  mkdirSync(folder.file("out"));
  program = await startProgram(folder.path);
}, 180_000);
afterAll(async () => {
  await program.kill();
  await lab.stop();
  folder.remove();
});

const run = (runId: string) => program.call<Run>("GET", `/runs/${runId}`);

it("exports a running machine through SSH and one that is off, through a kill", { timeout: 240_000 }, async () => {
  const { ssh, running, off } = lab;
  if (ssh === null) throw new Error("no SSH");
  const add = (name: string, more: object) =>
    program.call<Source>("POST", "/sources", { kind: "libvirt", name, username: null, ...more });
  const remote = await add("By SSH", {
    address: ssh.address,
    trust: { kind: "pinned", fingerprint: ssh.fingerprint },
    secret: { privateKey: ssh.privateKey },
  });
  const local = await add("Here", { address: lab.address });
  await expect
    .poll(async () => (await program.call<{ total: number }>("GET", "/machines")).total, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(4);

  const out = folder.file("out");
  const start = async (sourceId: string, machineId: string, more: object) => {
    // So slow that the kill comes in the middle.
    const asked = { folder: out, maxBytesPerSecond: 2 * MiB, machines: [{ sourceId, machineId }], ...more };
    const [started] = await program.call<{ runId: string }[]>("POST", "/exports", asked);
    return started?.runId ?? "";
  };
  const runIds = [
    await start(remote.id, running.id, { output: { kind: "ova" }, quiesce: "require" }),
    await start(local.id, off.id, { output: { kind: "disks", format: "qcow2" }, quiesce: "no" }),
  ];
  const doneOf = async (runId: string) => (await run(runId)).progress?.doneBytes ?? 0;
  const behind = () => Promise.all(runIds.map(doneOf)).then((done) => Math.min(...done));
  // Points come every five seconds.
  await expect.poll(behind, { timeout: 60_000, interval: 100 }).toBeGreaterThan(13 * MiB);
  for (const runId of runIds) expect((await run(runId)).state).toBe("running");
  await program.kill();
  expect(lab.remains()).not.toEqual([]);

  program = await startProgram(folder.path);
  for (const runId of runIds) await program.call("POST", `/runs/${runId}/limit`, { maxBytesPerSecond: null });
  await wentOn(program, runIds);

  expect(readdirSync(out).sort()).toEqual([
    "lab-off-disk1.qcow2",
    "lab-off-disk2.qcow2",
    "lab-off.export.json",
    "lab-running.export.json",
    "lab-running.ova",
  ]);
  const unpacked = folder.file("unpacked");
  mkdirSync(unpacked);
  execFileSync("tar", ["-xf", join(out, "lab-running.ova"), "-C", unpacked]);
  const right = (truth: string | null | undefined, file: string, format: string) =>
    expect(qemuImg("compare", "-f", "raw", "-F", format, truth ?? "", file)).toContain("identical");
  right(running.disks[0]?.truth, join(unpacked, "lab-running-disk1.vmdk"), "vmdk");
  right(off.disks[0]?.truth, join(out, "lab-off-disk1.qcow2"), "qcow2");
  right(off.disks[1]?.truth, join(out, "lab-off-disk2.qcow2"), "qcow2");
  // The guest wrote all the time: what was read, before and after the kill, is one instant, with the file system held still.
  expect(readLog(join(unpacked, "lab-running-disk2.vmdk"), "vmdk")).toMatchObject({ quiesced: true });
  await bootsToMarker(join(unpacked, "lab-running-disk1.vmdk"), "vmdk");
  await bootsToMarker(join(out, "lab-off-disk1.qcow2"), "qcow2");

  expect(lab.remains()).toEqual([]);
  const rows = readFileSync(join(folder.path, "data", "hypersdk.db"), "latin1");
  expect(rows).not.toContain("PRIVATE KEY");
});
