import { describe, expect, it } from "vitest";
import { WindowState, windowPlace } from "./window-bounds.ts";

const screens = [
  { x: 0, y: 0, width: 1920, height: 1040 },
  { x: 1920, y: 0, width: 1280, height: 1024 },
];
const saved = { x: 200, y: 100, width: 1400, height: 900, maximized: false };

describe("windowPlace", () => {
  it("lets the system place the first window", () => {
    expect(windowPlace(null, screens)).toEqual({ width: 1280, height: 820 });
  });
  it("opens where it was, on any screen", () => {
    expect(windowPlace(saved, screens)).toEqual({ x: 200, y: 100, width: 1400, height: 900 });
    expect(windowPlace({ ...saved, x: 2000 }, screens)).toMatchObject({ x: 2000 });
  });
  it.each([
    ["its screen is gone", { x: 2000, y: 100 }, screens.slice(0, 1)],
    ["its title bar is above the screen", { x: 200, y: -40 }, screens],
    ["only a sliver is left of it", { x: -1380, y: 100 }, screens],
    ["it is below the screen", { x: 200, y: 1030 }, screens],
  ])("forgets the place when %s", (_why, place, areas) => {
    expect(windowPlace({ ...saved, ...place }, areas)).toEqual({ width: 1400, height: 900 });
  });
  it("is never smaller than the pages can be used in", () => {
    expect(windowPlace({ ...saved, width: 10, height: 10 }, screens)).toMatchObject({ width: 900, height: 600 });
  });
});

it("refuses saved nonsense", () => {
  expect(WindowState.safeParse({ ...saved, width: Number.NaN }).success).toBe(false);
  expect(WindowState.safeParse({ ...saved, x: 1e9 }).success).toBe(false);
});
