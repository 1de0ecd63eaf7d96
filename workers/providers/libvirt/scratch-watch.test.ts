/** A scratch folder that fills up ends the job, once, before it is full. */
import { expect, test, vi } from "vitest";
import type { Daemon } from "./daemon.ts";
import { watchScratch } from "./scratch-watch.ts";

const MiB = 1024 * 1024;

async function watched(free: readonly (number | null)[]) {
  let look = 0;
  const host = { name: "host", freeBytes: async () => free[Math.min(look++, free.length - 1)] ?? null };
  const end = vi.fn(async () => {});
  const daemon = { host, address: { scratchFolder: "/scratch" } } as unknown as Daemon;
  const watch = await watchScratch(daemon, "web01", end, 2);
  await expect.poll(() => watch.reason !== null || look > free.length + 2, { interval: 2 }).toBe(true);
  // Were it to go on looking, it would now.
  await new Promise((resolve) => setTimeout(resolve, 20));
  watch.stop();
  return { watch, end };
}

test.each([
  ["plenty", [9000 * MiB, 8000 * MiB, 300 * MiB], null],
  ["nearly full", [9000 * MiB, 300 * MiB, 255 * MiB, 254 * MiB], /scratch on host is nearly full/],
  ["little from the start", [400 * MiB, 101 * MiB, 99 * MiB], /nearly full/],
  ["little, and it stays", [400 * MiB, 101 * MiB], null],
  ["a host that does not tell", [null], null],
] as const)("%s", async (_, free, reason) => {
  const { watch, end } = await watched(free);
  expect(end).toHaveBeenCalledTimes(reason === null ? 0 : 1);
  if (reason === null) expect(watch.reason).toBeNull();
  else expect(watch.reason?.message).toMatch(reason);
});
