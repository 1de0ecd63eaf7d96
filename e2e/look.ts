/** A picture of a page into e2e/screenshots, to be looked at, and no accessibility finding on it. */
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { shot } from "./app.ts";

/** @param rules left out: all that there are */
export async function look(page: Page, name: string, rules: string[] | null = null): Promise<void> {
  await shot(page, name);
  // What is in order is not described, and frames are not asked for: a third of the time.
  const judge = new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).setLegacyMode(true);
  const { violations } = await (rules === null ? judge : judge.withRules(rules)).analyze();
  expect(
    violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join("\n")}`),
    `accessibility of ${name}`,
  ).toEqual([]);
}

/**
 * The same in light and dark. What light alone could get wrong (names, roles, order) is the same in dark: there only contrast is judged,
 * which is a third of the time.
 */
export async function lookTwice(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await look(page, `${name}-light`);
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await look(page, `${name}-dark`, ["color-contrast"]);
}
