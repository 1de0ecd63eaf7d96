import { expect, test } from "vitest";
import { type PageDoor, reloadOnce } from "./stale-page.ts";

function fakeDoor() {
  const kept = new Map<string, string>();
  const state = { reloads: 0, nowMs: 1_000_000 };
  const door: PageDoor = {
    storage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) },
    reload: () => {
      state.reloads += 1;
    },
    now: () => state.nowMs,
  };
  return { door, state };
}

test("a stale page is loaded anew once, not for ever", () => {
  const { door, state } = fakeDoor();
  expect(reloadOnce(door)).toBe(true);
  state.nowMs += 5_000;
  expect(reloadOnce(door)).toBe(false);
  expect(state.reloads).toBe(1);
});

test("a later update is met by another reload", () => {
  const { door, state } = fakeDoor();
  reloadOnce(door);
  state.nowMs += 3_600_000;
  expect(reloadOnce(door)).toBe(true);
  expect(state.reloads).toBe(2);
});
