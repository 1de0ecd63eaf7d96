import { expect, it } from "vitest";
import { paceWords, progressWords, runDuration, runShare } from "./run-words.ts";

const GIB = 1024 ** 3;
const progress = {
  doneBytes: GIB,
  totalBytes: 4 * GIB,
  rateBytesPerSecond: 100 * 1024 ** 2,
  eta: { lowMs: 60_000, highMs: 120_000 },
  phase: "copying",
};

it("says how much is done", () => {
  expect(runShare(progress)).toBe(0.25);
  expect(runShare(null)).toBeNull();
  expect(runShare({ ...progress, totalBytes: 0 })).toBeNull();
  expect(progressWords(progress)).toBe("1 GiB of 4 GiB (25 %)");
});

it("counts no bytes where a check counts tables", () => {
  expect(progressWords(progress, "check")).toBe("25 %");
  expect(paceWords({ kind: "check", state: "running", progress, reason: null }, false)).toBe("1–2 min left");
  const soon = { ...progress, eta: null };
  expect(paceWords({ kind: "check", state: "running", progress: soon, reason: null }, false)).toBe("");
});

it.each([
  ["running", progress, null, false, "100 MiB/s · 1–2 min left"],
  ["running", { ...progress, eta: null }, null, false, "100 MiB/s · measuring time left"],
  ["running", { ...progress, rateBytesPerSecond: 0 }, null, false, "not moving"],
  ["running", null, null, false, "starting"],
  ["running", progress, null, true, "paused"],
  ["waiting", null, "2 tasks run already", true, "2 tasks run already"],
  ["queued", null, null, false, "waiting for its turn"],
  ["canceling", progress, null, false, "stopping and removing the unfinished file"],
] as const)("%s reads as its pace", (state, p, reason, paused, words) => {
  expect(paceWords({ state, progress: p, reason }, paused)).toBe(words);
});

it("counts from the start to the end or to now", () => {
  const startedAt = "2026-11-22T10:00:00.000Z";
  expect(runDuration({ startedAt, endedAt: "2026-11-22T10:01:20.000Z" }, 0)).toBe("1 min 20 s");
  expect(runDuration({ startedAt, endedAt: null }, Date.parse(startedAt) + 45_000)).toBe("45 s");
  expect(runDuration({ startedAt: null, endedAt: null }, 0)).toBeNull();
});
