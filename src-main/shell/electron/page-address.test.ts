import { describe, expect, it } from "vitest";
import { addressOf, isOwnPage, PRODUCT_BASE, pageBase } from "./page-address.ts";

describe("isOwnPage", () => {
  it.each([
    ["app://hypersdk/", true],
    ["app://hypersdk/#/jobs/1", true],
    ["app://hypersdk/assets/a.js", true],
    ["app://hypersdk.evil/", false],
    ["app://user@hypersdk/", false],
    ["https://hypersdk/", false],
    ["file:///etc/passwd", false],
    ["javascript:alert(1)", false],
    ["about:blank", false],
    ["not a url", false],
    ["", false],
  ])("%s → %s", (url, own) => {
    expect(isOwnPage(PRODUCT_BASE, url)).toBe(own);
  });

  it("keeps to host and port of a development server", () => {
    expect(isOwnPage("http://localhost:5173/", "http://localhost:5173/#/x")).toBe(true);
    expect(isOwnPage("http://localhost:5173/", "http://localhost:5174/")).toBe(false);
  });
});

describe("pageBase", () => {
  it("takes a development server only where the program is not packaged", () => {
    expect(pageBase(false, "http://localhost:5173")).toBe("http://localhost:5173/");
    expect(pageBase(true, "http://localhost:5173")).toBe(PRODUCT_BASE);
    expect(pageBase(false, undefined)).toBe(PRODUCT_BASE);
  });
});

it("puts routes after the #", () => {
  expect(addressOf(PRODUCT_BASE, "/jobs/7")).toBe("app://hypersdk/#/jobs/7");
});
