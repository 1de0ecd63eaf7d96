/** The lab vCenter, judged by clients that are not ours: pyVmomi (VMware's SDK), nbdkit's curl plugin, qemu-img. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startVsphereLab, type VsphereLab } from "./vsphere-lab.ts";
import { labFile, labGet, labLogin, labSoap } from "./vsphere-lab-http.ts";

const MIB = 2 ** 20;
/** Not a multiple of 64 KiB. */
const CAPACITY = 20 * MIB + 512;
const BLOCK = 64 * 1024;

let lab: VsphereLab;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-lab-test-"));
  lab = await startVsphereLab({
    fill: 130,
    machines: [
      {
        name: "running",
        folder: "prod/web",
        poweredOn: true,
        tools: true,
        disks: [
          { capacityBytes: CAPACITY, stamp: 7 },
          { capacityBytes: 3 * MIB + 1536, stamp: 8 },
        ],
      },
      { name: "off", firmware: "efi", tools: true, disks: [{ capacityBytes: 5 * MIB + 512, stamp: 9 }] },
      { name: "no tools", poweredOn: true, disks: [{ capacityBytes: MIB }] },
      { name: "doomed", disks: [{ capacityBytes: MIB }] },
      // Small data on a disk of 40 GiB.
      { name: "big", disks: [{ capacityBytes: 40 * 1024 * MIB, empty: true }] },
    ],
  });
}, 180_000);

afterAll(async () => {
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function identical(format: string, image: string, truth: string): void {
  const said = execFileSync("qemu-img", ["compare", "-f", format, "-F", "raw", image, truth], { encoding: "utf8" });
  expect(said).toContain("identical");
}

describe("pyVmomi", () => {
  let saw: Record<string, unknown>;
  let firstTruth: Buffer;

  beforeAll(async () => {
    if (!existsSync("/usr/lib/python3/dist-packages/pyVmomi")) {
      throw new Error("VMware's SDK is missing: apt-get install python3-pyvmomi");
    }
    await lab.control.knobs({ maxChangedAreas: 4, taskMs: 10, shutdownMs: 50 });
    const child = promisify(execFile)("/usr/bin/python3", [join(import.meta.dirname, "vsphere-lab/check.py")]);
    child.child.stdin?.end(JSON.stringify({ ...lab, ...lab.door, folder, capacity: CAPACITY }));
    saw = JSON.parse((await child).stdout) as Record<string, unknown>;
    // The base's file changes when the snapshots are merged, which has happened; its stamped part has not.
    firstTruth = readFileSync(String(saw.firstTruth));
  }, 60_000);

  it("logs in, and only with the password", () => {
    expect(saw.wrongPassword).toEqual(["vim.fault.InvalidLogin"]);
    expect(saw.about).toEqual(["VirtualCenter", "8.0.2.0"]);
    expect(saw.expired).toEqual(["vim.fault.NotAuthenticated", "System.View"]);
  });

  it("sees the inventory, in pages", () => {
    expect(saw.names).toEqual(["big", "doomed", "no tools", "off", "running"]);
    expect(saw.path).toEqual(["Datacenters", "Europe", "Berlin & Sons 1", "vm", "prod", "web"]);
    expect(saw.clusters).toHaveLength(2);
    expect(saw.hosts).toHaveLength(5);
    expect(saw.datastores).toEqual(["datastore1", "nfs share 1", "vsanDatastore"]);
    expect(saw.pages).toEqual([50, 50, 35]);
    expect(saw.distinct).toBe(135);
  });

  it("hears of changes, and only of those", () => {
    expect(saw.firstUpdate).toBe(135);
    expect(saw.secondUpdate).toEqual([["modify", ["runtime.powerState"]]]);
    expect(saw.leave).toEqual([["leave", 0]]);
    expect(saw.quiet).toBe(true);
  });

  it("tracks changed blocks", () => {
    expect(saw.untracked).toEqual(["vim.fault.FileFault"]);
    expect(saw.trackingBesideSnapshot).toEqual(["vim.fault.InvalidState"]);
    const allocated = saw.allocated as [number, number][];
    expect(saw.allocatedCalls).toBeGreaterThan(1);
    // Everything outside the areas is zero.
    let at = 0;
    for (const [start, length] of [...allocated, [CAPACITY, 0] as const]) {
      expect(start).toBeGreaterThanOrEqual(at);
      expect(firstTruth.subarray(at, start).every((byte) => byte === 0)).toBe(true);
      at = start + length;
    }
    expect(allocated.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan(CAPACITY / 2);
    expect(saw.changed).toEqual([
      [5 * MIB, BLOCK],
      [Math.floor((CAPACITY - 512) / BLOCK) * BLOCK, 512],
    ]);
    expect(saw.changedOfItself).toEqual([]);
    expect(saw.badOffset).toEqual(["vmodl.fault.InvalidArgument", "startOffset"]);
    expect(saw.afterReset).toEqual(["vmodl.fault.InvalidArgument", "changeId"]);
    expect(saw.fileNames).toEqual([
      "[datastore1] running/running-000002.vmdk",
      "[datastore1] running/running.vmdk",
      "[datastore1] running/running.vmdk",
    ]);
  });

  it("exports a machine and a snapshot as stream VMDKs", () => {
    const devices = { sha1Right: true, sha256Right: true, size: true, timeout: 300, state: "done", streams: 1 };
    expect(saw.snapshotExport).toMatchObject({ ...devices, devices: 2, capacity: CAPACITY });
    expect(saw.vmExport).toMatchObject({ ...devices, devices: 2, capacity: 5 * MIB + 512 });
    const { url, thumbprint } = saw.vmExport as { url: string; thumbprint: string };
    expect(url).toContain(`${lab.hostUrl}/nfc/`);
    expect(thumbprint).toBe(lab.hostThumbprint);
    expect(saw.snapshotLocked).toEqual(["vim.fault.TaskInProgress"]);
    expect(saw.leasedPowerOn).toEqual(["vim.fault.TaskInProgress"]);
  });

  it("exported the bytes of the snapshot and of the machine", async () => {
    identical("vmdk", join(folder, "second.vmdk"), join(folder, "second.raw"));
    identical("vmdk", join(folder, "off.vmdk"), await lab.diskTruth("off", 0));
  });

  it("gets typed faults", () => {
    expect(saw.onTwice).toEqual(["vim.fault.InvalidPowerState", "poweredOn"]);
    expect(saw.exportRunning).toEqual(["vim.fault.InvalidPowerState", "poweredOn"]);
    expect(saw.shutdownWithoutTools).toEqual(["vim.fault.ToolsUnavailable"]);
    expect(saw.shutDown).toBe("poweredOff");
    expect(saw.taskFault).toEqual(["vim.fault.SnapshotFault"]);
    expect(saw.noPermission).toEqual(["vim.fault.NoPermission", "VirtualMachine.State.CreateSnapshot"]);
    expect(saw.granted).toEqual([false, true]);
  });

  it("follows tasks, snapshots and events", () => {
    expect(saw.progressSteps).toBeGreaterThanOrEqual(3);
    expect(saw.tree).toEqual(["second"]);
    expect(saw.noSnapshots).toEqual([true, true]);
    expect(saw.events).toEqual(expect.arrayContaining(["vim.event.TaskEvent", "vim.event.VmPoweredOffEvent"]));
  });
});

describe("nbdkit and qemu-img", () => {
  /** Compares a file of the datastore, read by nbdkit over HTTPS with ranges, with a raw file. */
  async function readByNbdkit(path: string, truth: string, cookie: string): Promise<string> {
    const secret = join(folder, "cookie");
    writeFileSync(secret, cookie, { mode: 0o600 });
    const ca = join(folder, "ca.pem");
    writeFileSync(ca, lab.caPem);
    const args = ["-U", "-", "-r", "curl", `url=${labFile(lab, path)}`, `cookie=+${secret}`, `cainfo=${ca}`];
    const run = `qemu-img compare -f raw -F raw "nbd:unix:$unixsocket" '${truth}'`;
    const { stdout } = await promisify(execFile)("nbdkit", [...args, "--run", run]);
    return stdout;
  }

  it("read a frozen flat file of a running machine by Range", async () => {
    const cookie = await labLogin(lab);
    const made = await lab.control.addMachine({
      name: "frozen & 100%",
      poweredOn: true,
      disks: [{ capacityBytes: CAPACITY, stamp: 21 }],
    });
    const path = made.disks[0]?.flatPath ?? "";
    const truth = join(folder, "frozen.raw");
    execFileSync("cp", ["--sparse=always", await lab.diskTruth(made.moref, 0), truth]);
    const call = (what: string) =>
      labSoap(
        lab,
        `<${what} xmlns="urn:vim25"><_this type="VirtualMachine">${made.moref}</_this><name>s</name><memory>false</memory><quiesce>false</quiesce></${what}>`,
        cookie,
      );
    expect((await call("CreateSnapshot_Task")).status).toBe(200);
    await expect.poll(async () => (await lab.control.machine(made.moref)).snapshots.length).toBe(1);
    await lab.control.guestWrite(made.moref, 0, 0, { stamp: 99, length: MIB });
    expect(await readByNbdkit(path, truth, cookie)).toContain("identical");
    // The judge can say no: against what the guest sees now.
    await expect(readByNbdkit(path, await lab.diskTruth(made.moref, 0), cookie)).rejects.toThrow();
  });

  it.each(["cowd", "sesparse"] as const)("read a chain of %s deltas", async (deltaFormat) => {
    const cookie = await labLogin(lab);
    await lab.control.knobs({ deltaFormat });
    const name = `chain-${deltaFormat}`;
    const made = await lab.control.addMachine({ name, disks: [{ capacityBytes: CAPACITY, stamp: 31 }] });
    const suffix = deltaFormat === "cowd" ? "delta" : "sesparse";
    const files = [`${name}.vmdk`, `${name}-flat.vmdk`];
    for (const n of [1, 2]) {
      await labSoap(
        lab,
        `<CreateSnapshot_Task xmlns="urn:vim25"><_this type="VirtualMachine">${made.moref}</_this><name>s${n}</name><memory>false</memory><quiesce>false</quiesce></CreateSnapshot_Task>`,
        cookie,
      );
      await expect.poll(async () => (await lab.control.machine(made.moref)).snapshots.length).toBe(n);
      await lab.control.guestWrite(made.moref, 0, n * 4 * MIB + 512, { stamp: 40 + n, length: 150 * 512 });
      // Zeros over data.
      await lab.control.guestWrite(made.moref, 0, n * 8192, new Uint8Array(4096));
      await lab.control.guestWrite(made.moref, 0, CAPACITY - 512, { stamp: 50 + n, length: 512 });
      files.push(`${name}-00000${n}.vmdk`, `${name}-00000${n}-${suffix}.vmdk`);
    }
    for (const file of files) {
      const answer = await labGet(lab, labFile(lab, `${name}/${file}`), { headers: { cookie } });
      expect(answer.status).toBe(200);
      writeFileSync(join(folder, file), answer.body);
    }
    const snapshots = (await lab.control.machine(made.moref)).snapshots.map((each) => each.moref);
    identical("vmdk", join(folder, `${name}.vmdk`), await lab.diskTruth(name, 0, snapshots[0]));
    identical("vmdk", join(folder, `${name}-000001.vmdk`), await lab.diskTruth(name, 0, snapshots[1]));
    identical("vmdk", join(folder, `${name}-000002.vmdk`), await lab.diskTruth(name, 0));
  });
});
