/** The whole story in the window: first start, library, disk, convert, cancel one, finish one, tray, restart, history. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { launch, mainWindow, shot } from "./app.ts";
import { qemuSaysIdentical } from "./qemu.ts";
import { complaints } from "./service.ts";
import { addFirstFolder, cancelJob, convert, jobState, makeDisks, nav, openDisk, row } from "./steps.ts";

test("from the first start to the history after a restart", async () => {
  const scratch = mkdtempSync(join(tmpdir(), "hypersdk-story-"));
  const disks = makeDisks(scratch);
  const dataFolder = join(scratch, "data");
  try {
    const first = await launch({ dataFolder });
    const page = await mainWindow(first);
    const found = complaints(page);
    await addFirstFolder(page, disks.folder);

    await test.step("a job is canceled", async () => {
      await openDisk(page, "long.vmdk");
      await convert(page, "long.qcow2");
      await expect(jobState(page, "Running").first()).toBeVisible();
      await page.getByRole("button", { name: "Pause all" }).first().click();
      await expect(jobState(page, "Paused").first()).toBeVisible();
      await shot(page, "window-job-paused");
      await cancelJob(page);
      await page.getByRole("button", { name: "Resume all" }).first().click();
      expect(readdirSync(disks.folder).filter((name) => /^\.?long\.(?!vmdk$)/.test(name))).toEqual([]);
    });

    await test.step("a job is finished with the window closed, and told", async () => {
      await openDisk(page, "sample-machine-disk1.vmdk");
      await convert(page, "sample.qcow2");
      await expect(jobState(page, "Done").first()).toBeVisible({ timeout: 60_000 });
      await expect(page.getByText("Equal to the source: every byte")).toBeVisible();
      await shot(page, "window-job-done");
      const target = join(disks.folder, "sample.qcow2");
      expect(existsSync(`${target}.sha256`)).toBe(true);
      qemuSaysIdentical(disks.small, target);

      await openDisk(page, "archive.raw");
      await convert(page, "archive.qcow2");
      await first.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
      await expect.poll(async () => (await first.desktop.log("notification")).length, { timeout: 60_000 }).toBe(2);
      const told = await first.desktop.log("notification");
      expect(told.map((notice) => `${notice.title} ${notice.body}`).join("\n")).toMatch(
        /sample\.qcow2[\s\S]*archive\.qcow2/,
      );
      await first.desktop.clickTray();
      await expect(jobState(page, "Done").first()).toBeVisible();
    });
    expect(found).toEqual([]);
    await first.close();

    await test.step("after a restart the history is there", async () => {
      const second = await launch({ dataFolder });
      const again = await mainWindow(second);
      await nav(again, "Jobs").click();
      const ended = again
        .getByRole("grid", { name: "Ended jobs" })
        .or(again.getByRole("table", { name: "Ended jobs" }));
      await expect(ended.getByRole("row").filter({ hasText: "sample.qcow2" })).toContainText("Done");
      await expect(ended.getByRole("row").filter({ hasText: "Canceled" })).toHaveCount(1);
      await shot(again, "window-history");
      await row(again, "sample.qcow2").first().click();
      await again.keyboard.press("Enter");
      await expect(again.getByText("Equal to the source: every byte")).toBeVisible();
      await again.getByRole("button", { name: "Open folder" }).click();
      await expect.poll(async () => (await second.desktop.log("show-item")).length).toBe(1);
      await second.close();
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});
