import { expect, test } from "vitest";
import { createCheckpointPolicy } from "./checkpoint-policy.ts";

test("by bytes, by time, never without news, and never for more than a tenth of the time", () => {
  let clock = 1000;
  const policy = createCheckpointPolicy({ everyBytes: 100, everyMs: 5000 }, () => clock);
  expect(policy.due(0)).toBe(false);
  expect(policy.due(99)).toBe(false);
  expect(policy.due(100)).toBe(true);
  clock += 5000;
  expect(policy.due(1)).toBe(true);
  expect(policy.due(0)).toBe(false);
  policy.made(700);
  clock += 6999;
  expect(policy.due(1_000_000)).toBe(false);
  clock += 1;
  expect(policy.due(1_000_000)).toBe(true);
  policy.made(50_000);
  clock += 60_000;
  expect(policy.due(1)).toBe(true);
});
