import fc from "fast-check";
import { expect, it } from "vitest";
import { FIRST_INSTANT, LAST_INSTANT, toIso, weekdayOf } from "./instant.ts";

it("toIso writes what Date writes", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: LAST_INSTANT }), fc.integer({ min: 0, max: 2_000 }), (at, later) => {
      expect([toIso(at), toIso(at + later)]).toEqual([new Date(at).toISOString(), new Date(at + later).toISOString()]);
    }),
  );
  for (const at of [FIRST_INSTANT, LAST_INSTANT - 1, LAST_INSTANT]) expect(toIso(at)).toBe(new Date(at).toISOString());
});

it("weekdayOf counts from Monday, before 1970 as well", () => {
  for (let day = -20; day < 20; day++) {
    const wall = day * 86_400_000 + 5;
    expect(weekdayOf(wall)).toBe((new Date(wall).getUTCDay() + 6) % 7);
  }
});
