/** A picture of a page into e2e/screenshots, to be looked at, and no accessibility finding on it. */
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { shot } from "./app.ts";

export async function look(page: Page, name: string): Promise<void> {
  await shot(page, name);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join("\n")}`),
    `accessibility of ${name}`,
  ).toEqual([]);
}

/** The same in light and dark. */
export async function lookTwice(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await look(page, `${name}-${colorScheme}`);
  }
}
