import { expect, it } from "vitest";
import { createProgressLines } from "./progress-lines.ts";

it("says something at the start, every ten percent and at the end of each phase", () => {
  const lines: string[] = [];
  let nowMs = 1000;
  const view = createProgressLines(
    (line) => lines.push(line),
    () => nowMs,
  );
  for (let done = 0; done <= 100; done += 4) {
    view.update({ phase: "copying", doneBytes: done * 1024, totalBytes: 102_400 });
    nowMs += 1000;
  }
  view.update({ phase: "copying", doneBytes: 102_400, totalBytes: 102_400 });
  view.update({ phase: "comparing", doneBytes: 0, totalBytes: 0 });

  expect(lines.map((line) => line.split("%")[0]?.trim())).toEqual([
    "copying     0",
    "copying    12",
    "copying    20",
    "copying    32",
    "copying    40",
    "copying    52",
    "copying    60",
    "copying    72",
    "copying    80",
    "copying    92",
    "copying   100",
    "comparing 100",
  ]);
  expect(lines[1]).toBe("copying    12 %  12.0 KiB of 100 KiB  4.00 KiB/s");
});

it("of a check only the share is told: what it counts are no bytes", () => {
  const lines: string[] = [];
  const view = createProgressLines(
    (line) => lines.push(line),
    () => 0,
  );
  view.update({ phase: "checking", doneBytes: 1, totalBytes: 2 });
  expect(lines).toEqual(["checking   50 %"]);
});
