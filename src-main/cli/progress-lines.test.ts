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

it("of several works each line says whose it is, and of parts when they begin and are done", () => {
  const lines: string[] = [];
  const view = createProgressLines(
    (line) => lines.push(line),
    () => 0,
  );
  const part = (label: string, state: "waiting" | "copying" | "done", transport: string | null) => {
    return { label, state, transport, doneBytes: 0, totalBytes: 1024, rateBytesPerSecond: 0, eta: null };
  };
  const whole = { phase: "copying", doneBytes: 0, totalBytes: 2048 };
  const detail = (state: "copying" | "done") => ({
    parts: [part("Hard disk 1", state, "NBD"), part("Hard disk 2", "waiting", null)],
    limitedBy: "limit" as const,
  });
  view.update({ ...whole, subject: "web", detail: detail("copying") });
  view.update({ ...whole, subject: "db" });
  view.update({ ...whole, subject: "web", detail: detail("copying") });
  view.update({ ...whole, subject: "web", doneBytes: 1024, detail: detail("done") });
  expect(lines).toEqual([
    "web: Hard disk 1: 1.00 KiB, NBD",
    "web: copying     0 %  0 B of 2.00 KiB  held back by the limit",
    "db: copying     0 %  0 B of 2.00 KiB",
    "web: Hard disk 1: done",
    "web: copying    50 %  1.00 KiB of 2.00 KiB  held back by the limit",
  ]);
});
