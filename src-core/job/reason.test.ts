import { expect, it } from "vitest";
import { limitReason } from "./reason.ts";

const MiB = 2 ** 20;

it.each([
  [10 * MiB, "18:00", "Limit of 10 MiB/s until 18:00"],
  [10 * MiB, null, "Limit of 10 MiB/s"],
  [1024 * MiB, "06:00", "Limit of 1,024 MiB/s until 06:00"],
  [1.5 * MiB, "06:00", "Limit of 1,536 KiB/s until 06:00"],
  [64 * 1024, "06:00", "Limit of 64 KiB/s until 06:00"],
])("a limit of %d until %s is told as %s", (maxBytesPerSecond, nextChangeAt, told) => {
  expect(limitReason({ maxBytesPerSecond, byTime: true, nextChangeAt })).toBe(told);
  expect(limitReason({ maxBytesPerSecond, byTime: false, nextChangeAt })).toBeNull();
});
