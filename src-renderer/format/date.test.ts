import { expect, it } from "vitest";
import { formatAbsolute, formatRelative } from "./date.ts";

const now = new Date(2026, 10, 22, 14, 30, 0).getTime();
const at = (...parts: [number, number, number, number, number, number]) => new Date(...parts).toISOString();

it.each([
  [at(2026, 10, 22, 14, 29, 40), "just now"],
  [at(2026, 10, 22, 14, 27, 0), "3 min ago"],
  [at(2026, 10, 22, 9, 12, 0), "today 09:12"],
  [at(2026, 10, 21, 23, 59, 0), "yesterday 23:59"],
  [at(2026, 10, 12, 8, 5, 0), "12 Nov 08:05"],
  [at(2025, 10, 12, 8, 5, 0), "12 Nov 2025"],
  [at(2026, 10, 22, 16, 0, 0), "today 16:00"],
])("%s reads '%s'", (iso, text) => {
  expect(formatRelative(iso, now)).toBe(text);
});

it("writes the full local time so that it sorts", () => {
  expect(formatAbsolute(at(2026, 0, 2, 3, 4, 5))).toBe("2026-01-02 03:04:05");
});
