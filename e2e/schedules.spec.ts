/**
 * Schedules in the pages: an administrator makes one by mouse and one by keyboard, sees what it comes to while typing, is told of a bad
 * cron at its field, pauses it with a reason, runs it now, watches it and reads the history. Pictures of every state into
 * e2e/screenshots, light and dark, no accessibility finding, 5,000 rows without stutter.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, expect, type Page, test } from "@playwright/test";
import { makeSampleMachine } from "../scripts/sample/sample-machine.ts";
import { writeLongVmdk } from "../workers/tasks/testing/long-disk.ts";
import { look, lookTwice } from "./look.ts";
import { rest } from "./script.ts";
import { complaints, newSignInUrl, openBrowser, openPages, type Service, startService } from "./service.ts";
import { nav, row, scrollGrid } from "./steps.ts";

const MIB = 1024 * 1024;
let browser: Browser;
let scratch: string;
let service: Service;
let disk: string;
let long: string;
let out: string;

test.beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hypersdk-schedules-"));
  const machines = join(scratch, "machines");
  out = join(scratch, "out");
  for (const folder of [machines, out]) mkdirSync(folder);
  disk = makeSampleMachine(machines, { dataBytes: 8 * MIB }).vmdkPath;
  long = join(machines, "long.vmdk");
  writeLongVmdk(long);
  browser = await openBrowser();
  service = await startService({ dataFolder: join(scratch, "data") });
  await call("POST", "/libraries", { path: machines });
});
test.afterAll(async () => {
  await service.stop();
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** As a script would. */
const call = (method: string, path: string, body?: object) => rest<unknown>(service.dataFolder, method, path, body);

const openPage = async () => (await openPages(browser, await newSignInUrl(service.dataFolder), WIDE)).page;
const WIDE = { viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" } as const;

const weekdays = { kind: "calendar", days: { kind: "weekdays", weekdays: ["mon", "wed", "fri"] }, times: ["03:15"] };
const copyOf = (path: string, name: string) => ({
  kind: "job",
  request: {
    kind: "convert",
    sourcePath: path,
    targets: [{ path: join(out, name), format: name.endsWith(".raw") ? "raw" : "qcow2" }],
    verify: { mode: "none" },
  },
});

const words = (page: Page) => page.getByTestId("words");
const nextRuns = (page: Page) => page.getByRole("region", { name: "Next runs" }).getByRole("listitem");

test("a schedule: made by mouse, refused at its field, copied by keyboard", async () => {
  const page = await openPage();
  const found = complaints(page);
  await nav(page, "Schedules").click();
  await expect(page.getByRole("heading", { name: "Nothing is scheduled yet" })).toBeVisible();
  await lookTwice(page, "schedules-empty");
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Nothing has run yet" })).toBeVisible();
  await lookTwice(page, "scheduled-runs-empty");
  await page.getByRole("link", { name: "List", exact: true }).click();

  // What is missing is said once somebody tries.
  await page.getByRole("link", { name: "Make the first schedule" }).click();
  await expect(words(page)).toContainText("Every day at 02:00");
  await expect(nextRuns(page)).toHaveCount(10);
  await lookTwice(page, "schedule-new");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Name it, so that others know it.")).toBeVisible();
  await lookTwice(page, "schedule-missing");

  await page.getByLabel("Name", { exact: true }).fill("nightly copy");
  await page.getByRole("radio", { name: "Convert a disk" }).click();
  await page.getByLabel("Disk to convert", { exact: true }).fill(disk);
  await expect(page.getByLabel("File name", { exact: true })).toHaveValue("sample-machine-disk1-{date}.qcow2");
  await page.getByLabel("Target folder", { exact: true }).fill(out);
  await page.getByRole("button", { name: "Insert {time} into the file name" }).click();
  await expect(page.getByLabel("File name", { exact: true })).toHaveValue("sample-machine-disk1-{date}-{time}.qcow2");

  // A cron that cannot be is refused at its field, and nothing is saved.
  await page.getByLabel("Runs", { exact: true }).selectOption("cron");
  const cron = page.getByLabel("Cron expression", { exact: true });
  await cron.fill("0 2 31 2 *");
  await expect(cron).toHaveAttribute("aria-invalid", "true");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("It cannot be saved yet")).toBeVisible();
  await expect(cron).toBeFocused();
  await lookTwice(page, "schedule-bad-cron");
  await cron.fill("30 2 * * 1-5");
  await expect(words(page)).toContainText("Every weekday at 02:30");

  // Hours are painted; what that does to runs is said with each of them.
  await page.getByRole("button", { name: /^Hours and blackouts/ }).click();
  const monday = page.getByRole("gridcell", { name: "Monday 04:00" });
  await monday.click();
  await monday.focus();
  for (let n = 0; n < 3; n += 1) await page.keyboard.press("Shift+ArrowRight");
  await expect(page.getByRole("gridcell", { name: "Monday 07:00" })).toHaveAttribute("aria-selected", "true");
  await expect(page.getByLabel("Opens", { exact: true })).toHaveValue("04:00");
  await expect(page.getByLabel("Closes", { exact: true })).toHaveValue("08:00");
  await expect(nextRuns(page).first()).toContainText("for window");
  await lookTwice(page, "schedule-window");
  await page.getByRole("button", { name: /^Remove window/ }).click();

  await page.getByRole("button", { name: /^When it fails/ }).click();
  await page.getByLabel("Attempts", { exact: true }).fill("6");
  await page.getByLabel("Waits grow", { exact: true }).selectOption("fibonacci");
  await expect(page.getByText("8 min", { exact: true })).toHaveCount(0);
  await expect(page.getByText("5 min", { exact: true })).toBeVisible();
  await lookTwice(page, "schedule-retry");

  // Nothing is lost by accident.
  await nav(page, "Library").click();
  await expect(page.getByRole("alertdialog")).toContainText("Leave without saving?");
  await page.getByRole("button", { name: "Stay" }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(row(page, "nightly copy")).toContainText("Every weekday at 02:30");
  await expect(row(page, "nightly copy")).toContainText("Converts");

  // By keyboard: a copy of it, all the way.
  await page.getByRole("grid", { name: "Schedules" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "nightly copy" })).toBeVisible();
  await expect(page.getByLabel("Cron expression", { exact: true })).toHaveValue("30 2 * * 1-5");
  await page.getByRole("button", { name: "Duplicate" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("nightly copy (copy)");
  await page.getByLabel("Name", { exact: true }).focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("by keyboard");
  await expect(page.getByText("This can be saved.")).toBeVisible();
  await page.keyboard.press("Control+s");
  await expect(row(page, "by keyboard")).toBeVisible();
  expect(found).toEqual([]);
  await page.context().close();
});

test("schedules are paused with a reason, run by hand, watched, read and removed", async () => {
  for (const name of ["nightly copy", "by keyboard"]) {
    const known = (await call("GET", "/schedules")) as { name: string }[];
    if (known.some((one) => one.name === name)) continue;
    const definition = { name, work: copyOf(disk, "copy-{date}-{time}.qcow2"), when: weekdays, zone: "UTC" };
    await call("POST", "/schedules", { definition });
  }
  const page = await openPage();
  const found = complaints(page);
  await nav(page, "Schedules").click();
  await expect(row(page, "by keyboard")).toBeVisible();

  // All of them and one.
  await page.getByRole("button", { name: "Pause all…" }).click();
  await page.getByRole("dialog").getByLabel("Reason", { exact: true }).fill("storage is being moved");
  await page.getByRole("radio", { name: "Tomorrow 06:00" }).click();
  await lookTwice(page, "pause-dialog");
  await page.getByRole("dialog").getByRole("button", { name: "Pause", exact: true }).click();
  await expect(page.getByRole("region", { name: "All schedules are paused" })).toContainText("storage is being moved");
  await lookTwice(page, "schedules-all-paused");
  await page.getByRole("button", { name: "End the pause" }).click();
  await expect(page.getByRole("region", { name: "All schedules are paused" })).toBeHidden();
  await row(page, "by keyboard").getByRole("checkbox").click();
  await page.getByRole("button", { name: "Pause…", exact: true }).click();
  await page.getByRole("dialog").getByLabel("Reason", { exact: true }).fill("not this week");
  await page.keyboard.press("Enter");
  await expect(row(page, "by keyboard")).toContainText("paused");
  await expect(row(page, "by keyboard").getByTitle(/not this week/)).toBeVisible();
  await page.getByRole("button", { name: "Paused", exact: true }).click();
  await expect(page.getByText("1 of 2 schedules")).toBeVisible();
  await page.getByRole("button", { name: "Paused", exact: true }).click();
  await page.getByRole("button", { name: "End pause" }).click();
  await page.getByRole("button", { name: "Disable", exact: true }).click();
  await expect(row(page, "by keyboard")).toContainText("off");
  await lookTwice(page, "schedules-selected");
  await page.getByRole("button", { name: "Select none" }).click();

  // Run now: watched to its end, with why and the log.
  await row(page, "nightly copy").hover();
  await page.getByRole("button", { name: "Run nightly copy now" }).click();
  await page.getByRole("button", { name: "Show" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "nightly copy" })).toBeVisible();
  const main = page.getByRole("main");
  await expect(main.getByText("Done", { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  await expect(main.getByText("Started by hand", { exact: true })).toBeVisible();
  await expect(page.getByRole("log")).toBeVisible();
  await lookTwice(page, "scheduled-run");
  const made = readdirSync(out).filter((name) => name.endsWith(".qcow2"));
  expect(made).toHaveLength(1);
  expect(made[0]).toMatch(/-\d{4}-\d\d-\d\d-\d{4}\.qcow2$/);
  await page.getByRole("region", { name: "Jobs" }).getByRole("link").click();
  await page.getByRole("link", { name: "Started by a schedule" }).click();
  await page.getByRole("link", { name: "All runs of schedules" }).click();
  await expect(row(page, "nightly copy")).toContainText("Done");
  await lookTwice(page, "scheduled-runs");
  await page.getByLabel("State", { exact: true }).selectOption("failed");
  await expect(page.getByRole("heading", { name: "No such runs" })).toBeVisible();
  await page.getByRole("button", { name: "Show all runs" }).click();
  await expect(row(page, "nightly copy")).toBeVisible();

  // Removed, by name and after a question.
  await page.getByRole("link", { name: "List", exact: true }).click();
  await expect(row(page, "nightly copy").getByRole("img", { name: "Last 1 runs: 1 done" })).toBeVisible();
  await row(page, "by keyboard").getByRole("checkbox").click();
  await page.getByRole("button", { name: "Remove…" }).click();
  await expect(page.getByRole("alertdialog")).toContainText("by keyboard");
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(row(page, "by keyboard")).toBeHidden();
  expect(found).toEqual([]);
  await page.context().close();
});

test("a run that takes long: held, let go on, canceled after a question, run anew", async () => {
  const page = await openPage();
  const found = complaints(page);
  const definition = { name: "long copy", work: copyOf(long, "long-{run}.raw"), when: weekdays, zone: "Europe/Berlin" };
  const { id } = (await call("POST", "/schedules", { definition })) as { id: string };
  await call("POST", `/schedules/${id}/run`, {});
  await nav(page, "Schedules").click();
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  // The list has a row of that name too.
  await expect(page.getByRole("grid", { name: "Runs of schedules" })).toBeVisible();
  await row(page, "long copy").getByRole("link").click();
  const main = page.getByRole("main");
  await expect(main.getByText("Running", { exact: true }).first()).toBeVisible();
  await expect(page.getByRole("progressbar", { name: /^Progress of/ }).first()).toBeVisible();
  await lookTwice(page, "scheduled-run-running");
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await expect(main.getByText("Held", { exact: true })).toBeVisible();
  await lookTwice(page, "scheduled-run-held");
  await page.getByRole("button", { name: "Resume", exact: true }).click();
  await expect(main.getByText("Running", { exact: true }).first()).toBeVisible();
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await expect(page.getByRole("alertdialog")).toContainText("Cancel this run?");
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.getByRole("button", { name: "Cancel run" }).click();
  await expect(main.getByText("Canceled", { exact: true }).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Retry from failure" })).toBeVisible();
  await lookTwice(page, "scheduled-run-canceled");
  expect(readdirSync(out).filter((name) => name.startsWith("long"))).toEqual([]);

  // What is not there, or not any more.
  await page.evaluate(() => {
    location.hash = "#/schedules/runs/nothing";
  });
  await expect(page.getByRole("heading", { name: "There is no such run" })).toBeVisible();
  await page.evaluate(() => {
    location.hash = "#/schedules/nothing";
  });
  await expect(page.getByRole("heading", { name: "There is no such schedule" })).toBeVisible();
  await look(page, "schedule-gone");
  expect(found).toEqual([]);
  await page.context().close();
});

test("limits of groups and ageing are set where the other settings are", async () => {
  const page = await openPage();
  await nav(page, "Settings").click();
  const panel = page.getByRole("region", { name: "Work at once, and in which order" });
  await expect(panel.getByText("as urgent as 100 after 8 h 20 min")).toBeVisible();
  await panel.getByRole("button", { name: "Add a limit" }).click();
  await panel.getByLabel("What is limited", { exact: true }).last().selectOption("named");
  await expect(panel.getByRole("alert")).toHaveText("Name the group.");
  await panel.getByLabel("Name of the group", { exact: true }).fill("tape");
  await panel.getByLabel("At most at once: tape", { exact: true }).fill("3");
  await panel.scrollIntoViewIfNeeded();
  await lookTwice(page, "settings-limits");
  await panel.getByRole("button", { name: "Save limits and order" }).click();
  await expect(panel.getByRole("button", { name: "Save limits and order" })).toBeDisabled();
  expect(await call("GET", "/settings")).toMatchObject({
    groupLimits: [
      { group: "machine:", most: 1 },
      { group: "tape", most: 3 },
    ],
  });
  await page.context().close();
});

test("5,000 schedules scroll smoothly, are searched and removed by name", async () => {
  const before = ((await call("GET", "/schedules")) as unknown[]).length;
  const all = (removed: number) => (5000 + before - removed).toLocaleString("en");
  const zones = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu"];
  for (let part = 0; part < 10; part += 1) {
    const changes = Array.from({ length: 500 }, (_, n) => ({
      kind: "create",
      id: `many-${part}-${n}`,
      definition: {
        name: `export ${String(part * 500 + n).padStart(4, "0")}`,
        work: { kind: "job", request: { kind: "check", path: disk } },
        when: { ...weekdays, times: [`${String(n % 24).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}`] },
        zone: zones[n % zones.length],
        priority: n % 101,
      },
    }));
    await call("POST", "/schedules/apply", { changes });
  }
  const page = await openPage();
  const found = complaints(page);
  await nav(page, "Schedules").click();
  await expect(page.getByText(`${all(0)} schedules`, { exact: true })).toBeVisible({ timeout: 60_000 });
  await lookTwice(page, "schedules-5000");
  const scrolled = await scrollGrid(page, "Schedules");
  // Some 1,400 rows went by, and none of them was made but those that begin it. This holds on any machine.
  expect(scrolled.rowsMade).toBeLessThan(150);
  expect(await page.getByRole("row").count()).toBeLessThan(100);
  await page.getByLabel("Search schedules", { exact: true }).fill("export 499");
  await expect(page.getByText(`15 of ${all(0)} schedules`)).toBeVisible();
  await page.getByRole("grid", { name: "Schedules" }).focus();
  await page.keyboard.press("Control+a");
  await expect(page.getByText("15 schedules selected")).toBeVisible();
  await page.keyboard.press("Delete");
  await expect(page.getByRole("alertdialog")).toContainText("export 4990");
  await expect(page.getByRole("alertdialog")).toContainText("and 7 more");
  await lookTwice(page, "schedules-remove");
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await page.getByLabel("Search schedules", { exact: true }).fill("");
  await expect(page.getByText(`${all(15)} schedules`, { exact: true })).toBeVisible();
  expect(found).toEqual([]);
  await page.context().close();
});
