/** Who is told of schedules: the tray, a failure that is told once over restarts, the channels in the settings in light and dark. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import type { ScheduleStatus } from "../src-core/contract/schedules.ts";
import type { Delivery } from "../src-core/model/notification.ts";
import type { Schedule } from "../src-core/model/schedule.ts";
import type { ScheduledRunSummary } from "../src-core/model/scheduled-run.ts";
import { launch, mainWindow, type Program } from "./app.ts";
import { lookTwice } from "./look.ts";
import { rest } from "./script.ts";
import { complaints } from "./service.ts";
import { nav } from "./steps.ts";

let scratch: string;
let dataFolder: string;
let disk: string;
let program: Program | null = null;
test.beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "hypersdk-notices-"));
  dataFolder = join(scratch, "data");
  disk = join(scratch, "disks", "nightly.raw");
  mkdirSync(join(scratch, "disks"));
});
test.afterEach(async () => {
  await program?.close();
  rmSync(scratch, { recursive: true, force: true });
});

const call = <T = unknown>(method: string, path: string, body?: object) => rest<T>(dataFolder, method, path, body);
const running = () => {
  if (program === null) throw new Error("No program runs.");
  return program;
};
const trayIds = async () => {
  const [tray] = await running().desktop.trays();
  return (tray?.lines ?? []).map(({ id }) => id);
};
const trayLine = async (id: string) => {
  const [tray] = await running().desktop.trays();
  return tray?.lines.find((line) => line.id === id);
};
const runs = async () => (await call<{ items: ScheduledRunSummary[] }>("GET", "/scheduled-runs")).items;
const start = async () => {
  program = await launch({ dataFolder });
  return mainWindow(program);
};

/** A schedule that checks `disk` once a year, so that it runs when it is told to. */
async function yearly(name: string): Promise<Schedule> {
  return call<Schedule>("POST", "/schedules", {
    definition: {
      name,
      work: {
        kind: "job",
        request: { kind: "convert", sourcePath: disk, targets: [target(name)], verify: { mode: "none" } },
      },
      when: { kind: "cron", expression: "30 2 1 1 *" },
      zone: "Europe/Berlin",
      retry: { attempts: 1 },
    },
  });
}
const target = (name: string) => ({ path: join(scratch, "disks", `${name}.qcow2`), format: "qcow2", overwrite: true });

test("the tray shows what comes, pauses schedules and starts one", async () => {
  await start();
  expect(await trayIds()).not.toContain("next");
  writeFileSync(disk, Buffer.alloc(1 << 20, 7));
  await call("POST", "/libraries", { path: join(scratch, "disks") });
  const schedule = await yearly("Nights");
  await expect
    .poll(async () => (await trayLine("next"))?.label, { timeout: 15_000 })
    .toMatch(/^Next: Nights .*02:30|01:30/);

  await running().desktop.clickTrayItem("pause-hour");
  await expect.poll(trayIds).toContain("resume-schedules");
  const { pause, now } = await call<ScheduleStatus>("GET", "/schedules/status");
  expect(pause).toMatchObject({ reason: "paused from the tray" });
  expect(Math.round((Date.parse(pause?.untilAt ?? "") - Date.parse(now)) / 60_000)).toBe(60);
  expect((await trayLine("schedules-paused"))?.label).toMatch(/^Schedules are paused until/);
  expect((await running().desktop.trays())[0]?.toolTip).toMatch(/\nSchedules are paused until/);
  await running().desktop.clickTrayItem("resume-schedules");
  await expect.poll(trayIds).toContain("pause-schedules");
  expect(await call("GET", "/schedules/status")).toMatchObject({ pause: null });
  await running().desktop.clickTrayItem("pause-tomorrow");
  await expect.poll(trayIds).toContain("resume-schedules");
  const tomorrow = new Date((await call<ScheduleStatus>("GET", "/schedules/status")).pause?.untilAt ?? "");
  expect([tomorrow.getHours(), tomorrow.getMinutes()]).toEqual([6, 0]);
  await running().desktop.clickTrayItem("resume-schedules");
  await expect.poll(trayIds).toContain("pause-schedules");
  await running().desktop.clickTrayItem("pause-open");
  await expect.poll(async () => (await call<ScheduleStatus>("GET", "/schedules/status")).pause?.untilAt).toBeNull();
  await expect.poll(trayIds).toContain("resume-schedules");
  await running().desktop.clickTrayItem("resume-schedules");
  await expect.poll(trayIds).toContain("pause-schedules");

  await running().desktop.clickTrayItem(`run-now:${schedule.id}`);
  await expect
    .poll(async () => (await runs()).map(({ state, byHand }) => `${state} ${byHand}`))
    .toEqual(["succeeded true"]);
  // Quiet: a success that follows no failure is not told, neither by the channel nor as a job.
  expect(await running().desktop.log("notification")).toEqual([]);
});

test("the scheduler hears that the computer slept", async () => {
  await start();
  await running().app.evaluate(({ powerMonitor }) => {
    powerMonitor.emit("suspend");
    powerMonitor.emit("resume");
  });
  const log = () => readFileSync(join(dataFolder, "logs", "hypersdk.log"), "utf8");
  await expect.poll(log).toMatch(/looks at everything anew/);
});

test("a failure is told once, over restarts, and the recovery after it", async () => {
  await start();
  writeFileSync(disk, Buffer.alloc(1 << 20, 7));
  await call("POST", "/libraries", { path: join(scratch, "disks") });
  const { id } = await yearly("Nights");
  rmSync(disk);
  await expect.poll(trayIds, { timeout: 15_000 }).toContain("run-now");
  await running().desktop.clickTrayItem(`run-now:${id}`);
  await expect
    .poll(() => running().desktop.log("notification"), { timeout: 30_000 })
    .toMatchObject([{ title: "Nights failed" }]);
  const [failed] = await runs();
  expect(failed).toMatchObject({ state: "failed" });
  await running().desktop.clickNotification(0);
  const page = await mainWindow(running());
  await expect.poll(() => page.evaluate(() => location.hash)).toBe(`#/schedules/runs/${failed?.id}`);
  await running().close();

  await start();
  const told = () => call<Delivery[]>("GET", "/notifications/channels/desktop/deliveries");
  expect(await told()).toMatchObject([{ event: "failure", state: "sent", attempts: 1, scheduledRunId: failed?.id }]);
  expect(await running().desktop.log("notification")).toEqual([]);
  writeFileSync(disk, Buffer.alloc(1 << 20, 7));
  await expect.poll(trayIds, { timeout: 15_000 }).toContain("run-now");
  await running().desktop.clickTrayItem(`run-now:${id}`);
  await expect
    .poll(() => running().desktop.log("notification"), { timeout: 30_000 })
    .toMatchObject([{ title: "Nights works again" }]);
  expect((await told()).map(({ event }) => event)).toEqual(["recovery", "failure"]);
});

test("channels in the settings: added, tested, changed, removed", async () => {
  let status = 500;
  const calls: string[] = [];
  const server: Server = createServer((request, response) => {
    request.resume();
    calls.push(String(request.headers["webhook-signature"]));
    response.writeHead(status).end("the queue is full");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=hidden`;
  try {
    const page = await start();
    const found = complaints(page);
    await nav(page, "Settings").click();
    const panel = page.getByRole("region", { name: "Notifications", exact: true });
    await panel.scrollIntoViewIfNeeded();
    await expect(panel.getByText("failure, recovery, 3 days without success; all schedules")).toBeVisible();
    await panel.getByRole("button", { name: "Add channel" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Add channel" }).click();
    await expect(dialog.getByText("Which server?")).toBeVisible();
    await lookTwice(page, "channel-email-errors");
    await fillMail(dialog);
    await dialog.getByRole("button", { name: "Add channel" }).click();
    await expect(dialog.getByText(/mail goes to a server on this computer only/i)).toBeVisible();
    await dialog.getByLabel("Protection").selectOption("starttls");
    await dialog.getByRole("button", { name: "Add channel" }).click();
    await expect(dialog).toBeHidden();

    await panel.getByRole("button", { name: "Add channel" }).click();
    await dialog.getByRole("radio", { name: "Webhook" }).click();
    await dialog.getByLabel("Name").fill("Pager");
    await dialog.getByLabel("Address").fill(url);
    await dialog.getByRole("button", { name: "Make one" }).click();
    await expect(dialog.getByLabel(/Signing key/)).toHaveValue(/^whsec_/);
    await dialog.getByRole("radio", { name: "Chosen ones" }).click();
    await expect(dialog.getByText("There are no schedules yet.")).toBeVisible();
    await dialog.getByRole("radio", { name: "All schedules" }).click();
    await lookTwice(page, "channel-webhook");
    await dialog.getByRole("button", { name: "Add channel" }).click();
    await expect(dialog).toBeHidden();

    await panel.getByRole("button", { name: "Test Pager" }).click();
    await expect(panel.getByText(/the receiver answered 500: the queue is full/)).toBeVisible();
    await expect(panel.getByText("hidden")).toHaveCount(0);
    await expect(panel.getByRole("button", { name: "Copy error" })).toBeVisible();
    await panel.scrollIntoViewIfNeeded();
    await lookTwice(page, "settings-notifications-error");
    status = 200;
    await panel.getByRole("button", { name: "Test Pager" }).click();
    await expect(panel.getByText("See whether it arrived.")).toBeVisible();
    expect(calls.every((signature) => /^v1,[A-Za-z0-9+/]{43}=$/.test(signature))).toBe(true);
    await panel.getByRole("button", { name: "Switch off Pager" }).click();
    await expect(panel.getByText("off", { exact: true })).toBeVisible();
    await lookTwice(page, "settings-notifications");
    await panel.getByRole("button", { name: "All sent through Pager" }).click();
    await expect(dialog.getByText("Test of HyperSDK Desktop")).toHaveCount(2);
    await lookTwice(page, "channel-deliveries");
    await page.keyboard.press("Escape");

    await panel.getByRole("button", { name: "Edit Pager" }).click();
    await expect(dialog.getByLabel(/Signing key/)).toHaveAttribute("placeholder", "set; type to replace it");
    await expect(dialog.getByLabel(/Signing key/)).toHaveValue("");
    await page.keyboard.press("Escape");
    await panel.getByRole("button", { name: "Remove Pager" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
    await expect(panel.getByText("Pager")).toHaveCount(0);
    expect(found).toEqual([]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

async function fillMail(dialog: ReturnType<Page["getByRole"]>): Promise<void> {
  await dialog.getByLabel("Name", { exact: true }).fill("Operations");
  await dialog.getByLabel("Mail server").fill("smtp.example.com");
  await dialog.getByLabel("Protection").selectOption("none");
  await expect(dialog.getByLabel("Port")).toHaveValue("25");
  await dialog.getByLabel("From").fill("hypersdk@example.com");
  await dialog.getByLabel("To", { exact: true }).fill("ops@example.com, night@example.com");
}
