/** What people do to runs by hand, and how work begins and fails to: on real rows and real rounds. */
import { describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import type { Machine } from "../../src-core/model/inventory.ts";
import { applyChanges } from "../db/inventory.ts";
import { factsOfRun } from "../db/schedule-facts.ts";
import { scheduleById } from "../db/schedules.ts";
import { insertSource } from "../db/sources.ts";
import type { NewRun } from "../jobs/engine.ts";
import { type Host, planOf, testHost } from "./testing/host.ts";
import { schedule } from "./testing/schedules.ts";

const BEGIN = Date.UTC(2026, 2, 2, 1, 59);
const TWO = Date.UTC(2026, 2, 2, 2);
const WORK = {
  kind: "job",
  request: { kind: "convert", sourcePath: "/a.raw", targets: [{ path: "/b", format: "raw" }] },
};
const NIGHT = { name: "night", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "01:00", to: "03:00" };
const plan = (id: string, more: object = {}) => schedule(id, { work: WORK, ...more });
const child = (id: string, parentId: string, more: object = {}) =>
  plan(id, { when: { kind: "after" }, dependencies: [{ parentId }], ...more });

function began(...plans: ReturnType<typeof schedule>[]): Host {
  const host = testHost({ startAt: BEGIN });
  host.add(...plans);
  return host;
}

const idOf = (host: Host, scheduleId: string) =>
  host.runs().findLast(({ summary }) => summary.scheduleId === scheduleId)?.summary.id ?? "";
const kinds = (host: Host, scheduleId: string) =>
  factsOfRun(host.db, idOf(host, scheduleId)).map(({ fact }) => fact.kind);

describe("started by hand", () => {
  it("runs beside the plan, with what comes after it", async () => {
    const host = began(plan("a"), child("b", "a"));
    const made = host.byHand.runNow("a", { anyway: false, alone: false });
    expect(made).toMatchObject({ byHand: true, firingId: `hand:${made.id}`, state: "waiting" });
    await host.settle();
    expect(host.story()).toEqual(["a 01:59 running", "b 01:59 waiting"]);
    expect(scheduleById(host.db, "a")?.handledAt).toBe(new Date(BEGIN).toISOString());
    // That it runs is no reason for the one by the clock to be skipped.
    await host.goTo(TWO);
    expect(host.story().slice(2)).toEqual(["a 02:00 running", "b 02:00 waiting"]);
    expect(kinds(host, "a")).toEqual([]);
  });
  it("alone: nothing comes after it", () => {
    const host = began(plan("a"), child("b", "a"));
    host.byHand.runNow("a", { anyway: false, alone: true });
    expect(host.story()).toEqual(["a 01:59 waiting"]);
  });
  it.each([
    [false, "waiting"],
    [true, "running"],
  ])("anyway %s, outside its window: %s", async (anyway, state) => {
    const host = began(plan("a", { allowed: { windows: [{ ...NIGHT, from: "12:00", to: "13:00" }] } }));
    host.byHand.runNow("a", { anyway, alone: true });
    await host.settle();
    expect(host.story()).toEqual([`a 01:59 ${state}`]);
  });
  it("refuses what is not there", () => {
    expect(() => began().byHand.runNow("a", { anyway: false, alone: false })).toThrow(/no such schedule/);
  });
});

describe("canceled, held back and let go", () => {
  it("cancels what waits at once, and what works with its job", async () => {
    const host = began(plan("a"), child("b", "a"));
    await host.goTo(TWO);
    host.byHand.cancel(idOf(host, "b"));
    expect(host.byHand.cancel(idOf(host, "a")).state).toBe("canceling");
    await new Promise(setImmediate);
    await host.settle();
    expect(host.story()).toEqual(["a 02:00 canceled", "b 02:00 canceled"]);
    expect(() => host.byHand.cancel(idOf(host, "a"))).toThrow(/ended already/);
  });
  it("holds back running work till it is let go, also over a restart", async () => {
    const host = began(plan("a"));
    await host.goTo(TWO);
    expect(host.byHand.pause(idOf(host, "a"))).toMatchObject({ state: "held", reason: "held back by hand" });
    const again = testHost({ startAt: TWO + 5_000, db: host.db });
    await again.goTo(TWO + 3_600_000);
    expect(again.story()).toEqual(["a 02:00 held"]);
    expect(again.jobs.engine.active()).toMatchObject([{ paused: true }]);
    again.byHand.resume(idOf(again, "a"));
    await again.settle();
    expect(again.story()).toEqual(["a 02:00 running"]);
    expect(again.jobs.engine.active()).toMatchObject([{ paused: false }]);
  });
  it("holds back what waits", async () => {
    const host = began(plan("a", { allowed: { windows: [{ ...NIGHT, from: "02:30", to: "03:00" }] } }));
    await host.goTo(TWO);
    host.byHand.pause(idOf(host, "a"));
    await host.goTo(TWO + 45 * 60_000);
    expect(host.runs()[0]?.summary).toMatchObject({ state: "waiting", waitsFor: "pause" });
    host.byHand.resume(idOf(host, "a"));
    await host.settle();
    expect(host.story()).toEqual(["a 02:00 running"]);
  });
});

describe("a window that closes on running work", () => {
  const closing = (onClose: string) => began(plan("a", { allowed: { windows: [NIGHT], onClose } }));
  it("pause: its job stands still with the reason, over a restart, and goes on in the next window", async () => {
    const host = closing("pause");
    await host.goTo(Date.UTC(2026, 2, 2, 3));
    expect(host.runs()[0]?.summary).toMatchObject({ state: "held", heldUntilAt: "2026-03-03T01:00:00.000Z" });
    expect(host.jobs.engine.active()).toMatchObject([
      { paused: true, reason: expect.stringContaining('window "night" closed') },
    ]);
    const again = testHost({ startAt: Date.UTC(2026, 2, 2, 4), db: host.db });
    await again.goTo(Date.UTC(2026, 2, 3, 0, 59));
    expect(again.runs()[0]?.summary.state).toBe("held");
    await again.goTo(Date.UTC(2026, 2, 3, 1));
    expect(again.runs()[0]?.summary).toMatchObject({ state: "running", heldUntilAt: null });
    await again.finishAll();
    await again.settle();
    expect(again.story()[0]).toBe("a 02:00 succeeded");
  });
  it.each([
    ["stop", "canceled"],
    ["finish", "running"],
  ])("%s: %s", async (onClose, state) => {
    const host = closing(onClose);
    await host.goTo(Date.UTC(2026, 2, 2, 3));
    await new Promise(setImmediate);
    await host.settle();
    expect(host.story()).toEqual([`a 02:00 ${state}`]);
    expect(kinds(host, "a")).toContain("window-closed");
  });
});

describe("tried again", () => {
  it("does what failed again, under the same job, and lets follow what was skipped for it", async () => {
    const again: string[] = [];
    const planning = {
      prepareAgain: async (runId: string): Promise<NewRun> => {
        again.push(runId);
        const { jobId } = host.jobs.engine.get(runId);
        return { ...planOf("again"), jobId };
      },
    };
    const host = testHost({ startAt: BEGIN, planning });
    host.add(plan("a", { retry: { attempts: 1 } }), child("b", "a"), child("c", "b"));
    await host.goTo(TWO);
    host.jobs.threads.last().fail(new AppError("io.read"));
    await new Promise(setImmediate);
    await host.settle();
    expect(host.story()).toEqual(["a 02:00 failed", "b 02:00 skipped", "c 02:00 skipped"]);
    expect(() => host.byHand.retry(idOf(host, "b"))).toThrow(/nothing to try again/);
    host.byHand.retry(idOf(host, "a"));
    expect(host.story()).toEqual(["a 02:00 waiting", "b 02:00 waiting", "c 02:00 waiting"]);
    for (let step = 0; step < 4; step++) {
      await host.settle();
      await host.finishAll();
    }
    await host.settle();
    expect(host.story()).toEqual(["a 02:00 succeeded", "b 02:00 succeeded", "c 02:00 succeeded"]);
    const runIds = host.runs()[0]?.summary.runIds ?? [];
    expect(again).toEqual([runIds[0]]);
    expect(new Set(runIds.map((id) => host.jobs.engine.get(id).jobId)).size).toBe(1);
  });
});

describe("work that cannot be planned", () => {
  const failing = (error: AppError) => testHost({ startAt: BEGIN, planning: { prepare: () => Promise.reject(error) } });
  it("is tried again as its retry policy says, then fails", async () => {
    const host = failing(new AppError("source.unreachable"));
    host.add(plan("a", { retry: { attempts: 3, backoff: "fibonacci", initialMs: 60_000 } }));
    await host.goTo(TWO);
    expect(host.runs()[0]?.summary).toMatchObject({
      state: "waiting",
      waitsFor: "time",
      mayStartAt: "2026-03-02T02:01:00.000Z",
    });
    await host.goTo(TWO + 3_600_000);
    expect(host.runs()[0]?.summary).toMatchObject({ state: "failed", error: { code: "source.unreachable" } });
    expect(kinds(host, "a")).toEqual(["retries", "retries", "attempts-used"]);
  });
  it("fails at once where trying again would not help", async () => {
    const host = failing(new AppError("path.not-found"));
    host.add(plan("a"), child("b", "a", { dependencies: [{ parentId: "a", on: "failure" }] }));
    await host.goTo(TWO);
    expect(host.story()[0]).toBe("a 02:00 failed");
    expect(kinds(host, "a")).toEqual(["not-retried"]);
  });
});

const machineCalled = (name: string): Machine => ({
  id: `id-${name}`,
  parentId: null,
  hostId: null,
  name,
  path: `/vm/${name}`,
  power: "off",
  os: null,
  family: "unknown",
  cpus: null,
  memoryBytes: null,
  diskCount: 1,
  provisionedBytes: null,
  usedBytes: null,
  snapshotCount: 0,
  changedBlockTracking: null,
  agent: "unknown",
  datastores: [],
  tags: [],
  template: false,
});

describe("a rule of machines", () => {
  const rule = (more: object = {}) => ({
    work: {
      kind: "export-selection",
      rule: { sourceIds: ["s1"], nameContains: ["web"], ...more },
      options: { output: { kind: "ova" }, folder: "/backups" },
    },
  });
  const machines = (host: Host, ...names: string[]) => {
    const source = { address: "/s", username: null, trust: { kind: "system" }, enabled: true } as const;
    insertSource(host.db, { id: "s1", kind: "local", name: "s", addedAt: "2026-01-01T00:00:00.000Z", ...source });
    applyChanges(
      host.db,
      "s1",
      1,
      names.map((name) => ({ type: "machine", machine: machineCalled(name) })),
    );
  };
  const exporting = (failingNames: readonly string[] = []) =>
    testHost({
      startAt: BEGIN,
      planning: {
        prepareExports: async ({ machines: asked }) =>
          asked.map(({ machineId }) =>
            failingNames.includes(machineId) ? new AppError("source.no-machine") : planOf(machineId),
          ),
      },
    });
  it("exports each machine that it finds then", async () => {
    const host = exporting();
    machines(host, "web1", "web2", "db1");
    host.add(plan("a", rule()));
    await host.goTo(TWO);
    expect(host.runs()[0]?.summary.runIds).toHaveLength(2);
    expect(kinds(host, "a")).toEqual(["machines-found"]);
  });
  it("one that cannot be planned fails alone, and the run with it when the others are done", async () => {
    const host = exporting(["id-web1"]);
    machines(host, "web1", "web2");
    host.add(plan("a", rule()));
    await host.goTo(TWO);
    expect(host.story()).toEqual(["a 02:00 running"]);
    await host.finishAll();
    await host.settle();
    expect(host.runs()[0]?.summary).toMatchObject({
      state: "failed",
      error: { code: "source.no-machine", message: expect.stringContaining("1 of 2 machines") },
    });
  });
  it("warns where it finds none, and refuses more than it may find", async () => {
    const host = exporting();
    machines(host, "web1", "web2");
    host.add(plan("none", rule({ nameContains: ["mail"] })), plan("many", rule({ atMost: 1 })));
    await host.goTo(TWO);
    expect(host.story().sort()).toEqual(["many 02:00 failed", "none 02:00 warned"]);
    expect(host.runs().find(({ summary }) => summary.scheduleId === "many")?.summary.error?.code).toBe(
      "schedule.too-many",
    );
  });
});
