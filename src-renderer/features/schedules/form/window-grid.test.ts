import { expect, it } from "vitest";
import { Window } from "../../../../src-core/model/window.ts";
import { hoursOf, isPaintable, windowsOf } from "./window-grid.ts";

const week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const window = (days: readonly (typeof week)[number][], from: string, to: string) =>
  Window.parse({ name: "any", days, from, to });
const bare = (windows: readonly Window[]) => windows.map(({ days, from, to }) => `${days.join(" ")} ${from}-${to}`);

it.each([
  ["nights, over midnight", [window(week, "22:00", "06:00")]],
  ["a night that begins on Sunday and ends on Monday", [window(["sun"], "22:00", "06:00")]],
  ["hours of working days", [window(["mon", "tue", "wed", "thu", "fri"], "08:00", "18:00")]],
  ["to the end of the day", [window(["sat"], "20:00", "24:00")]],
  ["the whole week", [window(week, "00:00", "24:00")]],
  ["two of a day", [window(["mon"], "01:00", "03:00"), window(["mon"], "12:00", "13:00")]],
  ["none", []],
])("%s: painted and read back it is the same", (_, windows) => {
  expect(bare(windowsOf(hoursOf(windows)))).toEqual(bare(windows));
});

it("cuts what is a day or longer at midnight, and covers the same hours", () => {
  const weekend = [window(["fri"], "20:00", "24:00"), window(["sat", "sun"], "00:00", "24:00")];
  const painted = windowsOf(hoursOf(weekend));
  expect(hoursOf(painted)).toEqual(hoursOf(weekend));
  expect(bare(painted)).toEqual(["sat sun 00:00-24:00", "fri 20:00-24:00"]);
});

it("covers the same hours, whatever is painted, with windows that are right", () => {
  let seed = 7;
  for (let round = 0; round < 300; round += 1) {
    const share = (round % 9) / 8;
    const hours = Array.from({ length: 168 }, () => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed / 2 ** 31 < share;
    });
    const windows = windowsOf(hours);
    for (const one of windows) expect(Window.safeParse(one).error, JSON.stringify(one)).toBeUndefined();
    expect(hoursOf(windows)).toEqual(hours);
  }
});

it("leaves minutes and other zones to their fields", () => {
  expect(isPaintable(window(["mon"], "01:00", "03:00"))).toBe(true);
  expect(isPaintable(window(["mon"], "01:30", "03:00"))).toBe(false);
  expect(isPaintable({ ...window(["mon"], "01:00", "03:00"), zone: "UTC" })).toBe(false);
  // Shown as touched all the same.
  expect(hoursOf([window(["mon"], "01:30", "02:10")]).slice(0, 4)).toEqual([false, true, true, false]);
});
