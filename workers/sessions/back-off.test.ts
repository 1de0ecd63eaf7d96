import { expect, it } from "vitest";
import { retryDelay } from "./back-off.ts";

it("waits longer each time, a minute at most, spread by a quarter", () => {
  expect([1, 2, 3, 4, 7, 8, 5000].map((failures) => retryDelay("source.unreachable", failures, 0.5))).toEqual([
    1000, 2000, 4000, 8000, 60_000, 60_000, 60_000,
  ]);
  expect(retryDelay("source.lost", 1, 0)).toBe(750);
  expect(retryDelay("source.lost", 1, 1)).toBe(1250);
});

it.each(["source.auth", "source.certificate", "source.host-key", "vault.unreadable"] as const)(
  "does not try %s again by itself",
  (code) => expect(retryDelay(code, 1, 0.5)).toBeNull(),
);
