/**
 * The program is killed (SIGKILL) at random moments, again and again, while its schedules are due every few seconds. What it fired must
 * be what the rule says as if nothing had happened: each time once, with all that comes after it, and nothing left hanging.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openDatabase } from "../db/open.ts";
import { listScheduledRuns } from "../db/scheduled-runs.ts";
import { insertSchedule, scheduleById } from "../db/schedules.ts";
import { schedule } from "./testing/schedules.ts";

/** How often; HYPERSDK_TEST_KILLS asks for more. */
const KILLS = Number(process.env.HYPERSDK_TEST_KILLS ?? 12);
/** An hour of the program's clock in 12 seconds. */
const SPEED = 300;
const MINUTE = 60_000;
const BEGIN = Date.UTC(2026, 2, 2);
/** Nothing is too old, none is too many. */
const ALL = { mode: "all", cap: 1_000, deadlineMs: 30 * 86_400_000, settleMs: 0 };

const entry = resolve(import.meta.dirname, "../shell/service/index.ts");
let folder: string;
let running: ChildProcess | null = null;
let realAt = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hypersdk-kills-"));
});
afterEach(async () => {
  running?.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

const simulated = () => BEGIN + (Date.now() - realAt) * SPEED;

/** Starts the program, whose clock goes on where it was. @returns once it listens */
async function start(): Promise<ChildProcess> {
  const clock = `${new Date(simulated()).toISOString()},${SPEED}`;
  const child = spawn(process.execPath, [entry, "--data-dir", folder, "--port", "0", "--json", "--library", folder], {
    env: { ...process.env, HYPERSDK_TEST_CLOCK: clock },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running = child;
  await once(child.stdout ?? child, "data");
  return child;
}

/** @returns its exit code, which is null where it was killed */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(child, "exit");
  child.kill(signal);
  const [code] = await exit;
  return code;
}

it("fires each time once, however often it is killed", { timeout: 60_000 + 30_000 * KILLS }, async () => {
  const file = join(folder, "hypersdk.db");
  const disk = join(folder, "disk.raw");
  await writeFile(disk, Buffer.alloc(256 << 10, 3));
  const request = { kind: "check", path: disk, format: "raw" };
  const conversion = {
    kind: "convert",
    sourcePath: disk,
    sourceFormat: "raw",
    targets: [{ path: join(folder, "{date}-{time}.qcow2"), format: "qcow2" }],
  };
  const checks = { work: { kind: "job", request }, missed: ALL, overlap: "allow" };
  const after = { ...checks, when: { kind: "after" }, dependencies: [{ parentId: "tens", on: "either" }] };
  const db = openDatabase(file);
  const plans = [
    schedule("tens", { ...checks, when: { kind: "cron", expression: "*/10 * * * *" } }),
    schedule("child", after),
    schedule("sevens", {
      ...checks,
      when: { kind: "interval", everyMs: 7 * MINUTE, fromAt: "2026-01-01T00:00:00Z" },
      overlap: "buffer-all",
    }),
    schedule("hours", {
      ...checks,
      work: { kind: "job", request: conversion },
      when: { kind: "cron", expression: "30 * * * *" },
    }),
  ];
  for (const each of plans) insertSchedule(db, each, new Date(BEGIN).toISOString());
  db.close();

  const reading = openDatabase(file);
  const marks = () => plans.map(({ id }) => Date.parse(scheduleById(reading, id)?.handledAt ?? ""));
  const firedTo = () => Math.max(...marks());
  realAt = Date.now();
  // Only one that ends by itself leaves its compiled code behind.
  expect(await end(await start(), "SIGTERM")).toBe(0);
  const seed = Date.now() % 1_000_000;
  let chance = seed;
  const random = () => {
    chance = (chance * 48_271) % 2_147_483_647;
    return chance / 2_147_483_647;
  };
  for (let kill = 0; kill < KILLS; kill++) {
    const child = await start();
    // Every third at any moment of its start, the others soon after it began to make up for what was missed.
    const before = firedTo();
    if (kill % 3 > 0) await expect.poll(firedTo, { timeout: 60_000, interval: 20 }).toBeGreaterThan(before);
    await sleep(random() ** 2 * 2_000);
    await end(child, "SIGKILL");
  }

  const last = await start();
  const caughtUp = simulated();
  await expect.poll(() => Math.min(marks()[0] ?? 0, marks()[2] ?? 0), { timeout: 120_000 }).toBeGreaterThan(caughtUp);
  expect(await end(last, "SIGTERM")).toBe(0);
  running = null;

  const runs = listScheduledRuns(reading, {}, null, 100_000).map(({ summary }) => summary);
  const [tens = 0, , sevens = 0, hours = 0] = marks();
  reading.close();
  const times = (id: string) =>
    runs
      .filter(({ scheduleId }) => scheduleId === id)
      .map(({ nominalAt }) => nominalAt)
      .sort();
  const every = (ms: number, from: number, to: number) => {
    const all: string[] = [];
    for (let at = from; at <= to; at += ms) all.push(new Date(at).toISOString());
    return all;
  };
  const first = Date.UTC(2026, 0, 1);
  const firstSeven = first + (Math.floor((BEGIN - first) / (7 * MINUTE)) + 1) * 7 * MINUTE;
  expect(times("tens"), `seed ${seed}`).toEqual(every(10 * MINUTE, BEGIN + 10 * MINUTE, tens));
  expect(times("child"), `seed ${seed}`).toEqual(times("tens"));
  expect(times("sevens"), `seed ${seed}`).toEqual(every(7 * MINUTE, firstSeven, sevens));
  expect(times("hours"), `seed ${seed}`).toEqual(every(60 * MINUTE, BEGIN + 30 * MINUTE, hours));
  expect(times("tens").length).toBeGreaterThan(KILLS / 2);
  // What runs has its work, once: a kill between the two would leave a run without work, or work without its run.
  const began = runs.filter(({ state }) => state !== "waiting");
  expect(began.filter(({ runIds }) => runIds.length !== 1).map(({ id, state, error }) => [id, state, error])).toEqual(
    [],
  );
  expect(began.filter(({ state }) => ["failed", "canceled"].includes(state))).toEqual([]);
  expect(began.length).toBeGreaterThan(10);
});
