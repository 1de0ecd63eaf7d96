/**
 * A night of five jobs, in the window and in a browser: the graph is drawn; one job fails, one is skipped because of it, one is tried
 * again with fibonacci delays, one waits for its window. The program is killed in the middle, goes on when it starts again, and
 * its history says why all of it was so. On a clock of tests that runs 120 times as fast.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { makeSampleMachine } from "../scripts/sample/sample-machine.ts";
import type { ScheduleStatus } from "../src-core/contract/schedules.ts";
import type { Delivery } from "../src-core/model/notification.ts";
import type { Schedule } from "../src-core/model/schedule.ts";
import type { ScheduledRun, ScheduledRunSummary } from "../src-core/model/scheduled-run.ts";
import { writeLongVmdk } from "../workers/tasks/testing/long-disk.ts";
import { launch, mainWindow } from "./app.ts";
import { box, connectByKeyboard, connectByMouse, openGraph, saveGraph } from "./graph-steps.ts";
import { lookTwice } from "./look.ts";
import { qemuSaysIdentical } from "./qemu.ts";
import { rest } from "./script.ts";
import { complaints, openBrowser, openPages, startService } from "./service.ts";

const MINUTE = 60_000;
const SPEED = 120;

/** The program in one of its faces. */
interface Face {
  readonly page: Page;
  /** Desktop notifications so far, by their titles; null where this face shows none. */
  told(): Promise<string[] | null>;
  /** As a power cut would. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

async function openWindow(dataFolder: string, clock: string): Promise<Face> {
  const program = await launch({ dataFolder, env: { HYPERSDK_TEST_CLOCK: clock } });
  return {
    page: await mainWindow(program),
    told: async () => (await program.desktop.log("notification")).map(({ title }) => String(title)),
    async kill() {
      const child = program.app.process();
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    },
    close: () => program.close(),
  };
}

async function openInBrowser(dataFolder: string, clock: string): Promise<Face> {
  // First the browser, as the code to sign in with ages by the fast clock.
  const browser = await openBrowser();
  const service = await startService({ dataFolder, env: { HYPERSDK_TEST_CLOCK: clock } });
  const { page } = await openPages(browser, service.signInUrl);
  return {
    page,
    told: async () => null,
    async kill() {
      await service.kill();
      await browser.close();
    },
    async close() {
      await browser.close();
      await service.stop();
    },
  };
}

for (const [face, open, connect] of [
  ["the window", openWindow, connectByMouse],
  ["a browser", openInBrowser, connectByKeyboard],
] as const) {
  test(`a night of five jobs in ${face}`, async () => {
    const scratch = mkdtempSync(join(tmpdir(), "hypersdk-night-"));
    const dataFolder = join(scratch, "data");
    const disks = join(scratch, "disks");
    mkdirSync(disks);
    const sample = makeSampleMachine(disks, { dataBytes: 2 ** 20 });
    writeLongVmdk(join(disks, "long.vmdk"));
    const call = <T = unknown>(method: string, path: string, body?: object) => rest<T>(dataFolder, method, path, body);
    const runs = async () => (await call<{ items: ScheduledRunSummary[] }>("GET", "/scheduled-runs")).items;
    const stateOf = async (name: string) => (await runs()).find(({ scheduleName }) => scheduleName === name)?.state;
    const conversion = (target: string) => ({
      kind: "convert",
      sourcePath: sample.vmdkPath,
      targets: [{ path: join(disks, target), format: "qcow2" }],
    });
    const add = (name: string, request: object, more: object = {}) =>
      call<Schedule>("POST", "/schedules", {
        definition: {
          name,
          work: { kind: "job", request },
          when: { kind: "cron", expression: "0 2 1 1 *" },
          zone: "UTC",
          retry: { attempts: 1 },
          ...more,
        },
      });
    let program: Face | null = null;
    try {
      program = await open(dataFolder, `2026-03-02T01:00:00Z,${SPEED}`);
      let { page } = program;
      const found = complaints(page);
      await call("POST", "/libraries", { path: disks });
      // Somebody's own conversion holds the archive's target, standing still.
      const holder = await call<{ runId: string }>("POST", "/jobs", {
        request: { ...conversion("archive.qcow2"), sourcePath: join(disks, "long.vmdk"), priority: 0 },
      });
      await call("POST", `/runs/${holder.runId}/pause`);
      await add("Extract", conversion("extract.qcow2"));
      await add("Audit", { kind: "check", path: join(disks, "nowhere.qcow2") });
      const fibonacci = { attempts: 6, backoff: "fibonacci", initialMs: 10 * MINUTE };
      await add("Archive", conversion("archive.qcow2"), { retry: fibonacci });
      const morning = await add("Morning copy", conversion("morning.qcow2"));
      await add("Report", conversion("report.qcow2"));

      await test.step("the graph is drawn", async () => {
        await openGraph(page);
        for (const child of ["Audit", "Archive", "Morning copy"]) await connect(page, "Extract", child);
        await connect(page, "Audit", "Report");
        await saveGraph(page);
        const all = await call<{ name: string; dependencies: unknown[] }[]>("GET", "/schedules");
        expect(all.map(({ name, dependencies }) => `${name} ${dependencies.length}`).sort()).toEqual([
          "Archive 1",
          "Audit 1",
          "Extract 0",
          "Morning copy 1",
          "Report 1",
        ]);
      });

      // From now on they have no times of their own but the first, which is due in a moment; one has hours.
      const { now } = await call<ScheduleStatus>("GET", "/schedules/status");
      const dueAt = Math.ceil((Date.parse(now) + 8 * MINUTE) / MINUTE) * MINUTE;
      const wall = (at: number) => new Date(at).toISOString().slice(11, 16);
      const opensAt = dueAt + 120 * MINUTE;
      for (const { id, name } of await call<{ id: string; name: string }[]>("GET", "/schedules")) {
        const {
          row: _row,
          enabled: _on,
          pause: _pause,
          createdAt: _made,
          ...saved
        } = await call<Schedule & { row: unknown }>("GET", `/schedules/${id}`);
        const { id: _id, changedAt, ...definition } = saved;
        const hours = {
          name: "morning",
          days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
          from: wall(opensAt),
          to: wall(opensAt + 120 * MINUTE),
        };
        await call("PUT", `/schedules/${id}`, {
          changedAt,
          definition: {
            ...definition,
            when:
              name === "Extract" ? { kind: "once", at: new Date(dueAt).toISOString().slice(0, 16) } : { kind: "after" },
            dependencies: definition.dependencies.map((edge) => ({ ...edge, run: "firing" })),
            ...(id === morning.id ? { allowed: { windows: [hours] } } : {}),
          },
        });
      }

      await test.step("it runs, and is watched", async () => {
        await expect(box(page, "Extract")).toContainText("Done", { timeout: 60_000 });
        await expect(box(page, "Audit")).toContainText("Failed");
        await expect(box(page, "Report")).toContainText("Skipped");
        await expect(box(page, "Morning copy")).toContainText("Waiting");
        await expect(box(page, "Archive")).toContainText(/Waiting|Running/);
        // Twice at least it found its target taken.
        await expect
          .poll(async () => retriesOf(await detail("Archive")).length, { timeout: 60_000 })
          .toBeGreaterThanOrEqual(2);
        await lookTwice(page, `night-${face.split(" ").at(-1)}-graph`);
      });
      const night = (await runs()).map(({ id }) => id).sort();
      expect(night).toHaveLength(5);
      expect(await stateOf("Morning copy")).toBe("waiting");
      const titles = (await program.told()) ?? [];
      expect(found).toEqual([]);

      // Killed in the middle; somebody's conversion is out of the way when it starts again.
      const stoppedAt = (await call<ScheduleStatus>("GET", "/schedules/status")).now;
      await program.kill();
      program = await open(dataFolder, `${stoppedAt},${SPEED}`);
      page = program.page;
      expect((await runs()).map(({ id }) => id).sort()).toEqual(night);
      await call("POST", `/runs/${holder.runId}/cancel`);

      await test.step("it goes on", async () => {
        await openGraph(page);
        await expect.poll(() => stateOf("Archive"), { timeout: 90_000 }).toBe("succeeded");
        await expect.poll(() => stateOf("Morning copy"), { timeout: 120_000 }).toBe("succeeded");
        await expect(box(page, "Archive")).toContainText("Done");
        await expect(box(page, "Morning copy")).toContainText("Done");
        expect((await runs()).map(({ id }) => id).sort()).toEqual(night);
        for (const name of ["extract", "archive", "morning"]) {
          qemuSaysIdentical(sample.vmdkPath, join(disks, `${name}.qcow2`));
        }
        expect(existsSync(join(disks, "report.qcow2"))).toBe(false);
      });

      await test.step("the history says why", async () => {
        const archive = await detail("Archive");
        // The fact is written a moment after the delay was begun, and a moment is a minute here.
        for (const [index, { at, again }] of retriesOf(archive).entries()) {
          const asked = [10, 10, 20, 30, 50][index] ?? 0;
          expect((again - at) / MINUTE).toBeLessThanOrEqual(asked);
          expect((again - at) / MINUTE).toBeGreaterThan(asked - 6);
        }
        const copy = await detail("Morning copy");
        const began = Date.parse(copy.startedAt ?? "");
        expect(began).toBeGreaterThanOrEqual(opensAt);
        expect(began).toBeLessThan(opensAt + 60 * MINUTE);
        await page.evaluate((id) => {
          location.hash = `#/schedules/runs/${id}`;
        }, copy.id);
        await expect(page.getByText(/for window "morning", which opens at/).first()).toBeVisible();
        await page.evaluate(() => {
          location.hash = "#/schedules/runs";
        });
        await expect(page.getByRole("row", { name: /^Skipped Report/ })).toBeVisible();
        await expect(page.getByRole("row", { name: /^Failed Audit/ })).toBeVisible();
        await lookTwice(page, `night-${face.split(" ").at(-1)}-history`);
        await page.getByRole("row", { name: /^Done Archive/ }).click();
        await page.keyboard.press("Enter");
        await expect(page.getByText(/attempt 2 of 6 at/).first()).toBeVisible();
        await lookTwice(page, `night-${face.split(" ").at(-1)}-archive`);
      });

      await test.step("the failure was told exactly once", async () => {
        const told = await call<Delivery[]>("GET", "/notifications/channels/desktop/deliveries");
        expect(told.map(({ event, state, attempts }) => ({ event, state, attempts }))).toEqual([
          { event: "failure", state: "sent", attempts: 1 },
        ]);
        const later = await program?.told();
        if (later != null) expect([...titles, ...later]).toEqual(["Audit failed"]);
      });

      async function detail(name: string): Promise<ScheduledRun> {
        const id = (await runs()).find(({ scheduleName }) => scheduleName === name)?.id;
        return call<ScheduledRun>("GET", `/scheduled-runs/${id}`);
      }
    } finally {
      await program?.close();
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}

/** When it was decided to try again, and for when. */
function retriesOf({ facts }: ScheduledRun): { at: number; again: number }[] {
  return facts.flatMap(({ at, fact }) =>
    fact.kind === "retries" ? [{ at: Date.parse(at), again: Date.parse(fact.at) }] : [],
  );
}
