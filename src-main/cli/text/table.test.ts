import { expect, it } from "vitest";
import { pairs, plainText, table } from "./table.ts";

it("aligns columns and leaves nothing after the last cell", () => {
  const lines = table(
    [{ title: "NAME" }, { title: "SIZE", align: "right" }, { title: "PATH" }],
    [
      ["a", "5", "/x"],
      ["longer", "12345", ""],
    ],
  );
  expect(lines).toEqual(["NAME     SIZE  PATH", "a           5  /x", "longer  12345"]);
});

it("puts the values of pairs into one column", () => {
  expect(
    pairs([
      ["A", "1"],
      ["Long", "2"],
    ]),
  ).toEqual(["  A     1", "  Long  2"]);
  expect(pairs([])).toEqual([]);
});

it("shows what a terminal would obey, in names and in values", () => {
  expect(plainText("a\u001b[2Jb\nc\u0085")).toBe("a?[2Jb?c?");
  expect(table([{ title: "NAME" }], [["x\ry"]])).toEqual(["NAME", "x?y"]);
  expect(pairs([["k\u0007", "v\u001b]0;t"]])).toEqual(["  k?  v?]0;t"]);
});
