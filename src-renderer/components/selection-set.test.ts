import { describe, expect, it } from "vitest";
import { shareOf, withAllToggled, withToggled } from "./selection-set.ts";

const shown = ["a", "b", "c", "d", "e"];
const set = (text: string) => new Set(text === "" ? [] : text.split(""));
const text = (ids: ReadonlySet<string>) => [...ids].toSorted().join("");

describe("all that are shown", () => {
  it.each([
    ["", "abcde", "none"],
    ["b", "abcde", "some"],
    ["abcde", "", "all"],
    // Chosen under another filter: neither counted nor lost.
    ["xy", "abcdexy", "none"],
    ["abcdex", "x", "all"],
  ])("from '%s' to '%s'", (before, after, share) => {
    expect(shareOf(set(before), shown)).toBe(share);
    expect(text(withAllToggled(set(before), shown))).toBe(after);
  });
});

describe("one row, or a range", () => {
  it.each([
    ["", "c", null, "c"],
    ["c", "c", null, ""],
    ["b", "d", "b", "bcd"],
    ["d", "b", "d", "bcd"],
    // The range becomes what the row becomes: here, not selected.
    ["bcd", "d", "b", ""],
    // An anchor that is filtered away.
    ["x", "d", "x", "dx"],
  ])("from '%s', %s with anchor %s", (before, id, anchor, after) => {
    expect(text(withToggled(set(before), shown, id, anchor))).toBe(after);
  });
});
