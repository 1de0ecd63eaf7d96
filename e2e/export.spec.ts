/**
 * Exports in the window: two machines of a folder go out as OVA and as QCOW2, qemu-img judges what was made; one machine with all its
 * choices; what stands in the way is said before the start and after a failure. Pictures of every state into e2e/screenshots.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { makeSampleMachine } from "../scripts/sample/sample-machine.ts";
import { writeLongVmdk } from "../workers/tasks/testing/long-disk.ts";
import { launch, mainWindow, type Program } from "./app.ts";
import { lookTwice } from "./look.ts";
import { qemuSaysIdentical } from "./qemu.ts";
import { complaints } from "./service.ts";
import { cancelJob, jobState, nav, row } from "./steps.ts";

const MIB = 1024 ** 2;

let scratch: string;
let out: string;
let program: Program;
let page: Page;
let found: string[];

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hypersdk-export-"));
  out = join(scratch, "exports");
  mkdirSync(out);
  makeMachines(join(scratch, "vm"));
  program = await launch({ dataFolder: join(scratch, "data") });
  page = await mainWindow(program);
  await page.setViewportSize({ width: 1440, height: 900 });
  found = complaints(page);
});
test.afterAll(async () => {
  await program?.close();
  rmSync(scratch, { recursive: true, force: true });
});

const disk = (name: string) => join(scratch, "vm", name, `${name}-disk1.vmdk`);

/** web01 and db01 with disks that are known; app with one disk that is there and one that is gone; long takes as long as one likes; torn is damaged inside. */
function makeMachines(folder: string): void {
  makeSampleMachine(join(folder, "web01"), { name: "web01", dataBytes: 24 * MIB });
  makeSampleMachine(join(folder, "db01"), { name: "db01", dataBytes: 40 * MIB });
  makeSampleMachine(join(folder, "torn"), { name: "torn", dataBytes: 16 * MIB });
  const torn = openSync(join(folder, "torn/torn-disk1.vmdk"), "r+");
  writeSync(torn, Buffer.alloc(64 * 1024, 0x5a), 0, 64 * 1024, 8 * MIB);
  const vmx = (name: string, disks: readonly string[]) => {
    mkdirSync(join(folder, name), { recursive: true });
    const lines = disks.flatMap((file, n) => [`scsi0:${n}.present = "TRUE"`, `scsi0:${n}.fileName = "${file}"`]);
    const head = ['config.version = "8"', `displayName = "${name}"`, 'guestOS = "debian12-64"', 'memsize = "512"'];
    writeFileSync(join(folder, name, `${name}.vmx`), `${[...head, ...lines].join("\n")}\n`);
  };
  vmx("app", ["app-disk1.vmdk", "gone.vmdk"]);
  copyFileSync(join(folder, "web01/web01-disk1.vmdk"), join(folder, "app/app-disk1.vmdk"));
  vmx("lost", ["nowhere.vmdk"]);
  vmx("long", ["long.vmdk"]);
  writeLongVmdk(join(folder, "long/long.vmdk"));
}

const dialog = () => page.getByRole("dialog");

async function openInventory(): Promise<void> {
  await nav(page, "Sources").click();
  await page.getByRole("link", { name: "Workshop" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Workshop" })).toBeVisible();
}

async function select(...names: string[]): Promise<void> {
  await openInventory();
  for (const name of names) await row(page, name).first().getByRole("checkbox").click();
  await expect(page.getByText(`${names.length} machines selected`)).toBeVisible();
  await page.getByRole("region", { name: "Selected machines" }).getByRole("button", { name: "Export…" }).click();
}

async function openOne(name: string): Promise<void> {
  await openInventory();
  await row(page, name).first().dblclick();
  await page
    .getByRole("complementary", { name: `Machine ${name}` })
    .getByRole("button", { name: "Export…" })
    .click();
}

const output = (name: string) => dialog().getByRole("radio", { name }).click();
const folder = () => dialog().getByLabel("Target folder");
const checked = () => expect(dialog().getByText("Checked: this can start.")).toBeVisible();

test("two machines become OVA files", async () => {
  await nav(page, "Sources").click();
  await page.getByRole("button", { name: "Add source" }).first().click();
  await dialog().getByRole("radio", { name: "Folder on this computer" }).click();
  await dialog().getByLabel("Folder", { exact: true }).fill(join(scratch, "vm"));
  await dialog().getByLabel("Name").fill("Workshop");
  await dialog().getByRole("button", { name: "Add source" }).click();
  await expect(row(page, "web01").first()).toBeVisible();

  await select("web01", "db01");
  await expect(dialog().getByRole("heading", { name: "Export 2 machines" })).toBeVisible();
  await folder().fill(out);
  await checked();
  await expect(dialog().getByRole("img", { name: "Can be exported" })).toHaveCount(2);
  await lookTwice(page, "export-many");
  await dialog().getByRole("button", { name: "Start 2 exports" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Jobs" })).toBeVisible();
  await expect(row(page, "web01 → OVA")).toContainText("Done");
  await expect(row(page, "db01 → OVA")).toContainText("Done");

  for (const name of ["web01", "db01"]) {
    const into = join(scratch, `unpacked-${name}`);
    mkdirSync(into);
    execFileSync("tar", ["-xf", join(out, `${name}.ova`), "-C", into]);
    const vmdk = readdirSync(into).find((file) => file.endsWith(".vmdk"));
    qemuSaysIdentical(disk(name), join(into, vmdk ?? "no disk"));
  }
  await row(page, "web01 → OVA").getByRole("link").click();
  await expect(jobState(page, "Done").first()).toBeVisible();
  await expect(page.getByRole("region", { name: "Result" })).toContainText("web01.ova");
  await lookTwice(page, "export-job-done");
});

test("the same two become QCOW2 disks", async () => {
  await select("web01", "db01");
  // What was chosen last is where the next export begins.
  await expect(folder()).toHaveValue(out);
  await output("Disks");
  await dialog().getByLabel("Format").selectOption("qcow2");
  await checked();
  await dialog().getByRole("button", { name: "Start 2 exports" }).click();
  await expect(row(page, "db01 → qcow2")).toContainText("Done");
  await expect(row(page, "web01 → qcow2")).toContainText("Done");
  await row(page, "db01 → qcow2").getByRole("link").click();
  const result = page.getByRole("region", { name: "Result" });
  await expect(result).toContainText("SHA-256");
  const said = (
    await result.getByRole("listitem").filter({ hasText: "SHA-256" }).locator("code").textContent()
  )?.trim();
  const path = join(
    out,
    (
      await result
        .getByText(/^db01.*\.qcow2$/)
        .first()
        .textContent()
    )?.trim() ?? "",
  );
  expect(createHash("sha256").update(readFileSync(path)).digest("hex")).toBe(said);
  qemuSaysIdentical(disk("db01"), path);
  const web = readdirSync(out).find((file) => file.startsWith("web01") && file.endsWith(".qcow2"));
  qemuSaysIdentical(disk("web01"), join(out, web ?? "no disk"));
  const manifest =
    (await result
      .getByTitle(/\.json$/)
      .first()
      .getAttribute("title")) ?? "";
  expect(JSON.parse(readFileSync(manifest, "utf8"))).toMatchObject({ machine: { name: "db01" } });
});

test("one machine: names, disks, hours; what is in the way is said and mended", async () => {
  await openOne("app");
  await expect(dialog().getByText("Cannot be exported:")).toBeVisible();
  await checked();
  await lookTwice(page, "export-one");

  await test.step("a name that is taken", async () => {
    await output("OVA file");
    await dialog().getByLabel("Name of what is made").fill("web01");
    const problem = dialog()
      .getByRole("list", { name: "Problems" })
      .getByRole("listitem")
      .filter({ hasText: "exists already" });
    await expect(problem.first()).toBeVisible();
    await expect(dialog().getByRole("button", { name: "Start" })).toBeDisabled();
    await lookTwice(page, "export-one-problems");
    await problem.first().getByRole("button", { name: "Replace" }).click();
    await checked();
    await expect(dialog().getByRole("checkbox", { name: "Replace files that are there already" })).toBeChecked();
    await dialog().getByLabel("Name of what is made").fill("app-copy");
  });
  await test.step("a folder that is none, one that is not there, none at all", async () => {
    await folder().fill(disk("web01"));
    await expect(dialog().getByText("is not a folder")).toBeVisible();
    await folder().fill(join(out, "nowhere"));
    await expect(
      dialog()
        .getByText(/nowhere.*not/)
        .first(),
    ).toBeVisible();
    // A file system without space, that nothing can be made in.
    await folder().fill("/sys/kernel");
    await expect(dialog().getByRole("list", { name: "Problems" })).toContainText(/0 MiB free|cannot be written to/);
    await expect(dialog().getByRole("button", { name: "Start" })).toBeDisabled();
    await lookTwice(page, "export-one-no-space");
    await folder().fill("");
    await expect(dialog().getByText("Choose a folder.")).toBeVisible();
    await expect(dialog().getByRole("button", { name: "Start" })).toBeDisabled();
    await folder().fill(out);
  });
  await test.step("no disk chosen", async () => {
    const choice = dialog().getByRole("group", { name: "Disks" }).getByRole("checkbox").first();
    await choice.click();
    await expect(dialog().getByText("Choose at least one disk.")).toBeVisible();
    await choice.click();
    await checked();
  });
  await test.step("hours of the day, by keyboard", async () => {
    await dialog().getByText("Speed and order").click();
    await dialog().getByRole("button", { name: "Add hours" }).focus();
    await page.keyboard.press("Enter");
    await expect(dialog().getByText("Give a number above 0.")).toBeVisible();
    await expect(dialog().getByRole("button", { name: "Start" })).toBeDisabled();
    await dialog().getByLabel("MiB a second in these hours").fill("500");
    await dialog().getByLabel("Priority").fill("70");
    await checked();
    await lookTwice(page, "export-one-pace");
  });
  await test.step("a manifest for an old host; disks alone have none", async () => {
    const digest = dialog().getByLabel("Manifest digest");
    await expect(digest).toHaveValue("sha256");
    await digest.selectOption("sha1");
    await expect(dialog()).toContainText("older importers such as ESXi up to 6.0");
    await digest.scrollIntoViewIfNeeded();
    await lookTwice(page, "export-one-digest");
    await output("Disks");
    await expect(digest).toHaveCount(0);
    await output("OVA file");
    await expect(digest).toHaveValue("sha1");
    await checked();
  });
  await dialog().getByLabel("Name of what is made").focus();
  await page.keyboard.press("Enter");
  await expect(dialog()).toBeHidden();
  await expect(page.getByRole("heading", { level: 1, name: "app → OVA" })).toBeVisible();
  await expect(jobState(page, "Done").first()).toBeVisible();
  await expect(page.getByText("OVA file, SHA-1 manifest")).toBeVisible();
  await expect(page.getByText("08:00 to 18:00 at most 500 MiB/s")).toBeVisible();
  await expect(page.getByRole("list", { name: "Warnings" })).toContainText("gone.vmdk");
  const into = join(scratch, "unpacked-app");
  mkdirSync(into);
  execFileSync("tar", ["-xf", join(out, "app-copy.ova"), "-C", into]);
  execFileSync("sha1sum", ["--check", "--strict", "app-copy.mf"], { cwd: into, stdio: "pipe" });
  await openOne("app");
  await expect(dialog().getByLabel("Manifest digest"), "remembered for the next one").toHaveValue("sha1");
  await dialog().getByLabel("Manifest digest").selectOption("sha256");
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await lookTwice(page, "export-job-left-out");
});

test("a selection of which one cannot be exported starts without it; a damaged disk fails in words", async () => {
  await select("torn", "lost", "web01");
  await expect(dialog().getByRole("img", { name: "Cannot be exported" })).toHaveCount(1);
  await expect(dialog().getByRole("button", { name: "Start 3 exports" })).toBeDisabled();
  await lookTwice(page, "export-many-problems");
  await dialog().getByRole("button", { name: "Leave out the one that cannot be exported" }).click();
  await dialog().getByRole("button", { name: "Leave out web01" }).click();
  await checked();
  await dialog().getByRole("button", { name: "Start 1 export" }).click();
  await expect(jobState(page, "Failed").first()).toBeVisible();
  await expect(page.getByRole("alert").first()).toContainText("The job failed");
  await lookTwice(page, "export-job-failed");
  expect(readdirSync(out).filter((name) => name.includes("torn"))).toEqual([]);
});

test("a long export shows each disk, takes a limit and is canceled", async () => {
  await openOne("long");
  await output("Disks");
  await checked();
  await dialog().getByRole("button", { name: "Start" }).click();
  const disks = page.getByRole("region", { name: "Disks" });
  await expect(disks.getByRole("progressbar", { name: /Progress of/ })).toBeVisible();
  await expect(disks).toContainText("/s");
  await expect(disks).toContainText("Limited by the");
  await page.getByRole("button", { name: "Change…" }).click();
  await dialog().getByLabel("MiB a second").fill("40");
  await dialog().getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText("reads at most 40 MiB/s")).toBeVisible();
  await expect(disks).toContainText("speed limit");
  await lookTwice(page, "export-job-running");
  await nav(page, "Jobs").click();
  await expect(page.getByRole("region", { name: "Active jobs" })).toContainText("long → qcow2");
  await page.getByRole("main").getByRole("link", { name: "long → qcow2" }).click();
  await cancelJob(page);
  await expect(async () => expect(readdirSync(out).filter((name) => name.includes("long"))).toEqual([])).toPass();
  expect(statSync(out).isDirectory()).toBe(true);
  expect(found).toEqual([]);
});
