import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createInventoryNews, type News } from "./inventory-news.ts";

let told: News[];
beforeEach(() => {
  vi.useFakeTimers();
  told = [];
});
afterEach(() => void vi.useRealTimers());

const machines = (...ids: string[]) => ({ machines: new Set(ids), gone: new Set<string>(), nodesChanged: false });
const names = () => told.map((news) => news.machines);

it("tells the first at once, with all of its turn, and what follows twice a second", () => {
  const news = createInventoryNews((one) => told.push(one), 500);
  news.add(machines("a"));
  news.add(machines("b"));
  news.activity();
  vi.advanceTimersByTime(1);
  expect(told).toEqual([{ machines: ["a", "b"], gone: [], nodesChanged: false, activityChanged: true }]);
  news.add(machines("c"));
  vi.advanceTimersByTime(300);
  news.add(machines("d"));
  expect(told).toHaveLength(1);
  vi.advanceTimersByTime(200);
  expect(names()).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  // Quiet for longer than that: at once again.
  vi.advanceTimersByTime(1_000);
  news.add(machines("e"));
  vi.advanceTimersByTime(1);
  expect(names().at(-1)).toEqual(["e"]);
});

it("tells no names where there are many, and nothing after it was stopped", () => {
  const news = createInventoryNews((one) => told.push(one), 500);
  news.add(machines(...Array.from({ length: 201 }, (_, n) => String(n))));
  vi.advanceTimersByTime(1);
  expect(names()).toEqual([null]);
  news.add(machines("late"));
  news.stop();
  vi.advanceTimersByTime(5_000);
  expect(told).toHaveLength(1);
});
