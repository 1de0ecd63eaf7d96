/** What a person does on the page of the graph, in the window and in a browser alike. */
import { expect, type Locator, type Page } from "@playwright/test";

export async function openGraph(page: Page): Promise<void> {
  await page.evaluate(() => {
    location.hash = "#/schedules/graph";
  });
  await expect(page.getByRole("heading", { level: 1, name: "Schedules" })).toBeVisible();
}

export const drawing = (page: Page): Locator => page.getByRole("application", { name: "Drawing of the graph" });

export const box = (page: Page, name: string): Locator =>
  drawing(page).locator(`.react-flow__node[aria-label="${name}"]`);

/** The edge between two schedules, by their ids. */
export const line = (page: Page, parent: string, child: string): Locator =>
  drawing(page).locator(`[data-id="${parent}>${child}"].react-flow__edge`);

export const saveButton = (page: Page): Locator => page.getByRole("button", { name: /^Save/ });

/** Draws an edge by mouse, from the right end of one box onto the middle of another. */
export async function connectByMouse(page: Page, parent: string, child: string): Promise<void> {
  await page.getByRole("button", { name: "Show all" }).click();
  await box(page, parent).locator(".react-flow__handle.source").hover();
  await page.mouse.down();
  const to = await box(page, child).boundingBox();
  if (to === null) throw new Error(`${child} is not drawn`);
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 12 });
  await page.mouse.up();
}

/** Draws an edge without a mouse: found by name, then C and the child's name. */
export async function connectByKeyboard(page: Page, parent: string, child: string): Promise<void> {
  await page.getByRole("option", { name: new RegExp(`^${parent}`) }).focus();
  await page.getByRole("option", { name: new RegExp(`^${parent}`) }).click();
  await page.getByRole("listbox", { name: "Schedules" }).press("c");
  const connect = page.getByRole("dialog", { name: `Connect ${parent} to…` });
  await page.keyboard.type(child);
  await expect(connect.getByRole("option")).toHaveText([child]);
  await page.keyboard.press("Enter");
  await expect(connect).toBeHidden();
}

/** Saves what was drawn. */
export async function saveGraph(page: Page): Promise<void> {
  await saveButton(page).click();
  const dialog = page.getByRole("dialog", { name: "Save the graph" });
  await dialog.getByRole("button", { name: /^Save \d/ }).click();
  await expect(dialog).toBeHidden();
  // What is out of sight is not drawn.
  await page.getByRole("button", { name: "Show all" }).click();
}
