import { expect, it } from "vitest";
import { GroupLimits } from "../../../src-core/model/settings.ts";
import { groupWords, KINDS, limitsProblem } from "./group-limits.ts";

it.each([
  [[], null],
  [[{ group: "machine:", most: 1 }], null],
  [[{ group: "tape", most: 1000 }], null],
  [[{ group: " ", most: 1 }], "Name the group."],
  [[{ group: "tape", most: 0 }], "From 1 to 1,000 at once."],
  [[{ group: "tape", most: Number.NaN }], "From 1 to 1,000 at once."],
  [[{ group: "tape", most: 1.5 }], "From 1 to 1,000 at once."],
  [
    [
      { group: "host:", most: 1 },
      { group: "host:", most: 2 },
    ],
    "There are two limits for each host.",
  ],
])("%j: %s", (limits, problem) => {
  expect(limitsProblem(limits)).toBe(problem);
  if (problem === null) expect(GroupLimits.safeParse(limits).success).toBe(true);
});

it("calls each kind by its word, and a group by its name", () => {
  expect(KINDS.map(({ value }) => groupWords(value))).toContain("each datastore");
  expect(groupWords("tape")).toBe("tape");
});
