/**
 * What an administrator asks before putting machines into object storage: from a machine in the library to a comparison, a projection
 * and a page for a manager; in the window and in a browser. And every page of it looked at.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, expect, type Locator, type Page, test } from "@playwright/test";
import { launch, mainWindow } from "./app.ts";
import { look, lookTwice } from "./look.ts";
import { complaints, openBrowser, openPages, startService } from "./service.ts";
import { addFirstFolder, makeDisks, nav, openDisk } from "./steps.ts";

let scratch: string;
let folder: string;
let browser: Browser;

test.beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hypersdk-costs-"));
  folder = makeDisks(scratch).folder;
  browser = await openBrowser();
});
test.afterAll(async () => {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
});

const classes = (page: Page): Locator => page.getByRole("grid", { name: "Classes", exact: true });
const panel = (page: Page, name: string): Locator => page.getByRole("region", { name, exact: true });
/** Sum of the recommended class, with all its digits. */
const recommended = async (page: Page): Promise<string> => {
  await expect(page.locator('[data-settled="true"]')).toBeVisible();
  return (await panel(page, "Recommendation").locator("data").first().getAttribute("value")) ?? "";
};

interface Saved {
  name: string;
  bytes: Buffer;
}
type Save = (page: Page, act: () => Promise<void>) => Promise<Saved>;

/** What a browser downloads. */
const download: Save = async (page, act) => {
  const [file] = await Promise.all([page.waitForEvent("download"), act()]);
  const path = join(scratch, `${Math.random()}-${file.suggestedFilename()}`);
  await file.saveAs(path);
  return { name: file.suggestedFilename(), bytes: readFileSync(path) };
};

/** What the window saves; a person would be asked where to. */
const saveInWindow: Save = async (page, act) => {
  const downloadPath = mkdtempSync(join(scratch, "saved-"));
  const session = await page.context().newCDPSession(page);
  await session.send("Page.setDownloadBehavior", { behavior: "allow", downloadPath });
  await act();
  const files = () => readdirSync(downloadPath).filter((name) => !name.endsWith(".crdownload"));
  await expect.poll(files).toHaveLength(1);
  const [name = ""] = files();
  return { name, bytes: readFileSync(join(downloadPath, name)) };
};

/** The file that a choice of the export menu makes. */
async function exported(page: Page, item: RegExp, save: Save = download): Promise<Saved> {
  await page.getByRole("button", { name: "Export" }).click();
  return await save(page, () => page.getByRole("menuitem", { name: item }).click());
}

/** Pages and text of an uncompressed PDF, as a reader finds them. */
function readPdf(bytes: Buffer): { pages: number; text: string } {
  const raw = bytes.toString("latin1");
  const strings = [...raw.matchAll(/\(((?:\\.|[^\\()])*)\) Tj/g)].map(([, text = ""]) =>
    text.replaceAll(/\\(.)/g, "$1"),
  );
  return { pages: raw.match(/\/Type \/Page\b/g)?.length ?? 0, text: strings.join("\n") };
}

const cents = (amount: string): string =>
  new Intl.NumberFormat("en", { style: "currency", currency: "USD" }).format(Number(amount));

/** From an open library to the PDF. */
async function story(page: Page, save: Save): Promise<void> {
  await test.step("a disk of the library becomes a plan", async () => {
    await openDisk(page, "archive.raw");
    await page.getByRole("button", { name: "Cost…" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Costs" })).toBeVisible();
    const assumed = panel(page, "What was assumed");
    await expect(assumed).toContainText("For archive.raw");
    await expect(assumed).toContainText("1.5 GiB of 1.5 GiB");
    await expect(assumed).toContainText("2 % of the size is assumed");
  });

  await test.step("the comparison: cheapest first, unknown apart, and the slider moves it", async () => {
    await expect(classes(page).getByRole("row").nth(1)).toBeVisible();
    // The form is filled before the classes follow it.
    const cheapest = Number(await recommended(page));
    const totals = await classes(page)
      .locator("tbody tr td:nth-child(4) data")
      .evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute("value"))));
    expect(totals.length).toBeGreaterThan(5);
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
    expect(totals[0]).toBe(cheapest);
    await expect(page.getByRole("grid", { name: "Classes with missing prices" })).toContainText("unknown");
    const before = await recommended(page);
    const size = page.getByLabel("Size", { exact: true });
    await size.focus();
    for (let step = 0; step < 60; step++) await page.keyboard.press("ArrowRight");
    await expect.poll(() => recommended(page)).not.toBe(before);
    expect(Number(await recommended(page))).toBeGreaterThan(Number(before));
  });

  await test.step("every line's arithmetic", async () => {
    await classes(page).focus();
    await page.keyboard.press("Enter");
    const sheet = page.getByRole("dialog");
    await expect(sheet.getByRole("table", { name: "Lines of the bill" })).toContainText("×");
    await expect(sheet).toContainText(/read 2\d{3}-\d\d-\d\d/);
    await page.keyboard.press("Escape");
    await expect(sheet).toBeHidden();
  });

  await test.step("the projection ends at the comparison's sum", async () => {
    const total = await recommended(page);
    await page.getByRole("tab", { name: "Projection" }).click();
    const chart = panel(page, "Cost up to each month");
    await expect(chart.locator("svg.recharts-surface")).toBeVisible();
    await chart.getByRole("button", { name: "Table" }).click();
    await expect(chart.getByRole("row").last()).toContainText(cents(total));
    await page.getByRole("tab", { name: "Compare" }).click();
  });

  await test.step("a page for a manager with the right sum", async () => {
    const total = await recommended(page);
    const { name, bytes } = await exported(page, /PDF/, save);
    expect(name).toMatch(/^costs-archive-raw-\d{4}-\d\d-\d\d\.pdf$/);
    const { pages, text } = readPdf(bytes);
    expect(pages).toBe(1);
    expect(text.split("\n")).toContain(cents(total));
    expect(text).toContain("Cost of object storage: archive.raw");
    expect(text).toMatch(/Prices read \d{4}-\d\d-\d\d/);
  });
}

const WIDE = { viewport: { width: 1440, height: 900 } };

test("from a disk to a comparison, a projection and a PDF in the window", async () => {
  const program = await launch();
  try {
    const page = await mainWindow(program);
    const found = complaints(page);
    await addFirstFolder(page, folder);
    await story(page, saveInWindow);
    expect(found).toEqual([]);
  } finally {
    await program.close();
  }
});

test("the same in a browser, and every page looked at", async () => {
  const service = await startService({ dataFolder: join(scratch, "data"), args: ["--library", folder] });
  try {
    const permissions = ["clipboard-read", "clipboard-write"];
    const { page, found } = await openPages(browser, service.signInUrl, {
      ...WIDE,
      acceptDownloads: true,
      permissions,
    });
    await nav(page, "Costs").click();
    await expect(panel(page, "Recommendation")).toBeVisible();
    await expect(page.locator("[data-bar]").first()).toBeVisible();
    await lookTwice(page, "costs-compare-first");
    await story(page, download);
    await lookTwice(page, "costs-compare");

    await test.step("the disk's size is measured", async () => {
      await page.getByRole("button", { name: /^Measure/ }).click();
      await expect(panel(page, "What was assumed")).toContainText(
        /compressed: .* as qcow2, zstd \d+, with 95 % confidence/,
      );
      await look(page, "costs-measured-light");
      await page.getByLabel("Size", { exact: true }).focus();
      for (let step = 0; step < 80; step++) await page.keyboard.press("ArrowRight");
      await expect(panel(page, "What was assumed")).not.toContainText("compressed:");
    });

    await test.step("other ways to take it along", async () => {
      const total = await recommended(page);
      const csv = (await exported(page, /CSV/)).bytes.toString();
      expect(csv.split("\r\n")[1]).toContain(`,USD,${total},`);
      const json = JSON.parse((await exported(page, /JSON/)).bytes.toString()) as {
        workload: { kind: string };
        rows: { total: string | null }[];
      };
      expect(json.rows[0]?.total).toBe(total);
      const png = await exported(page, /PNG/);
      expect(png.bytes.subarray(1, 4).toString()).toBe("PNG");
      expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(1000);
      writeFileSync(join(import.meta.dirname, "screenshots/costs-export.png"), png.bytes);
      await page.getByRole("button", { name: "Export" }).click();
      await page.getByRole("menuitem", { name: "Copy as curl" }).click();
      await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain("/api/v1/cost/compare");
    });

    await test.step("needs change what is recommended", async () => {
      await page.getByLabel("Restore time").selectOption("0");
      await expect(panel(page, "Recommendation")).toContainText("restore at once");
      await page.getByLabel("Redundancy").selectOption("regions");
      await expect
        .poll(async () => (await panel(page, "Recommendation").textContent()) ?? "")
        .not.toContain("Backblaze");
      await look(page, "costs-needs-light");
      await page
        .getByLabel("Where")
        .selectOption("land africa")
        .catch(() => {});
      await page.getByRole("button", { name: "Clear" }).click();
    });

    await test.step("lifecycle rules", async () => {
      await page.getByText(/^Lifecycle rules for/).click();
      await page.getByLabel("Move there after … days").fill("30");
      await expect(panel(page, "Lifecycle rules")).toContainText("30");
      await look(page, "costs-lifecycle-light");
    });

    await test.step("60 bars", async () => {
      await page.getByRole("radio", { name: "Every region" }).click();
      await page.getByRole("radio", { name: "60" }).click();
      await expect(page.locator("[data-bar]")).toHaveCount(60);
      await page.setViewportSize({ width: 1440, height: 2600 });
      await lookTwice(page, "costs-sixty");
      await page.setViewportSize({ width: 1440, height: 900 });
    });

    await test.step("projection, where it goes, arithmetic, price book", async () => {
      await page.setViewportSize({ width: 1440, height: 1500 });
      await page.getByRole("tab", { name: "Projection" }).click();
      await expect(page.locator("svg.recharts-surface").nth(1)).toBeVisible();
      await lookTwice(page, "costs-projection");
      await page.getByRole("tab", { name: "Where it goes" }).click();
      await expect(panel(page, "Retention against the class")).toBeVisible();
      await expect(page.locator("svg.recharts-surface").first()).toBeVisible();
      await lookTwice(page, "costs-where");
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.getByRole("button", { name: /^Prices read/ }).click();
      await expect(page.getByRole("dialog")).toContainText("Your discounts");
      const refresh = page.getByRole("form", { name: "Refresh the price book" });
      await refresh.getByLabel("Azure Blob").uncheck();
      await refresh.getByRole("button", { name: "Read the lists" }).click();
      // A computer without the Internet is told so at once; another reads for minutes, and can be stopped.
      const stop = refresh.getByRole("button", { name: "Stop" });
      await stop.click({ timeout: 5_000 }).catch(() => undefined);
      await expect(refresh).toContainText(/the book in use stays/i);
      await lookTwice(page, "costs-book");
      await page.keyboard.press("Escape");
      await page.getByRole("tab", { name: "Compare" }).click();
      await classes(page).focus();
      await page.keyboard.press("Enter");
      await expect(page.getByRole("dialog")).toContainText("Arithmetic of");
      await lookTwice(page, "costs-lines");
      await page.keyboard.press("Escape");
    });

    await test.step("a discount is on the bill at once, and off it again", async () => {
      const before = Number(await recommended(page));
      await page.getByRole("button", { name: /^Prices read/ }).click();
      const book = page.getByRole("dialog");
      for (const provider of ["Amazon S3", "Azure Blob", "Google Cloud Storage", "Backblaze B2", "Wasabi"]) {
        await book.getByLabel("Provider").selectOption({ label: provider });
        await book.getByLabel("Percent").fill("50");
        await book.getByRole("button", { name: "Add" }).click();
        await expect(book.getByRole("listitem").filter({ hasText: `50 % on ${provider}` })).toBeVisible();
      }
      await page.keyboard.press("Escape");
      await expect.poll(async () => Number(await recommended(page))).toBeLessThan(before * 0.6);
      await page.getByRole("button", { name: /^Prices read/ }).click();
      for (let left = 5; left > 0; left--) {
        await book
          .getByRole("button", { name: /^Remove the discount/ })
          .first()
          .click();
        await expect(book.getByRole("button", { name: /^Remove the discount/ })).toHaveCount(left - 1);
      }
      await page.keyboard.press("Escape");
      await expect.poll(async () => Number(await recommended(page))).toBe(before);
    });

    await test.step("narrow, plain numbers, wrong numbers, nothing kept", async () => {
      await page.setViewportSize({ width: 760, height: 1600 });
      await look(page, "costs-narrow-light");
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.getByText("Size and retention exactly").click();
      await page.getByLabel("Size in GiB").fill("-5");
      await expect(page.getByText("From 1 to 1,048,576.")).toBeVisible();
      await look(page, "costs-wrong-number-light");
      await page.getByLabel("Size in GiB").fill("100");
      for (const kept of ["Daily", "Weekly", "Monthly", "Yearly"]) {
        await page.getByLabel(kept, { exact: true }).fill("0");
      }
      await expect(page.getByText("This plan cannot be computed")).toBeVisible();
      await look(page, "costs-fault-light");
      await page.getByLabel("Daily", { exact: true }).fill("7");
      await page.getByRole("radio", { name: "Plain numbers" }).click();
      await expect(page.getByLabel("Stored, GB")).toBeVisible();
      await expect(panel(page, "Recommendation")).toBeVisible();
      // The bars follow at once, the rest when the form rests.
      await expect(page.locator("[data-settled=true]")).toBeVisible();
      await look(page, "costs-plain-light");
    });
    expect(found).toEqual([]);
    await page.context().close();
  } finally {
    await service.stop();
  }
});

test("an old book is said to be old everywhere, one that nobody signed is asked about, and what cannot be read is told", async () => {
  const dataFolder = join(scratch, "data-old");
  const old = JSON.parse(readFileSync(join(import.meta.dirname, "../resources/prices/price-book.json"), "utf8")) as {
    serial: number;
    sources: { readAt: string }[];
  };
  old.serial += 1;
  for (const source of old.sources) source.readAt = "2026-01-15";
  const path = join(scratch, "old-book.json");
  writeFileSync(path, JSON.stringify(old));
  const service = await startService({ dataFolder });
  try {
    const { page } = await openPages(browser, service.signInUrl, WIDE);
    await nav(page, "Costs").click();
    await page.getByRole("button", { name: /^Prices read/ }).click();
    const book = page.getByRole("dialog");
    await book.getByLabel("File on the program's computer").fill(path);
    await book.getByRole("button", { name: "Take it" }).click();
    await expect(book.getByRole("alert")).toContainText("the one in use stays");
    await lookTwice(page, "costs-book-refused");
    await book.getByLabel(/^I vouch for it/).click();
    await book.getByRole("button", { name: "Take it" }).click();
    await expect(book.getByText(/Nobody signed this price book/)).toBeVisible();
    await look(page, "costs-book-old-dark");
    await page.keyboard.press("Escape");
    for (const tab of ["Projection", "Where it goes", "Compare"]) {
      await page.getByRole("tab", { name: tab }).click();
      await expect(
        page.getByRole("note").filter({ hasText: /The oldest prices were read \d+ days ago/ }),
      ).toBeVisible();
    }
    await lookTwice(page, "costs-old");
  } finally {
    await service.stop();
  }
  writeFileSync(join(dataFolder, "prices/overrides.json"), "{ cut off");
  const again = await startService({ dataFolder });
  try {
    const { page } = await openPages(browser, again.signInUrl, WIDE);
    await nav(page, "Costs").click();
    await expect(page.getByText("The price book could not be read")).toBeVisible();
    await expect(page.getByRole("alert")).toContainText("overrides.json");
    await lookTwice(page, "costs-error");
  } finally {
    await again.stop();
  }
});
