import { expect, it } from "vitest";
import { formatAbsolute, formatInZone, formatRelative } from "./date.ts";

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
  [at(2026, 10, 22, 14, 35, 0), "in 5 min"],
  [at(2026, 10, 22, 14, 30, 20), "in a moment"],
  [at(2026, 10, 23, 2, 30, 0), "tomorrow 02:30"],
  [at(2027, 0, 2, 2, 30, 0), "2 Jan 2027"],
])("%s reads '%s'", (iso, text) => {
  expect(formatRelative(iso, now)).toBe(text);
});

it("writes the full local time so that it sorts", () => {
  expect(formatAbsolute(at(2026, 0, 2, 3, 4, 5))).toBe("2026-01-02 03:04:05");
});

it("shows another zone's wall, and the local one where the zone is unknown", () => {
  expect(formatInZone("2026-11-30T01:30:00Z", "Europe/Berlin")).toBe("Mon 30 Nov 2026 02:30");
  expect(formatInZone("2026-11-29T23:30:00Z", "Asia/Kathmandu")).toBe("Mon 30 Nov 2026 05:15");
  expect(formatInZone(at(2026, 0, 2, 3, 4, 5), "Nowhere/City")).toBe("2026-01-02 03:04:05");
});
