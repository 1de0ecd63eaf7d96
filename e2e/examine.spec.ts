/**
 * What is done with disks beside a plain conversion, in the window and in a browser: check, compare, extents, several outputs in
 * one pass, a snapshot's state, one job held back and slowed down. The browser's pages are looked at in light and dark.
 */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { launch, mainWindow } from "./app.ts";
import { lookTwice } from "./look.ts";
import { makeDamaged, makeScattered, qemuSaysIdentical } from "./qemu.ts";
import { complaints, openBrowser, startService } from "./service.ts";
import { addFirstFolder, type Disks, jobState, makeDisks, openDisk } from "./steps.ts";

/** Pieces of data on the scattered disk: with the holes between them, two extents each. */
const PIECES = 6_000;

type Look = (page: Page, name: string) => Promise<void>;
const noLook: Look = async () => {};

let scratch: string;
let disks: Disks;
test.beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "hypersdk-examine-"));
  disks = makeDisks(scratch);
  makeScattered(join(disks.folder, "scattered.qcow2"), PIECES);
  copyFileSync(join(disks.folder, "scattered.qcow2"), join(disks.folder, "twin.qcow2"));
  makeDamaged(join(disks.folder, "damaged.qcow2"));
});
test.afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

async function checks(page: Page, look: Look): Promise<void> {
  await openDisk(page, "scattered.qcow2");
  await expect(page.getByText("Point at the picture")).toBeVisible();
  await look(page, "disk-snapshots");
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await expect(page.getByText("The image is sound: no errors, nothing leaked.")).toBeVisible();
  await look(page, "check-sound");
  // Without the mouse: the palette knows what can be done with a disk.
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("Go to a page").fill("check damaged");
  await expect(page.getByRole("option", { name: /^Check damaged\.qcow2/ })).toHaveAttribute("aria-selected", "true");
  await look(page, "palette-check");
  await page.keyboard.press("Enter");
  await expect(page.getByText(/^The image is damaged/)).toBeVisible();
  await expect(page.getByRole("grid", { name: "Findings" }).getByRole("row")).not.toHaveCount(1);
  await look(page, "check-damaged");
}

async function compare(page: Page, name: string, other: string, look: Look, picture: string): Promise<void> {
  await openDisk(page, name);
  await page.getByRole("button", { name: "Compare with…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Other disk").fill(join(disks.folder, other));
  await look(page, `${picture}-dialog`);
  await dialog.getByRole("button", { name: "Compare", exact: true }).click();
  await expect(dialog).toBeHidden();
}

async function comparisons(page: Page, look: Look): Promise<void> {
  await compare(page, "scattered.qcow2", "twin.qcow2", look, "compare-equal");
  await expect(page.getByText("The disks are equal")).toBeVisible();
  await look(page, "compare-equal");
  await compare(page, "scattered.qcow2", "damaged.qcow2", noLook, "");
  await expect(page.getByText("The disks differ")).toBeVisible();
  await expect(page.getByText("First difference at byte 6")).toBeVisible();
  await look(page, "compare-differs");
}

async function extents(page: Page, look: Look): Promise<void> {
  await openDisk(page, "scattered.qcow2");
  await page.getByRole("link", { name: "All extents" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Extents of scattered.qcow2" })).toBeVisible();
  await expect(page.getByText("5,000 extents read so far")).toBeVisible();
  await look(page, "extents");
  // To the end and on to the next pages; only what is seen is drawn.
  const grid = page.getByRole("grid", { name: "Extents" });
  await grid.focus();
  await expect(async () => {
    await page.keyboard.press("End");
    await expect(page.getByText(`${(2 * PIECES).toLocaleString("en")} extents`, { exact: true })).toBeVisible({
      timeout: 500,
    });
  }).toPass();
  expect(await grid.getByRole("row").count()).toBeLessThan(120);
  await page.getByRole("radio", { name: "Zero" }).click();
  await expect(page.getByText("No extent is in that state")).toBeVisible();
  await look(page, "extents-none");
}

async function severalOutputs(page: Page, look: Look): Promise<void> {
  await openDisk(page, "sample-machine-disk1.vmdk");
  await page.getByRole("button", { name: "Convert…" }).first().click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("File name")).toHaveValue(/\.qcow2$/);
  await dialog.getByText("QCOW2 image options").click();
  await dialog.getByLabel("Compression").selectOption("zstd");
  await look(page, "convert-options");
  await dialog.getByRole("button", { name: "Add another output" }).click();
  const second = dialog.getByRole("group", { name: "Output 2" });
  await expect(second.getByLabel("File name")).toHaveValue(/./);
  await second.getByLabel("Target format").selectOption("vhdx");
  await second.getByLabel("File name").fill("second.vhdx");
  await dialog.getByRole("group", { name: "Output 1" }).getByLabel("File name").fill("first.qcow2");
  await expect(dialog.getByText("Checked: this can start.")).toBeVisible();
  await look(page, "convert-several");
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(jobState(page, "Done").first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText("Equal to the source: every byte")).toHaveCount(2);
  await look(page, "job-several");
  for (const name of ["first.qcow2", "second.vhdx"]) qemuSaysIdentical(disks.small, join(disks.folder, name));
}

async function snapshot(page: Page): Promise<void> {
  await openDisk(page, "scattered.qcow2");
  await page.getByRole("button", { name: "Convert snapshot before" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("File name").fill("before.img");
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(page.getByText(/^snapshot /)).toBeVisible();
  await expect(jobState(page, "Done").first()).toBeVisible({ timeout: 60_000 });
}

async function heldBack(page: Page, look: Look): Promise<void> {
  await openDisk(page, "long.vmdk");
  await page.getByRole("button", { name: "Convert…" }).first().click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("File name")).toHaveValue(/./);
  await dialog.getByText("More", { exact: true }).click();
  await dialog.getByLabel("Read at most").fill("2");
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(jobState(page, "Running").first()).toBeVisible();
  await expect(page.getByText("reads at most 2 MiB/s")).toBeVisible();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await expect(jobState(page, "Paused").first()).toBeVisible();
  await look(page, "job-held");
  await page.getByRole("button", { name: "Change…" }).click();
  await dialog.getByLabel("MiB a second").fill("3.5");
  await look(page, "limit");
  await dialog.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText("reads at most 3.5 MiB/s")).toBeVisible();
  await page.getByRole("button", { name: "Resume", exact: true }).click();
  await expect(jobState(page, "Running").first()).toBeVisible();
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel job" }).click();
  await expect(jobState(page, "Canceled").first()).toBeVisible();
}

async function everything(page: Page, look: Look): Promise<void> {
  const found = complaints(page);
  await addFirstFolder(page, disks.folder);
  await test.step("check", () => checks(page, look));
  await test.step("compare", () => comparisons(page, look));
  await test.step("extents", () => extents(page, look));
  await test.step("several outputs", () => severalOutputs(page, look));
  await test.step("a snapshot", () => snapshot(page));
  await test.step("one job held back", () => heldBack(page, look));
  expect(found).toEqual([]);
}

test("in a browser, with a picture of every page", async () => {
  const browser = await openBrowser();
  const service = await startService({ dataFolder: join(scratch, "data") });
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(service.signInUrl);
    await everything(page, lookTwice);
  } finally {
    await browser.close();
    await service.stop();
  }
});

test("in the window", async () => {
  const program = await launch({ dataFolder: join(scratch, "data") });
  try {
    await everything(await mainWindow(program), noLook);
  } finally {
    await program.close();
  }
});
