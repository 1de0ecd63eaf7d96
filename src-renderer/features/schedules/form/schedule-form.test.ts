import { expect, it } from "vitest";
import { ScheduleDefinition } from "../../../../src-core/model/schedule.ts";
import { definitionOf, formOf, usualPlain } from "./schedule-form.ts";

const around = { zone: "Europe/Berlin", folder: "/out", nowMs: 0, seed: 1, nameOf: (id: string) => id };
const check = { kind: "job", request: { kind: "check", path: "/a.qcow2" } };
const calendar = { kind: "calendar", days: { kind: "weekdays", weekdays: ["mon"] }, times: ["02:00"] };

it("has the usual of the model", () => {
  const parsed = ScheduleDefinition.parse({ name: "x", work: check, when: calendar, zone: "UTC" });
  const { name: _, work: __, when: ___, ...plain } = parsed;
  expect(usualPlain("UTC")).toEqual(plain);
});

it("gives back what it was given, all of it", () => {
  const given = ScheduleDefinition.parse({
    name: "nightly",
    work: check,
    when: { kind: "cron", expression: "0 2 * * *" },
    zone: "Asia/Kathmandu",
    jitterMs: 60_000,
    startsOn: "2027-01-01",
    allowed: { windows: [{ name: "n", days: ["mon"], from: "22:30", to: "06:00", zone: "UTC" }], onClose: "pause" },
    dependencies: [{ parentId: "p", on: "failure", run: "today", timeoutMs: 60_000 }],
    retry: { attempts: 5, backoff: "fibonacci", jitter: 0.2 },
    conditions: [{ kind: "mains" }],
    groups: ["tape"],
  });
  expect(definitionOf(formOf(given, around))).toEqual(given);
});

it("lacks a name and machines at first, and nothing else", () => {
  const { error } = ScheduleDefinition.safeParse(definitionOf(formOf({}, around)));
  expect(error?.issues.map(({ path }) => path.join("."))).toEqual([
    "name",
    "work.request.sourceId",
    "work.request.machineId",
  ]);
});
