import { expect, it } from "vitest";
import type { SavedView } from "../../../src-core/model/machine-view.ts";
import { NO_FILTER, viewInForce } from "./machine-views.ts";

const byName = [{ id: "name", desc: false }];
const bySize = [{ id: "used", desc: true }];
const view = (part: Partial<SavedView> & { name: string }): SavedView => ({
  id: part.name,
  search: "",
  show: [],
  sort: [],
  ...part,
});
const views = [
  view({ name: "windows by size", show: ["windows", "on"], sort: bySize }),
  view({ name: "web", search: "web", sort: byName }),
  view({ name: "big, any order", show: ["big"] }),
];

it.each([
  ["the words in any order", { search: "", show: ["on", "windows"] as const }, bySize, "windows by size"],
  ["another order is another view", { search: "", show: ["on", "windows"] as const }, byName, null],
  ["a word more", { search: "", show: ["on", "windows", "big"] as const }, bySize, null],
  ["spaces around the search", { search: " web ", show: [] }, byName, "web"],
  ["kept without an order", { search: "", show: ["big"] as const }, bySize, "big, any order"],
  ["nothing chosen", NO_FILTER, byName, null],
])("%s", (_, filter, sort, name) => {
  expect(viewInForce(views, filter, sort)?.name ?? null).toBe(name);
});
