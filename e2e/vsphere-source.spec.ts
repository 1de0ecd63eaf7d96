/**
 * A vCenter in the window: its certificate compared and pinned, a wrong password said, its inventory browsed, a machine looked into,
 * switched and given a snapshot. The lab (e2e/servers/vsphere-lab) is asked what really happened.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Locator, type Page, test } from "@playwright/test";
import { launch, mainWindow, type Program } from "./app.ts";
import { look, lookTwice } from "./look.ts";
import { rest } from "./script.ts";
import { startVsphereLab, type VsphereLab } from "./servers/vsphere-lab.ts";
import { complaints } from "./service.ts";
import { nav, row } from "./steps.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

let lab: VsphereLab;
let scratch: string;
let program: Program;
let page: Page;
let found: string[];

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hypersdk-vsphere-story-"));
  lab = await startVsphereLab({
    fill: 30,
    machines: [
      {
        name: "app-01",
        folder: "prod/web",
        guestId: "ubuntu64Guest",
        poweredOn: true,
        tools: true,
        cbt: true,
        cpus: 4,
        memoryMb: 8192,
        tags: ["tier:front"],
        annotation: "Serves the shop.",
        nics: [{ kind: "vmxnet3", mac: "00:50:56:aa:00:01" }, { kind: "e1000e" }],
        disks: [
          { capacityBytes: 8 * MIB, thin: true },
          { capacityBytes: 4 * MIB, controller: "nvme", datastore: "nfs share 1" },
        ],
      },
      {
        name: "db-01",
        folder: "prod/db",
        guestId: "windows2019srv_64Guest",
        firmware: "efi",
        secureBoot: true,
        tpm: true,
        disks: [
          { capacityBytes: 700 * GIB, empty: true },
          { capacityBytes: 2 * MIB, kind: "rdmPhysical" },
        ],
      },
    ],
  });
  await lab.control.knobs({ taskMs: 200, shutdownMs: 200 });
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
const panelOf = (name: string): Locator => page.getByRole("complementary", { name: `Machine ${name}` });
const colons = (hex: string) => hex.replaceAll(":", "").toUpperCase();

async function openMachine(name: string): Promise<Locator> {
  await row(page, name).first().dblclick();
  await expect(panelOf(name)).toBeVisible();
  return panelOf(name);
}

async function fillConnection(password: string): Promise<void> {
  await dialog().getByLabel("Address").fill(lab.url);
  await dialog().getByLabel("User name").fill(lab.username);
  await dialog().getByLabel("Password", { exact: true }).fill(password);
}

test("is added: the certificate is compared and pinned, a wrong password is said", async () => {
  await nav(page, "Sources").click();
  await page.getByRole("button", { name: "Add source" }).first().click();
  await dialog().getByRole("radio", { name: "VMware vSphere" }).click();

  await test.step("what is missing is said at its field", async () => {
    await dialog().getByRole("button", { name: "Test" }).click();
    for (const text of ["Where is it?", "Which account?", "Its password."]) {
      await expect(dialog().getByText(text)).toBeVisible();
    }
    await lookTwice(page, "vsphere-dialog-empty");
  });

  await fillConnection("not the password");
  await test.step("adding it at once is refused, and leads to the certificate", async () => {
    await dialog().getByRole("button", { name: "Add source" }).click();
    await expect(dialog().getByRole("alert")).toContainText("The source was not added");
    await expect(dialog().getByRole("alert")).toContainText("source.certificate");
    await dialog().getByRole("button", { name: "Compare…" }).click();
  });

  await test.step("the certificate shown is the vCenter's own; nothing was logged in to before", async () => {
    const card = dialog().getByRole("region", { name: "The certificate is not trusted" });
    await expect(card).toBeVisible();
    const shown = await card.getByLabel("SHA-256 fingerprint").textContent();
    expect(colons(shown ?? "")).toBe(colons(lab.fingerprint));
    expect((await lab.control.stats()).counts["sdk.Login"] ?? 0).toBe(0);
    await lookTwice(page, "vsphere-certificate");
    await card.getByRole("button", { name: "They are equal: trust this certificate" }).click();
  });

  await test.step("wrong password", async () => {
    const alert = dialog().getByRole("alert");
    await expect(alert).toContainText("source.auth");
    await expect(alert).toContainText("It could not be connected to");
    await expect(dialog()).toContainText("Trusted: exactly the certificate");
    await lookTwice(page, "vsphere-wrong-password");
  });

  await test.step("right password: every privilege is looked at", async () => {
    await dialog().getByLabel("Password", { exact: true }).fill(lab.password);
    await dialog().getByRole("button", { name: "Test" }).click();
    const result = dialog().getByRole("region", { name: "Result of the test" });
    await expect(result).toContainText("Connected: VMware vCenter Server 8.0.2");
    for (const label of ["Log in", "See machines", "Make and remove snapshots"])
      await expect(result.getByRole("listitem").filter({ hasText: label }).getByLabel("works")).toBeVisible();
    // The lab's hosts have names that no DNS knows: said, with what to do.
    const failed = result.getByRole("listitem").filter({ has: page.getByLabel("does not work") });
    await expect(failed).toHaveCount(1);
    await expect(failed).toContainText("Reach the ESXi hosts");
    await expect(failed).toContainText("Make their names known to this computer");
    await lookTwice(page, "vsphere-tested");
  });

  await dialog().getByLabel("Name", { exact: true }).fill("Berlin");
  await dialog().getByRole("button", { name: "Add source" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Berlin" })).toBeVisible();
  await expect(page.getByText("Connected", { exact: true })).toBeVisible();

  const [source] = await rest<{ id: string; trust: object; hasSecret: boolean }[]>(
    program.dataFolder,
    "GET",
    "/sources",
  );
  expect(source).toMatchObject({
    hasSecret: true,
    trust: { kind: "pinned", fingerprint: colons(lab.fingerprint).toLowerCase() },
  });
  expect(JSON.stringify(source)).not.toContain(lab.password);
});

test("its tree, table, search and filters", async () => {
  await expect(page.getByText("32 machines", { exact: true })).toBeVisible();
  const tree = page.getByRole("tree", { name: "Where machines lie" });
  for (const name of ["Europe", "Berlin & Sons 1", "prod", "web", "db"]) {
    await expect(tree.getByRole("treeitem", { name: new RegExp(`^${name}`) }).first()).toBeVisible();
  }
  await expect(row(page, "app-01")).toContainText("On");
  await expect(row(page, "app-01")).toContainText("8 GiB");
  await expect(row(page, "db-01")).toContainText("Off");
  await lookTwice(page, "vsphere-inventory");

  await tree.getByRole("treeitem", { name: /^prod/ }).click();
  await expect(page.getByText("2 of 32 machines")).toBeVisible();
  const filter = page.getByRole("search");
  for (const [word, shown] of [
    ["Windows", "db-01"],
    ["Big", "db-01"],
    ["On", "app-01"],
  ] as const) {
    await filter.getByRole("button", { name: word, exact: true }).click();
    await expect(row(page, shown)).toBeVisible();
    await expect(page.getByText("1 of 32 machines")).toBeVisible();
    await filter.getByRole("button", { name: word, exact: true }).click();
  }
  await tree.getByRole("treeitem", { name: /^All machines/ }).click();
  const search = page.getByLabel("Search machines");
  await search.fill("front ubuntu");
  await expect(page.getByText("1 of 32 machines")).toBeVisible();
  await expect(row(page, "app-01")).toBeVisible();
  await search.fill("no such machine");
  await expect(page.getByText("Nothing matches")).toBeVisible();
  await lookTwice(page, "vsphere-nothing-matches");
  await page.getByRole("button", { name: "Show all machines" }).click();
  await expect(page.getByText("32 machines", { exact: true })).toBeVisible();

  await test.step("what somebody else does is seen without a reload", async () => {
    await lab.control.addMachine({ name: "burst-01", disks: [{ capacityBytes: MIB, empty: true }] });
    await expect(row(page, "burst-01")).toBeVisible();
    await lab.control.power("burst-01", "poweredOn");
    await expect(row(page, "burst-01")).toContainText("On");
    await lab.control.remove("burst-01");
    await expect(row(page, "burst-01")).toHaveCount(0);
  });

  await test.step("hosts, datastores, networks, events and tasks to read", async () => {
    for (const tab of ["Hosts and pools", "Datastores", "Networks", "Events", "Tasks"]) {
      await page.getByRole("tab", { name: new RegExp(`^${tab}`) }).click();
      await expect(page.getByRole("tabpanel")).not.toContainText("could not be read");
      if (tab === "Datastores") await expect(row(page, "nfs share 1")).toContainText("NFS");
      await look(page, `vsphere-${tab.split(" ")[0]?.toLowerCase()}`);
    }
    await page.getByRole("tab", { name: /^Machines/ }).click();
  });
});

test("a machine's disks, adapters and what stands in an export's way", async () => {
  const web = await openMachine("app-01");
  await expect(web).toContainText("Serves the shop.");
  await lookTwice(page, "vsphere-machine");
  await web.getByRole("tab", { name: /^Disks/ }).click();
  await expect(web.getByRole("tabpanel").getByRole("listitem").filter({ hasText: ".vmdk" }).first()).toBeVisible();
  await expect(web).toContainText("thin");
  await expect(web).toContainText("[nfs share 1]");
  await lookTwice(page, "vsphere-machine-disks");
  await web.getByRole("tab", { name: /^Network/ }).click();
  await expect(web).toContainText("00:50:56:aa:00:01");
  await look(page, "vsphere-machine-nics");

  const db = await openMachine("db-01");
  await expect(db).toContainText("EFI, Secure Boot, TPM");
  await db.getByRole("tab", { name: /^Export/ }).click();
  await expect(db).toContainText("is left out");
  await expect(db).toContainText("a physical raw device mapping is not part of snapshots or exports");
  await expect(db).toContainText("virtual TPM");
  await lookTwice(page, "vsphere-obstacles");
});

test("power and snapshots, each after a question that names the machine", async () => {
  const state = async (name: string) => (await lab.control.machine(name)).state;
  const confirm = page.getByRole("alertdialog");
  const web = await openMachine("app-01");

  await test.step("a question that is answered by no changes nothing", async () => {
    await web.getByRole("button", { name: "Switch off" }).click();
    await expect(confirm).toContainText("Switch off app-01?");
    await lookTwice(page, "vsphere-switch-off");
    await confirm.getByRole("button", { name: "Leave as it is" }).click();
    await expect(confirm).toBeHidden();
    expect(await state("app-01")).toBe("poweredOn");
  });

  await test.step("snapshot: made, seen, removed", async () => {
    await web.getByRole("tab", { name: /^Snapshots/ }).click();
    await web.getByRole("button", { name: "Make a snapshot…" }).click();
    await expect(dialog()).toContainText("Snapshot of app-01");
    await dialog().getByLabel("Name").fill("before the update");
    await dialog().getByLabel("Description").fill("kernel 6.12");
    await dialog().getByRole("button", { name: "Make snapshot" }).click();
    await expect(dialog()).toBeHidden();
    await expect(web.getByText("before the update")).toBeVisible();
    expect((await lab.control.machine("app-01")).snapshots).toMatchObject([{ name: "before the update" }]);
    await lookTwice(page, "vsphere-snapshots");
    await web.getByRole("button", { name: "Remove before the update" }).click();
    await expect(confirm).toContainText("Remove snapshot before the update of app-01?");
    await confirm.getByRole("button", { name: "Remove snapshot" }).click();
    await expect(web.getByText("It has no snapshots.")).toBeVisible();
    expect((await lab.control.machine("app-01")).snapshots).toEqual([]);
  });

  await test.step("off and on again", async () => {
    await web.getByRole("button", { name: "Switch off" }).click();
    await confirm.getByRole("button", { name: "Switch off" }).click();
    await expect(row(page, "app-01")).toContainText("Off");
    expect(await state("app-01")).toBe("poweredOff");
    await web.getByRole("button", { name: "Switch on" }).click();
    await expect(confirm).toContainText("Switch on app-01?");
    await confirm.getByRole("button", { name: "Switch on" }).click();
    await expect(row(page, "app-01")).toContainText("On");
    expect(await state("app-01")).toBe("poweredOn");
    await web.getByRole("button", { name: "Shut down" }).click();
    await confirm.getByRole("button", { name: "Shut down" }).click();
    await expect(row(page, "app-01")).toContainText("Off");
  });
  await web.getByRole("button", { name: "Close" }).click();
});

test("a selection gathered by two searches is switched at once; what fails names its machine", async () => {
  const search = page.getByLabel("Search machines");
  const bar = page.getByRole("region", { name: "Selected machines" });
  await search.fill("app-01");
  await page.getByRole("grid", { name: "Machines" }).focus();
  await page.keyboard.press("Control+a");
  await search.fill("db-01");
  await row(page, "db-01").getByRole("checkbox").check();
  await expect(bar).toContainText("2 machines selected, 1 not shown by this search");
  await lookTwice(page, "vsphere-selection");
  await lab.control.rules({ kind: "task", method: "PowerOnVM_Task", times: 1, fault: "InvalidPowerState" });
  await bar.getByRole("button", { name: "Switch on" }).click();
  const confirm = page.getByRole("alertdialog");
  await expect(confirm).toContainText("Switch on 2 machines?");
  await expect(confirm).toContainText("app-01");
  await expect(confirm).toContainText("db-01");
  await confirm.getByRole("button", { name: "Switch on" }).click();
  await expect(page.getByText("Switch on: 1 machine done.")).toBeVisible();
  await expect(page.getByText(/^(app-01|db-01): /)).toBeVisible();
  const states = await Promise.all(["app-01", "db-01"].map(async (name) => (await lab.control.machine(name)).state));
  expect(states.toSorted()).toEqual(["poweredOff", "poweredOn"]);
  await bar.getByRole("button", { name: "Select none" }).click();
  await expect(bar).toBeHidden();
  await search.fill("");
});

test("a session that ends is renewed; a password that was changed is said, and put right by editing", async () => {
  await lab.control.expire();
  await lab.control.addMachine({ name: "cache-01", disks: [{ capacityBytes: MIB, empty: true }] });
  await expect(row(page, "cache-01")).toBeVisible();

  await lab.control.account({ username: lab.username, password: "a new one" });
  await lab.control.expire();
  const note = page.getByRole("status", { name: "Not connected" });
  await expect(note).toBeVisible();
  await expect(page.getByText("What is shown was seen")).toBeVisible();
  await expect(row(page, "app-01")).toBeVisible();
  await lookTwice(page, "vsphere-password-changed");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await dialog().getByLabel("Password", { exact: true }).fill("a new one");
  await dialog().getByRole("button", { name: "Save" }).click();
  await expect(dialog()).toBeHidden();
  await expect(page.getByText("Connected", { exact: true })).toBeVisible();

  const log = readFileSync(join(program.dataFolder, "logs", "hypersdk.log"), "utf8");
  for (const secret of [lab.password, "a new one", "not the password"]) expect(log).not.toContain(secret);
  expect(found).toEqual([]);
});
