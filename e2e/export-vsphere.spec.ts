/**
 * Exports from a vCenter in the window: what a dead export left there is told and shown before it is removed; a running machine with two
 * disks and one that is off go out at once and are what the lab says they are; nothing stays behind.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { launch, mainWindow, type Program } from "./app.ts";
import { lookTwice } from "./look.ts";
import { qemuSaysIdentical } from "./qemu.ts";
import { rest } from "./script.ts";
import { startVsphereLab, type VsphereLab } from "./servers/vsphere-lab.ts";
import { complaints } from "./service.ts";
import { jobState, nav, row } from "./steps.ts";

const MIB = 1024 ** 2;

let lab: VsphereLab;
let scratch: string;
let out: string;
let program: Program;
let page: Page;
let found: string[];

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hypersdk-export-vsphere-"));
  out = join(scratch, "exports");
  mkdirSync(out);
  lab = await startVsphereLab({
    machines: [
      {
        name: "web-01",
        poweredOn: true,
        tools: true,
        guestId: "ubuntu64Guest",
        disks: [{ capacityBytes: 24 * MIB }, { capacityBytes: 8 * MIB, controller: "nvme" }],
      },
      { name: "db-01", guestId: "debian12_64Guest", disks: [{ capacityBytes: 16 * MIB }] },
    ],
  });
  await lab.control.knobs({ deviceHost: "*" });
  program = await launch({ dataFolder: join(scratch, "data") });
  const { id } = await rest<{ id: string }>(program.dataFolder, "POST", "/sources", {
    kind: "vsphere",
    name: "Berlin",
    address: lab.url,
    username: lab.username,
    trust: { kind: "pinned", fingerprint: lab.fingerprint.replaceAll(":", "").toLowerCase() },
    secret: { password: lab.password },
  });
  const state = async () =>
    (await rest<{ connection: { state: string } }>(program.dataFolder, "GET", `/sources/${id}`)).connection.state;
  await expect.poll(state).toBe("connected");
  // As an export leaves it whose program died for good.
  const { moref } = await lab.control.machine("db-01");
  await rest(program.dataFolder, "POST", `/sources/${id}/snapshots`, {
    machineId: moref,
    name: "hypersdk-no-such-run",
    description: "for an export",
  });
  await program.close();
  program = await launch({ dataFolder: join(scratch, "data") });
  page = await mainWindow(program);
  await page.setViewportSize({ width: 1440, height: 900 });
  found = complaints(page);
});
test.afterAll(async () => {
  await program?.close();
  await lab?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const dialog = () => page.getByRole("dialog");

test("what a dead export left is told at the next start, shown, and removed when asked", async () => {
  await expect
    .poll(() => program.desktop.log("notification"))
    .toMatchObject([{ title: "Leftovers on Berlin", body: expect.stringMatching(/^1 of exports that ended badly/) }]);
  await program.desktop.clickNotification(0);
  const notice = page.getByRole("status", { name: "Leftovers on Berlin" });
  await expect(notice).toContainText("1 leftover of exports that ended badly");
  await lookTwice(page, "leftovers-notice");
  await notice.getByRole("button", { name: "Look…" }).click();
  await expect(dialog()).toContainText("snapshot of db-01");
  await expect(dialog()).toContainText("hypersdk-no-such-run");
  expect((await lab.control.machine("db-01")).snapshots).toHaveLength(1);
  await lookTwice(page, "leftovers-dialog");
  await dialog().getByRole("button", { name: "Remove" }).click();
  await expect(dialog()).toContainText("Nothing was left behind.");
  await dialog()
    .getByRole("contentinfo")
    .or(dialog().getByText("Close", { exact: true }))
    .first()
    .click();
  await expect(notice).toBeHidden();
  expect((await lab.control.machine("db-01")).snapshots).toEqual([]);
});

test("a running machine and one that is off become QCOW2 disks at once", async () => {
  await page.getByRole("link", { name: "Berlin" }).click();
  for (const name of ["web-01", "db-01"]) await row(page, name).getByRole("checkbox").click();
  await page.getByRole("region", { name: "Selected machines" }).getByRole("button", { name: "Export…" }).click();
  await dialog().getByLabel("Target folder").fill(out);
  await dialog().getByRole("radio", { name: "Disks" }).click();
  await expect(dialog().getByText("Checked: this can start.")).toBeVisible();
  await lookTwice(page, "export-vsphere-many");
  const warnings = dialog().getByText("1 warning").first();
  await warnings.click();
  await expect(
    dialog()
      .getByRole("list", { name: /^Warnings of/ })
      .first(),
  ).toContainText("Changed-block tracking");
  await warnings.click();
  await dialog().getByRole("button", { name: "Start 2 exports" }).click();
  for (const name of ["web-01", "db-01"]) await expect(row(page, `${name} → qcow2`)).toContainText("Done");
  const made = readdirSync(out)
    .filter((name) => name.endsWith(".qcow2"))
    .toSorted();
  expect(made).toHaveLength(3);
  const [db, first, second] = made.map((name) => join(out, name));
  qemuSaysIdentical(await lab.diskTruth("db-01", 0), db ?? "");
  qemuSaysIdentical(await lab.diskTruth("web-01", 0), first ?? "");
  qemuSaysIdentical(await lab.diskTruth("web-01", 1), second ?? "");
});

test("one running machine: its power, its files, its disks one by one; nothing is left on the vCenter", async () => {
  await nav(page, "Sources").click();
  await page.getByRole("link", { name: "Berlin" }).click();
  await row(page, "web-01").first().dblclick();
  await page.getByRole("complementary", { name: "Machine web-01" }).getByRole("button", { name: "Export…" }).click();
  await dialog().getByRole("radio", { name: "OVF folder" }).click();
  await dialog().getByLabel("If a machine runs").selectOption("shutdown-and-start");
  await expect(dialog().getByLabel("Bring its files in order first")).toBeHidden();
  await dialog().getByLabel("If a machine runs").selectOption("leave");
  await dialog().getByLabel("Bring its files in order first").selectOption("require");
  await dialog().getByText("Speed and order").click();
  await dialog().getByLabel("Read at most").fill("0.5");
  await expect(dialog().getByText("Checked: this can start.")).toBeVisible();
  await lookTwice(page, "export-vsphere-one");
  await dialog().getByRole("button", { name: "Start" }).click();
  const disks = page.getByRole("region", { name: "Disks" });
  await expect(disks.getByRole("progressbar")).toHaveCount(2);
  await expect(disks).toContainText("iB/s");
  await expect(page.getByText("reads at most 512 KiB/s")).toBeVisible();
  await lookTwice(page, "export-vsphere-running");
  await page.getByRole("button", { name: "Change…" }).click();
  await dialog().getByRole("button", { name: "No limit" }).click();
  await expect(jobState(page, "Done").first()).toBeVisible();
  await expect(page.getByRole("list", { name: "Exported disks" }).getByRole("listitem")).toHaveCount(2);
  await lookTwice(page, "export-vsphere-done");
  expect((await lab.control.machine("web-01")).snapshots).toEqual([]);
  expect((await lab.control.stats()).leases).toBe(0);
  await nav(page, "Sources").click();
  await expect(page.getByRole("link", { name: "Berlin" })).toBeVisible();
  await expect(page.getByRole("status", { name: "Leftovers on Berlin" })).toBeHidden();
  expect(found).toEqual([]);
});
