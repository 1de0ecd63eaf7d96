import { QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, it, vi } from "vitest";
import { type ScheduleRow, STRIP_LENGTH } from "../../src-core/model/schedule-view.ts";
import type { ScheduledRunSummary } from "../../src-core/model/scheduled-run.ts";
import { createLiveSchedules, STRIP } from "./live-schedules.ts";

const keys = {
  schedules: ["schedules"],
  scheduleStatus: ["status"],
  schedule: (id: string) => ["schedule", id],
  everySchedule: ["schedule"],
  scheduledRunLists: ["runs"],
  scheduledRun: (id: string) => ["run", id],
  scheduledRunLog: (id: string) => ["log", id],
};
let client: QueryClient;
let live: ReturnType<typeof createLiveSchedules>;
let stale: string[];
beforeEach(() => {
  client = new QueryClient();
  stale = [];
  vi.spyOn(client, "invalidateQueries").mockImplementation(async (filters) => {
    stale.push((filters?.queryKey ?? []).join(" "));
  });
  live = createLiveSchedules(client, keys, (_, run) => run());
});

const row = (id: string, name = id, recent: ScheduleRow["recent"] = []) => ({ id, name, recent }) as ScheduleRow;
const run = (id: string, state: ScheduledRunSummary["state"], scheduleId = "s") =>
  ({ id, state, scheduleId, nominalAt: `2026-01-01T00:00:${id}Z` }) as ScheduledRunSummary;
const rows = () => client.getQueryData<ScheduleRow[]>(["schedules"]);

it("shows strips as long as the program keeps them", () => {
  expect(STRIP).toBe(STRIP_LENGTH);
});

it("puts a schedule in its place, adds a new one, takes out one that was removed", () => {
  client.setQueryData(["schedules"], [row("a"), row("b")]);
  live.applySchedule(row("a", "renamed"));
  live.applySchedule(row("c"));
  live.forgetSchedule("b");
  expect(rows()?.map(({ name }) => name)).toEqual(["renamed", "c"]);
  expect(stale).toContain("schedule a");
  expect(stale).toContain("status");
});

it("reads all anew where many changed, the one that is open too", () => {
  live.schedulesChanged();
  expect(stale).toEqual(["schedules", "schedule", "status"]);
});

it("puts a run into lists, page and strip: in its place, or last", () => {
  client.setQueryData(["schedules"], [row("s"), row("other")]);
  client.setQueryData(["runs", { state: "running" }], { pages: [{ items: [run("01", "waiting")] }], pageParams: [] });
  client.setQueryData(["run", "01"], { ...run("01", "waiting"), facts: ["why"] });
  live.applyScheduledRun(run("01", "running"));
  live.applyScheduledRun(run("01", "succeeded"));
  expect(rows()?.map(({ recent }) => recent.map(({ state }) => state))).toEqual([["succeeded"], []]);
  const list = client.getQueryData<{ pages: { items: ScheduledRunSummary[] }[] }>(["runs", { state: "running" }]);
  expect(list?.pages[0]?.items.map(({ state }) => state)).toEqual(["succeeded"]);
  expect(client.getQueryData(["run", "01"])).toMatchObject({ state: "succeeded", facts: ["why"] });
  expect(stale).not.toContain("runs");
  expect(stale).toContain("run 01");
});

it("asks the program for lists that a run is not in yet", () => {
  client.setQueryData(["runs", {}], { pages: [{ items: [run("01", "succeeded")] }], pageParams: [] });
  live.applyScheduledRun(run("02", "waiting"));
  expect(stale).toContain("runs");
});

it("keeps strips short", () => {
  const full = Array.from({ length: STRIP }, (_, n) => run(String(n).padStart(2, "0"), "succeeded"));
  client.setQueryData(["schedules"], [row("s", "s", full)]);
  live.applyScheduledRun(run("99", "failed"));
  expect(rows()?.[0]?.recent).toHaveLength(STRIP);
  expect(rows()?.[0]?.recent.at(-1)?.state).toBe("failed");
  expect(rows()?.[0]?.recent[0]?.id).toBe("01");
});
