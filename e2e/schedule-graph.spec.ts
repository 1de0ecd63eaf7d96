/** The graph of schedules: drawn by mouse and by keyboard, edited, refused where it would go in a circle, tried, saved, read back. */
import { type Browser, expect, type Page, test } from "@playwright/test";
import * as steps from "./graph-steps.ts";
import { definition, listed, type MadeSchedule, make, makeAll } from "./graph-world.ts";
import { look, lookTwice } from "./look.ts";
import { rest } from "./script.ts";
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

const drawing = () => steps.drawing(page);
const box = (name: string) => steps.box(page, name);
const line = (parent: string, child: string) => steps.line(page, parent, child);
const save = () => steps.saveButton(page);
const openGraph = () => steps.openGraph(page);
const drag = (parent: string, child: string) => steps.connectByMouse(page, parent, child);

async function add(name: string, after: string): Promise<void> {
  await drawing().press("a");
  const dialog = page.getByRole("dialog", { name: "Add a schedule" });
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Comes after (may stay empty)").fill(after);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(box(name)).toContainText("not saved");
}

const parentsIn = (all: MadeSchedule[], name: string) => {
  const names = new Map(all.map(({ id, name: its }) => [id, its]));
  const schedule = all.find((each) => each.name === name);
  return schedule?.dependencies.map(
    ({ parentId, on, run, timeoutMs }) => `${names.get(parentId)} ${on} ${run} ${timeoutMs}`,
  );
};

test("a graph of five is drawn by mouse and keyboard, edited, tried and saved as one", async () => {
  await openGraph();
  await expect(page.getByRole("heading", { name: "No schedules yet" })).toBeVisible();
  await lookTwice(page, "graph-empty");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });

  const exported = await make(service.dataFolder, "Export");
  const checked = await make(service.dataFolder, "Check", { when: { kind: "cron", expression: "0 4 * * *" } });
  await expect(box("Export")).toBeVisible(); // told by an event
  await expect(box("Check")).toBeVisible();

  // By keyboard: new ones, which exist nowhere else yet.
  await drawing().focus();
  await add("Verify", "Export");
  await add("Clean up", "Export");
  await add("Report", "Verify");
  expect(await listed(service.dataFolder)).toHaveLength(2);
  await expect(box("Report")).toContainText("not saved");

  // By mouse: an edge onto the middle of a box. Check has times of its own, so it looks at that day's run.
  await drag("Export", "Check");
  await expect(line(exported.id, checked.id)).toBeVisible();
  await expect(drawing().getByText("on success · that day's run")).toBeVisible();

  // By keyboard: C connects, through a list that is searched.
  await page.getByRole("option", { name: /^Clean up/ }).click();
  await page.getByRole("listbox", { name: "Schedules" }).press("c");
  const connect = page.getByRole("dialog", { name: "Connect Clean up to…" });
  await page.keyboard.type("repo");
  await expect(connect.getByRole("option")).toHaveText(["Report"]);
  await look(page, "graph-connect");
  await page.keyboard.press("Enter");
  await expect(connect).toBeHidden();

  // The edge is selected; its condition, timeout and the join are edited beside the drawing.
  const panel = page.getByRole("region", { name: "Connection" });
  await panel.getByLabel("Report starts once Clean up has ended, if").selectOption("either");
  await panel.getByLabel("Wait at most (minutes)").fill("90");
  await panel.getByLabel("Wait at most (minutes)").press("Enter");
  await panel.getByRole("radio", { name: "One agrees" }).click();
  await expect(drawing().getByText("either way · at most 1 h 30 min")).toBeVisible();
  await expect(box("Report")).toContainText("any of 2");
  await lookTwice(page, "graph-edited");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });

  // Arrow keys: from the edge to its end, on to the other edge of that end, Delete removes it.
  await drawing().focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("region", { name: "Schedule Report" })).toBeVisible();
  await page.keyboard.press("ArrowLeft");
  await expect(panel).toContainText("Verify");
  await page.keyboard.press("Delete");
  await expect(box("Report")).not.toContainText("any of 2");
  await page.keyboard.press("Control+z");
  await expect(box("Report")).toContainText("any of 2");
  await page.keyboard.press("Control+Shift+z");
  await expect(box("Report")).not.toContainText("any of 2");
  await page.keyboard.press("Control+z");
  await expect(box("Report")).toContainText("any of 2");

  // A circle is refused: told in words, highlighted, nothing changed.
  const edges = await drawing().locator(".react-flow__edge").count();
  await drag("Report", "Export");
  const refused = page.getByRole("alert").filter({ hasText: "Refused." });
  await expect(refused).toContainText(/circle: .*Export → (Verify|Clean up) → Report/);
  await expect(drawing().locator("[data-mark=loop]")).toHaveCount(3);
  await expect(drawing().getByText("refused", { exact: true })).toBeVisible();
  await lookTwice(page, "graph-circle");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await refused.getByRole("button", { name: "Got it" }).click();
  await expect(drawing().locator("[data-mark=loop]")).toHaveCount(0);
  await expect(drawing().locator(".react-flow__edge")).toHaveCount(edges);

  // What if, then all at once.
  expect(await listed(service.dataFolder)).toHaveLength(2);
  await save().click();
  const dialog = page.getByRole("dialog", { name: "Save the graph" });
  await expect(dialog.getByRole("region", { name: "What is different" })).toContainText(
    "Report comes after Clean up, either way · at most 1 h 30 min",
  );
  await expect(dialog.getByRole("region", { name: "What if" })).toContainText(/This change (?!leaves)/);
  await lookTwice(page, "graph-save");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await dialog.getByRole("button", { name: "Save 4 schedules" }).click();
  await expect(dialog).toBeHidden();
  await expect(save()).toBeDisabled();
  await expect(drawing().getByText("not saved")).toHaveCount(0);

  const all = await listed(service.dataFolder);
  expect(all.map(({ name }) => name).sort()).toEqual(["Check", "Clean up", "Export", "Report", "Verify"]);
  expect(parentsIn(all, "Verify")).toEqual(["Export success firing null"]);
  expect(parentsIn(all, "Clean up")).toEqual(["Export success firing null"]);
  expect(parentsIn(all, "Check")).toEqual(["Export success today null"]);
  expect(parentsIn(all, "Report")).toEqual(["Verify success firing null", "Clean up either firing 5400000"]);
  expect(all.find(({ name }) => name === "Report")?.join).toBe("any");
  expect(found).toEqual([]);
});

test("somebody else's change is told before saving and at saving, and edits can be kept on top", async () => {
  const a = await make(service.dataFolder, "First");
  const b = await make(service.dataFolder, "Second", { when: { kind: "after" }, dependencies: [{ parentId: a.id }] });
  const c = await make(service.dataFolder, "Third");
  await openGraph();
  await drag("Third", "Second");
  await expect(line(c.id, b.id)).toBeVisible();
  const whole = await rest<{ changedAt: string } & Record<string, unknown>>(
    service.dataFolder,
    "GET",
    `/schedules/${b.id}`,
  );
  const { id, enabled, pause, createdAt, changedAt, row, ...definition } = whole;
  await rest(service.dataFolder, "PUT", `/schedules/${b.id}`, { definition: { ...definition, priority: 70 } });
  const note = page.getByRole("status").filter({ hasText: "changed since you began to edit" });
  await expect(note).toContainText("Second");
  // All the same: the program refuses, and says so before one tries.
  await save().click();
  const dialog = page.getByRole("dialog", { name: "Save the graph" });
  await expect(dialog.getByRole("alert")).toContainText("Somebody changed it meanwhile");
  await look(page, "graph-conflict");
  await dialog.getByRole("button", { name: "Reload, keep my edits" }).click();
  await expect(dialog).toBeHidden();
  await expect(note).toBeHidden();
  await save().click();
  await dialog.getByRole("button", { name: /^Save 1/ }).click();
  await expect(dialog).toBeHidden();
  const saved = await rest<Record<string, unknown>>(service.dataFolder, "GET", `/schedules/${b.id}`);
  expect(saved).toMatchObject({ priority: 70, dependencies: [{ parentId: a.id }, { parentId: c.id }] });
});

test("what runs is followed live, and an earlier firing can be looked back at", async () => {
  const first = await make(service.dataFolder, "Export");
  const after = (on: string) => ({ when: { kind: "after" }, dependencies: [{ parentId: first.id, on }] });
  await make(service.dataFolder, "Verify", after("success"));
  await make(service.dataFolder, "Tell somebody", after("failure"));
  await make(service.dataFolder, "Other");
  await openGraph();
  await expect(box("Export")).toContainText("no run yet");
  // Its disk is nowhere: it fails, and what comes after it goes its ways.
  await rest(service.dataFolder, "POST", `/schedules/${first.id}/run`, {});
  await expect(box("Export")).toContainText("Failed");
  await expect(box("Verify")).toContainText("Skipped");
  await expect(box("Tell somebody")).toContainText("Failed");
  await expect(box("Other")).toContainText("no run yet");
  const choice = page.getByLabel("Which runs are shown");
  await expect(choice.getByRole("option")).toHaveCount(2);
  await choice.selectOption({ index: 1 });
  await expect(box("Other")).toContainText("not in this firing");
  await box("Verify").click();
  await expect(page.getByRole("region", { name: "Schedule Verify" })).toContainText(/skipped|Export/i);
  await lookTwice(page, "graph-firing");
  // The calendar has them in the present hour.
  await page.evaluate(() => {
    location.hash = "#/schedules/calendar";
  });
  await expect(page.getByRole("gridcell", { name: /3 runs/ })).toContainText("Export");
  await lookTwice(page, "calendar-past");
  expect(found).toEqual([]);
});

test("sixty and five thousand schedules stay usable", async () => {
  test.setTimeout(240_000);
  const chain = (name: string, i: number) =>
    i % 6 === 0
      ? {}
      : { when: { kind: "after" }, dependencies: [{ parentId: `${name}-${i - (i % 6 === 5 ? 3 : 1)}` }] };
  const many = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({
      id: `${name}-${i}`,
      definition: definition(`${name} ${i}`, chain(name, i)),
    }));
  await makeAll(service.dataFolder, many("night", 60));
  await openGraph();
  await expect(box("night 0").first()).toBeVisible();
  await lookTwice(page, "graph-60");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await makeAll(service.dataFolder, many("branch", 4_940));
  await expect(page.getByText("5,000 schedules")).toBeVisible({ timeout: 60_000 });
  await expect(drawing().locator(".react-flow__node").first()).toBeVisible({ timeout: 60_000 });
  // Only what can be seen is drawn.
  expect(await drawing().locator(".react-flow__node").count()).toBeLessThan(400);
  await look(page, "graph-5000");
  // One is found by name, stands in view, and is connected by keyboard.
  await page.getByLabel("Find a schedule").fill("branch 4711");
  await page.getByRole("option", { name: /branch 4711/ }).click();
  await expect(box("branch 4711")).toBeVisible();
  await page.getByRole("listbox", { name: "Schedules" }).press("c");
  await page.keyboard.type("branch 12");
  await page.getByRole("dialog").getByRole("option", { name: "branch 12", exact: true }).click();
  await expect(save()).toHaveText(/Save 1 change/);
  await look(page, "graph-5000-found");
});
