import { expect, it } from "vitest";
import { compareValues } from "./sort-values.ts";

it("sorts names as people do", () => {
  expect(["web10", "Web2", "app1", "web1"].toSorted(compareValues)).toEqual(["app1", "web1", "Web2", "web10"]);
});

it("sorts sizes by size, not by digits", () => {
  expect([2 ** 40, 9, 1024].toSorted(compareValues)).toEqual([9, 1024, 2 ** 40]);
  expect(["x", 5].toSorted(compareValues)).toEqual([5, "x"]);
});
