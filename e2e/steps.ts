/**
 * What a person does, as steps that hold in the window and in a browser alike: they go by what is written on the page.
 * Specs string them together; nothing here knows which of the two it drives.
 */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, type Locator, type Page } from "@playwright/test";
import { makeSampleMachine } from "../scripts/sample/sample-machine.ts";
import { writeLongVmdk } from "../workers/tasks/testing/long-disk.ts";

const MiB = 1024 * 1024;

export interface Disks {
  readonly folder: string;
  readonly machine: string;
  /** A disk that converts in a moment. */
  readonly small: string;
  /** One that takes a second or more. */
  readonly large: string;
  /** The file that holds the data of long.vmdk, a disk that takes so long that it can be stopped whenever one likes. */
  readonly longFlat: string;
}

/** A library folder: the sample machine, a large raw disk whose every block carries its own number, and long.vmdk. */
export function makeDisks(scratch: string): Disks {
  const folder = join(scratch, "machines");
  mkdirSync(folder, { recursive: true });
  const sample = makeSampleMachine(folder, { dataBytes: 32 * MiB });
  const large = join(folder, "archive.raw");
  writeStamped(large, 1536 * MiB);
  writeLongVmdk(join(folder, "long.vmdk"));
  return { folder, machine: "sample-machine", small: sample.vmdkPath, large, longFlat: join(folder, "long-flat.vmdk") };
}

function writeStamped(path: string, sizeBytes: number): void {
  const block = Buffer.alloc(4 * MiB);
  const file = openSync(path, "wx");
  try {
    for (let at = 0; at < sizeBytes; at += block.length) {
      for (let in4k = 0; in4k < block.length; in4k += 4096) block.writeDoubleLE(at + in4k, in4k);
      writeSync(file, block, 0, block.length, at);
    }
  } finally {
    closeSync(file);
  }
}

export const nav = (page: Page, name: "Library" | "Sources" | "Schedules" | "Jobs" | "Costs" | "Settings"): Locator =>
  page.getByRole("navigation").getByRole("link", { name });

export const row = (page: Page, text: string | RegExp): Locator => page.getByRole("row").filter({ hasText: text });

export async function addFirstFolder(page: Page, folder: string): Promise<void> {
  await expect(page.getByRole("heading", { name: "Where are your virtual disks?" })).toBeVisible();
  await page.getByLabel("Folder", { exact: true }).fill(folder);
  await page.getByRole("button", { name: "Add folder" }).click();
  await expect(row(page, "archive.raw")).toBeVisible();
  await expect(row(page, "sample-machine-disk1.vmdk")).toContainText("streamOptimized");
}

export async function openDisk(page: Page, name: string): Promise<void> {
  await nav(page, "Library").click();
  await row(page, name).getByRole("link", { name }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(page.getByText("Virtual size").first()).toBeVisible();
}

/** From an open disk to its job's page. */
export async function convert(page: Page, targetName: string): Promise<void> {
  await page.getByRole("button", { name: "Convert…" }).first().click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("File name")).toHaveValue(/\.qcow2$/);
  await dialog.getByLabel("File name").fill(targetName);
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("heading", { level: 1, name: new RegExp(targetName) })).toBeVisible();
}

/** The state of the job whose page is open. */
export const jobState = (page: Page, word: string): Locator => page.getByRole("main").getByText(word, { exact: true });

export async function cancelJob(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel job" }).click();
  await expect(jobState(page, "Canceled").first()).toBeVisible();
}

/**
 * Scrolls a long grid down, frame by frame.
 * @returns rows that were made on the way, and the median time between two frames
 */
export function scrollGrid(page: Page, name: string): Promise<{ rowsMade: number; medianMs: number }> {
  return page.getByRole("grid", { name }).evaluate(async (grid) => {
    const scroller = grid.parentElement;
    if (scroller === null) throw new Error("no scroller");
    let rowsMade = 0;
    const watch = new MutationObserver((changes) => {
      for (const { addedNodes } of changes) for (const node of addedNodes) rowsMade += Number(node.nodeName === "TR");
    });
    watch.observe(grid, { subtree: true, childList: true });
    const gaps: number[] = [];
    let last = performance.now();
    for (let frame = 0; frame < 120; frame += 1) {
      scroller.scrollTop += 400;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      gaps.push(now - last);
      last = now;
    }
    watch.disconnect();
    return { rowsMade, medianMs: gaps.toSorted((a, b) => a - b)[60] ?? 0 };
  });
}
