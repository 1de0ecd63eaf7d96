/** The calendar of schedules: known runs on the right days of week and month, in the zone one chooses, and the simulator. */
import { type Browser, expect, type Locator, type Page, test } from "@playwright/test";
import { definition, listed, make, makeAll } from "./graph-world.ts";
import { look, lookTwice } from "./look.ts";
import { openBrowser, openPages, type Service, startService } from "./service.ts";

let browser: Browser;
let service: Service;
let page: Page;
let found: string[];

test.beforeAll(async () => {
  browser = await openBrowser();
});
test.afterAll(async () => {
  await browser?.close();
});
test.beforeEach(async () => {
  service = await startService();
  ({ page, found } = await openPages(browser, service.signInUrl));
});
test.afterEach(async () => {
  await page?.context().close();
  await service?.stop();
});

const open = (search: string) =>
  page.evaluate((text) => {
    location.hash = `#/schedules/calendar?${text}`;
  }, search);
const cell = (name: string | RegExp): Locator => page.getByRole("gridcell", { name });

/** The next year in which the 25th of October's week has the doubled hour is far: any future October will do. */
const YEAR = new Date().getFullYear() + 1;
/** The last Sunday of a month, as YYYY-MM-DD. */
function lastSunday(month: number): string {
  const day = new Date(Date.UTC(YEAR, month, 0));
  day.setUTCDate(day.getUTCDate() - day.getUTCDay());
  return day.toISOString().slice(0, 10);
}
const longDay = (text: string) => {
  const day = new Date(`${text}T00:00Z`);
  const part = (options: Intl.DateTimeFormatOptions) =>
    day.toLocaleDateString("en-GB", { ...options, timeZone: "UTC" });
  return `${part({ weekday: "long" })} ${part({ day: "numeric" })} ${part({ month: "long" })} ${part({ year: "numeric" })}`;
};

test("weeks and months show known runs on the right days, whatever the clock does", async () => {
  await open("");
  await expect(page.getByRole("grid")).toBeVisible();
  await lookTwice(page, "calendar-empty");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });

  const [forth, back] = [lastSunday(3), lastSunday(10)];
  await make(service.dataFolder, "Nightly", { when: { kind: "cron", expression: "30 2 * * *" } });
  await make(service.dataFolder, "Hourly", {
    when: { kind: "cron", expression: "@hourly" },
    startsOn: back,
    endsOn: back,
    groups: ["disks"],
  });
  await make(service.dataFolder, "Last day", {
    when: { kind: "calendar", days: { kind: "last-day" }, times: ["12:15"] },
  });
  await make(service.dataFolder, "In the night", {
    when: { kind: "cron", expression: "0 12 * * *" },
    allowed: {
      windows: [
        { name: "nights", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "22:00", to: "04:00" },
      ],
      blackouts: [{ kind: "range", name: "Holidays", from: `${YEAR}-06-03T00:00`, to: `${YEAR}-06-05T00:00` }],
    },
  });

  // A day of 25 hours: the hour from two to three is there twice, and runs fall into both.
  await open(`zone=Europe/Berlin&day=${back}`);
  await expect(page.getByRole("columnheader", { name: /25 h/ })).toBeVisible();
  await expect(page.getByRole("rowheader")).toHaveCount(25);
  await expect(cell(`${longDay(back)}, 02:00: 2 runs.`)).toContainText("Nightly");
  await expect(cell(`${longDay(back)}, 02:00 again: 1 run.`)).toContainText("Hourly");
  await expect(cell(`${longDay(back)}, 22:00: 2 runs.`)).toContainText("22:00In the night");
  await lookTwice(page, "calendar-week-25");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });

  // A day of 23: what is due in the hour left out runs at its end.
  await open(`zone=Europe/Berlin&day=${forth}`);
  await expect(page.getByRole("columnheader", { name: /23 h/ })).toBeVisible();
  await expect(cell(new RegExp(`^${longDay(forth)}, 02:00: no such hour`))).toBeVisible();
  await expect(cell(`${longDay(forth)}, 03:00: 1 run.`)).toContainText("03:00Nightly");

  // The same in another zone: Berlin's half past two on the Monday is Sunday evening in New York.
  await open(`zone=America/New_York&day=${YEAR}-07-05`);
  await expect(cell(`${longDay(`${YEAR}-07-05`)}, 20:00: 1 run.`)).toContainText("20:30Nightly");

  // A month: every night, the last day of the month, none in the blackout.
  await open(`view=month&zone=Europe/Berlin&day=${YEAR}-06-15`);
  await expect(cell(new RegExp(`^${longDay(`${YEAR}-06-30`)}: 3 runs`))).toContainText("12:15Last day");
  await expect(cell(new RegExp(`^${longDay(`${YEAR}-06-10`)}: 2 runs.`))).toContainText("02:30Nightly");
  await expect(cell(new RegExp(`^${longDay(`${YEAR}-06-03`)}: 1 run.`))).not.toContainText("In the night");
  await lookTwice(page, "calendar-month");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });

  // Keys: a day on, a month on, into the cell, today.
  await cell(new RegExp(`^${longDay(`${YEAR}-06-15`)}`)).focus();
  await page.keyboard.press("ArrowRight");
  await expect(cell(new RegExp(`^${longDay(`${YEAR}-06-16`)}`))).toBeFocused();
  await page.keyboard.press("PageDown");
  await expect(page.getByRole("heading", { name: `July ${YEAR}` })).toBeVisible();
  await expect(cell(new RegExp(`^${longDay(`${YEAR}-07-16`)}: 2 runs.`))).toBeFocused();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: longDay(`${YEAR}-07-16`) });
  await expect(dialog).toContainText(/window.*nights/i);
  await look(page, "calendar-cell");
  await page.keyboard.press("Escape");
  await page.keyboard.press("t");
  await expect(page.getByRole("heading", { name: `${new Date().getFullYear()}` })).toBeVisible();

  // Filters: by a group, by a name.
  await open(`zone=Europe/Berlin&day=${back}`);
  await page.getByLabel("Group").selectOption("disks");
  await expect(cell(`${longDay(back)}, 02:00: 1 run.`)).toContainText("Hourly");
  await page.getByLabel("Group").selectOption("");
  await page.getByLabel("Find schedules").fill("nightly");
  await expect(cell(`${longDay(back)}, 02:00: 1 run.`)).toContainText("Nightly");

  // A run to come leads to its schedule.
  await cell(`${longDay(back)}, 02:00: 1 run.`)
    .getByRole("link")
    .click();
  await expect.poll(() => page.evaluate(() => location.hash)).toMatch(/^#\/schedules\/[^/?]+$/);
  expect(found).toEqual([]);
});

test("what comes after others is there with its reason", async () => {
  await make(service.dataFolder, "Nightly", { when: { kind: "cron", expression: "30 2 * * *" } });
  const [nightly] = await listed(service.dataFolder);
  const after = (parentId: string | undefined, more: object = {}) => ({
    when: { kind: "after" },
    dependencies: [{ parentId, ...more }],
  });
  const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
  await make(service.dataFolder, "Copy", {
    ...after(nightly?.id),
    allowed: { windows: [{ name: "mornings", days, from: "04:00", to: "09:00" }] },
  });
  await make(service.dataFolder, "Alarm", after(nightly?.id, { on: "failure" }));

  const day = `${YEAR}-06-10`;
  await open(`zone=Europe/Berlin&day=${day}`);
  await expect(cell(`${longDay(day)}, 04:00: 1 run.`)).toContainText("04:00Copy");
  await expect(page.getByText("What comes after others is shown as if these succeed.")).toBeVisible();
  await lookTwice(page, "calendar-after");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await open(`view=month&zone=Europe/Berlin&day=${day}`);
  await cell(new RegExp(`^${longDay(day)}: 3 runs`)).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: longDay(day) });
  await expect(dialog).toContainText('after "Nightly"');
  await expect(dialog).toContainText('runs on failure of "Nightly", which is expected to succeed');
  await look(page, "calendar-after-cell");
  await page.keyboard.press("Escape");

  await open("view=simulator");
  const totals = page.getByRole("region", { name: "Totals" });
  await expect(totals).toContainText("60 runs");
  await expect(totals).toContainText("30 skipped: 30 whose parents end otherwise than asked");
  await expect(page.getByRole("img", { name: "Copy: 30 runs" })).toBeVisible();
  await lookTwice(page, "simulator-after");
  await page.evaluate(() => {
    location.hash = "#/schedules";
  });
  await expect(page.getByRole("link", { name: "Copy" })).toBeVisible();
  await look(page, "schedules-after");
  expect(found).toEqual([]);
});

test("the simulator plays the coming months, many schedules stay usable", async () => {
  await open("view=simulator");
  await expect(page.getByRole("heading", { name: "No schedules yet" })).toBeVisible();
  await lookTwice(page, "simulator-empty");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await make(service.dataFolder, "Nightly", { when: { kind: "cron", expression: "30 2 * * *" }, zone: "UTC" });
  await make(service.dataFolder, "Only by day", {
    when: { kind: "cron", expression: "0 0,12 * * *" },
    zone: "UTC",
    allowed: {
      windows: [{ name: "days", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "08:00", to: "20:00" }],
      outside: "skip",
    },
  });
  const totals = page.getByRole("region", { name: "Totals" });
  await expect(totals).toContainText("60 runs");
  await expect(totals).toContainText("30 skipped: 30 due outside of its window");
  await page.getByRole("radio", { name: "90 days" }).click();
  await expect(totals).toContainText("180 runs");
  await lookTwice(page, "simulator");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });

  const many = Array.from({ length: 600 }, (_, i) => ({
    id: `s${i}`,
    definition: definition(`Machine ${i}`, { when: { kind: "cron", expression: `${i % 60} ${i % 24} * * *` } }),
  }));
  await makeAll(service.dataFolder, many);
  await expect(totals).toContainText(/These are the first 20,000 of/);
  expect(await page.getByRole("list", { name: "Schedules" }).getByRole("listitem").count()).toBeLessThan(60);
  await look(page, "simulator-many");
  await open("");
  await page.getByRole("button", { name: "Next week" }).click();
  // 600 schedules over 24 hours; three of an hour's runs have room in its cell.
  await expect(cell(/: 25 runs\./).first()).toContainText("+22");
  await look(page, "calendar-many");
  await open("view=month");
  await expect(cell(/: \d+ runs\./).first()).toBeVisible();
  await look(page, "calendar-month-many");
});
