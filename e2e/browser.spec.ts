/** The same story in a plain browser against the service, and what only happens there: signing in, a killed program, its return. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, expect, test } from "@playwright/test";
import { shot } from "./app.ts";
import { qemuSaysIdentical } from "./qemu.ts";
import { rest } from "./script.ts";
import { complaints, openBrowser, startService } from "./service.ts";
import { addFirstFolder, cancelJob, convert, jobState, makeDisks, nav, openDisk } from "./steps.ts";

let browser: Browser;
let scratch: string;
test.beforeAll(async () => {
  browser = await openBrowser();
});
test.afterAll(async () => {
  await browser.close();
});
test.beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "hypersdk-story-"));
});
test.afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

test("from signing in to the history after a restart", async () => {
  const disks = makeDisks(scratch);
  const dataFolder = join(scratch, "data");
  const first = await startService({ dataFolder });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const found = complaints(page);
  await page.goto(first.signInUrl);
  await addFirstFolder(page, disks.folder);
  expect(page.url()).not.toContain("code=");

  await test.step("cancel one", async () => {
    await openDisk(page, "long.vmdk");
    await convert(page, "long.qcow2");
    await expect(jobState(page, "Running").first()).toBeVisible();
    await cancelJob(page);
    expect(readdirSync(disks.folder).filter((name) => /^\.?long\.(?!vmdk$)/.test(name))).toEqual([]);
  });

  await test.step("finish one", async () => {
    await openDisk(page, "sample-machine-disk1.vmdk");
    await convert(page, "sample.qcow2");
    await expect(jobState(page, "Done").first()).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText("Equal to the source: every byte")).toBeVisible();
    qemuSaysIdentical(disks.small, join(disks.folder, "sample.qcow2"));
  });
  expect(found).toEqual([]);
  await first.stop();

  await test.step("the page says that the program is gone", async () => {
    await expect(page.getByText("Not connected")).toBeVisible();
    await shot(page, "browser-not-connected");
  });

  await test.step("after a restart the history is there", async () => {
    const second = await startService({ dataFolder });
    await page.goto(second.signInUrl);
    await nav(page, "Jobs").click();
    await expect(page.getByRole("row").filter({ hasText: "sample.qcow2" })).toContainText("Done");
    await expect(page.getByRole("row").filter({ hasText: "Canceled" })).toHaveCount(1);
    await second.stop();
  });
  await context.close();
});

/** Whether an unfinished run has begun to copy. */
async function isCopying(dataFolder: string): Promise<boolean> {
  const { items } = await rest<{ items: { progress: { doneBytes: number } | null }[] }>(
    dataFolder,
    "GET",
    "/runs?active=true",
  );
  return items.some(({ progress }) => progress !== null && progress.doneBytes > 0);
}

test("a killed program takes up its work again, and says so", async () => {
  const disks = makeDisks(scratch);
  const dataFolder = join(scratch, "data");
  const target = join(disks.folder, "archive.qcow2");
  const first = await startService({ dataFolder, args: ["--library", disks.folder] });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(first.signInUrl);
  await openDisk(page, "archive.raw");
  // Held until the page has shown what it shows: from the first bytes to the kill it must not take long.
  await rest(dataFolder, "POST", "/system/pause");
  await convert(page, "archive.qcow2");
  await rest(dataFolder, "POST", "/system/resume");
  while (!(await isCopying(dataFolder))) await sleep(20);
  await first.kill();
  expect(existsSync(target)).toBe(false);

  const second = await startService({ dataFolder });
  await page.goto(second.signInUrl);
  await nav(page, "Jobs").click();
  await page.getByText("archive.raw → archive.qcow2").first().click();
  await page.keyboard.press("Enter");
  await expect(jobState(page, "Interrupted").first()).toBeVisible();
  await expect(jobState(page, "Done").first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText("Equal to the source: every byte")).toBeVisible();
  await shot(page, "browser-job-recovered");
  qemuSaysIdentical(disks.large, target);
  expect(readdirSync(disks.folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
  await second.stop();
  await context.close();
});

test("without a code the page asks for one, and takes no wrong one", async () => {
  const service = await startService();
  const page = await browser.newPage();
  await page.goto(new URL(service.signInUrl).origin);
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await shot(page, "browser-sign-in");
  await page.getByRole("textbox").fill("not-the-code-at-all");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await page.getByRole("textbox").fill(new URL(service.signInUrl).hash.replace("#code=", ""));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Where are your virtual disks?" })).toBeVisible();
  await page.close();
  await service.stop();
});
