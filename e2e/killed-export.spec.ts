/**
 * The whole story in the window, on a vCenter and on QEMU/KVM: add the source, see its machines, export two of them at once to an OVA
 * and to QCOW2, have the program killed in the middle, start it, and find right files here and nothing left there.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { BOOT_LINE } from "../scripts/sample/boot-sector.ts";
import { makeSampleMachine } from "../scripts/sample/sample-machine.ts";
import { launch, mainWindow, type Program } from "./app.ts";
import { qemuSaysIdentical } from "./qemu.ts";
import { rest } from "./script.ts";
import { startLibvirtLab } from "./servers/libvirt-lab.ts";
import { bootsToMarker, readLog } from "./servers/libvirt-lab-judges.ts";
import { startVsphereLab } from "./servers/vsphere-lab.ts";
import { nav, row } from "./steps.ts";
import { boot } from "./stories/boot.ts";

const MIB = 1024 ** 2;

/** A source with two machines, and what tells whether they were exported right. */
interface Story {
  readonly name: string;
  /** In the dialog. */
  readonly kind: string;
  readonly address: string;
  readonly account: { readonly username: string; readonly password: string } | null;
  /** Becomes an OVA; runs. */
  readonly running: string;
  /** Becomes QCOW2; is off. */
  readonly off: string;
  /** Read at most, in MiB a second, so that the kill comes in the middle. */
  readonly limit: string;
  /** Each has so much behind it, with a point to go on from, when the program is killed. */
  readonly killAtBytes: number;
  /** @param unpacked folder of the OVA's files. @param out folder of the disks */
  right(unpacked: string, out: string): Promise<void>;
  /** What is left on the source. */
  remains(): Promise<unknown>;
  stop(): Promise<void>;
}

async function vsphereStory(scratch: string): Promise<Story> {
  const sample = makeSampleMachine(join(scratch, "sample"), { dataBytes: 4 * MIB });
  const raw = join(scratch, "boot.raw");
  execFileSync("qemu-img", ["convert", "-O", "raw", sample.vmdkPath, raw]);
  const lab = await startVsphereLab({
    machines: [
      {
        name: "web-01",
        poweredOn: true,
        tools: true,
        cbt: true,
        disks: [
          { capacityBytes: sample.virtualSizeBytes, file: raw },
          { capacityBytes: 192 * MIB, stamp: 5 },
        ],
      },
      { name: "db-01", disks: [{ capacityBytes: 256 * MIB, stamp: 9 }] },
    ],
  });
  return {
    name: "Berlin",
    kind: "VMware vSphere",
    address: lab.url,
    account: lab,
    running: "web-01",
    off: "db-01",
    limit: "4",
    killAtBytes: 28 * MIB,
    async right(unpacked, out) {
      qemuSaysIdentical(await lab.diskTruth("web-01", 0), join(unpacked, "web-01-disk1.vmdk"));
      qemuSaysIdentical(await lab.diskTruth("web-01", 1), join(unpacked, "web-01-disk2.vmdk"));
      qemuSaysIdentical(await lab.diskTruth("db-01", 0), join(out, "db-01-disk1.qcow2"));
      const { printed, code } = await boot(join(unpacked, "web-01-disk1.vmdk"), "vmdk");
      expect([printed, code]).toEqual([expect.stringContaining(BOOT_LINE), 0]);
    },
    async remains() {
      const { snapshots, leases } = await lab.control.stats();
      return snapshots + leases === 0 ? [] : { snapshots, leases };
    },
    stop: () => lab.stop(),
  };
}

async function libvirtStory(): Promise<Story> {
  const lab = await startLibvirtLab();
  return {
    name: "Here",
    kind: "QEMU/KVM by libvirt",
    address: lab.address,
    account: null,
    running: lab.running.name,
    off: lab.off.name,
    limit: "1",
    // Points come every five seconds.
    killAtBytes: 6.5 * MIB,
    async right(unpacked, out) {
      qemuSaysIdentical(lab.running.disks[0]?.truth ?? "", join(unpacked, "lab-running-disk1.vmdk"));
      qemuSaysIdentical(lab.off.disks[0]?.truth ?? "", join(out, "lab-off-disk1.qcow2"));
      qemuSaysIdentical(lab.off.disks[1]?.truth ?? "", join(out, "lab-off-disk2.qcow2"));
      // Its guest wrote all the time: one instant, whatever was read before and after the kill.
      expect(readLog(join(unpacked, "lab-running-disk2.vmdk"), "vmdk").lines).toBeGreaterThan(0);
      await bootsToMarker(join(unpacked, "lab-running-disk1.vmdk"), "vmdk");
      await bootsToMarker(join(out, "lab-off-disk1.qcow2"), "qcow2");
    },
    remains: async () => lab.remains(),
    stop: () => lab.stop(),
  };
}

async function addSource(page: Page, { kind, name, address, account }: Story): Promise<void> {
  const dialog = page.getByRole("dialog");
  await nav(page, "Sources").click();
  await page.getByRole("button", { name: "Add source" }).first().click();
  await dialog.getByRole("radio", { name: kind }).click();
  await dialog.getByLabel("Address").fill(address);
  if (account !== null) {
    await dialog.getByLabel("User name").fill(account.username);
    await dialog.getByLabel("Password", { exact: true }).fill(account.password);
    await dialog.getByRole("button", { name: "Test" }).click();
    await dialog.getByRole("button", { name: "They are equal: trust this certificate" }).click();
    await expect(dialog.getByRole("region", { name: "Result of the test" })).toContainText("Connected");
  }
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByRole("button", { name: "Add source" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

async function exportMachine(page: Page, story: Story, machine: string, output: string, out: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  await nav(page, "Sources").click();
  await page.getByRole("link", { name: story.name }).first().click();
  await row(page, machine).first().dblclick();
  await page
    .getByRole("complementary", { name: `Machine ${machine}` })
    .getByRole("button", { name: "Export…" })
    .click();
  await dialog.getByLabel("Target folder").fill(out);
  await dialog.getByRole("radio", { name: output }).click();
  // What the check finds moves what stands below it.
  await expect(dialog.getByText("Checked: this can start.")).toBeVisible();
  await dialog.getByText("Speed and order").click();
  await dialog.getByLabel("Read at most").fill(story.limit);
  await expect(dialog.getByText("Checked: this can start.")).toBeVisible();
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(dialog).toBeHidden();
}

interface RunLine {
  readonly id: string;
  readonly name: string;
  readonly progress: { readonly doneBytes: number } | null;
}

for (const [title, begin] of [
  ["a vCenter", vsphereStory],
  ["QEMU/KVM", libvirtStory],
] as const) {
  test(`exports from ${title} go through a kill of the program`, async () => {
    test.setTimeout(300_000);
    const scratch = mkdtempSync(join(tmpdir(), "hypersdk-killed-export-"));
    const [dataFolder, out, unpacked] = ["data", "out", "unpacked"].map((name) => join(scratch, name)) as [
      string,
      string,
      string,
    ];
    for (const folder of [out, unpacked]) mkdirSync(folder);
    const story = await begin(scratch);
    const programs: Program[] = [];
    const start = async () => {
      const program = await launch({ dataFolder });
      programs.push(program);
      const page = await mainWindow(program);
      await page.setViewportSize({ width: 1440, height: 900 });
      return { program, page };
    };
    try {
      const first = await start();
      await addSource(first.page, story);
      await exportMachine(first.page, story, story.running, "OVA", out);
      await exportMachine(first.page, story, story.off, "Disks", out);
      const runs = async () => (await rest<{ items: RunLine[] }>(dataFolder, "GET", "/runs?active=true")).items;
      const behind = async () => Math.min(...(await runs()).map(({ progress }) => progress?.doneBytes ?? 0));
      await expect.poll(behind, { timeout: 60_000, intervals: [100] }).toBeGreaterThan(story.killAtBytes);
      const running = await runs();
      expect(running).toHaveLength(2);
      first.program.app.process().kill("SIGKILL");
      await first.program.close().catch(() => {}); // it is gone
      expect(await story.remains()).not.toEqual([]);
      expect(readdirSync(out).filter((name) => !name.includes("partial"))).toEqual([]);

      const second = await start();
      for (const { id } of running) {
        await rest(dataFolder, "POST", `/runs/${id}/limit`, { maxBytesPerSecond: null });
      }
      await nav(second.page, "Jobs").click();
      for (const { name } of running) {
        await expect(row(second.page, name).first()).toContainText("Done", { timeout: 90_000 });
      }
      await row(second.page, running[0]?.name ?? "")
        .first()
        .click();
      await second.page.keyboard.press("Enter");
      await expect(second.page.getByText(/goes? on|Resumed at/).first()).toBeVisible();
      execFileSync("tar", ["-xf", join(out, `${story.running}.ova`), "-C", unpacked]);
      await story.right(unpacked, out);
      expect(await story.remains()).toEqual([]);
      expect(readdirSync(out).filter((name) => name.includes("partial"))).toEqual([]);
    } finally {
      for (const program of programs) await program.close().catch(() => {}); // ended already
      await story.stop();
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}
