import { expect, it } from "vitest";
import { partPace, partTone } from "./part-words.ts";

const part = {
  label: "disk-0",
  doneBytes: 10,
  totalBytes: 100,
  rateBytesPerSecond: 50 * 1024 ** 2,
  eta: { lowMs: 60_000, highMs: 120_000 },
  state: "copying",
  transport: null,
} as const;

it.each([
  ["a disk that is read", part, true, "50 MiB/s", "1–2 min left"],
  ["before there is an estimate", { ...part, eta: null }, true, "50 MiB/s", "being read"],
  ["one that stands still", { ...part, rateBytesPerSecond: 0, eta: null }, true, "not moving", "being read"],
  ["its checksums", { ...part, state: "hashing" }, true, "", "checksums"],
  ["one in the queue", { ...part, state: "waiting", doneBytes: 0 }, true, "", "waits for its turn"],
  ["a finished one", { ...part, state: "done" }, true, "", "done"],
  ["a finished one of an export that failed", { ...part, state: "done" }, false, "", "done"],
  ["one that was cut off", part, false, "", "not finished"],
  ["one that never began", { ...part, state: "waiting", doneBytes: 0 }, false, "", "not begun"],
] as const)("%s", (_what, given, running, speed, words) => {
  expect(partPace(given, running)).toEqual({ speed, words });
});

it.each([
  ["done", "failed", false, "ok"],
  ["copying", "failed", false, "bad"],
  ["copying", "running", false, "accent"],
  ["waiting", "running", false, "idle"],
  ["copying", "running", true, "warn"],
  ["copying", "canceling", false, "warn"],
  ["copying", "canceled", false, "idle"],
] as const)("a disk that is %s of a task that is %s, paused: %s, is drawn as %s", (state, task, paused, tone) => {
  expect(partTone(state, task, paused)).toBe(tone);
});
