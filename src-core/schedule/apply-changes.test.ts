import { describe, expect, it } from "vitest";
import { ScheduleChange } from "../model/schedule-view.ts";
import { applyChanges, detaching } from "./apply-changes.ts";
import { definitionOf, scheduleOf } from "./testing/schedule-of.ts";

const NOW = Date.parse("2026-06-01T12:00:00Z");
const after = (...parents: string[]) => ({ dependencies: parents.map((parentId) => ({ parentId })) });
const changes = (...list: unknown[]) => list.map((change) => ScheduleChange.parse(change));
const create = (id: string, more: object = {}) => ({ kind: "create", id, definition: definitionOf(id, more) });
const connect = (id: string, ...parents: string[]) => ({ kind: "connect", id, ...after(...parents) });
const saved = [scheduleOf("a"), scheduleOf("b", after("a")), scheduleOf("c")];

describe("changes that are taken", () => {
  it("name each other in any order, and move changedAt on", () => {
    const { schedules, touched, removedIds } = applyChanges(
      saved,
      changes(create("child", after("parent")), create("parent"), { kind: "enable", id: "c", enabled: false }),
      NOW,
    );
    expect(schedules).toHaveLength(5);
    expect(touched.map(({ id }) => id).sort()).toEqual(["c", "child", "parent"]);
    expect(schedules.find(({ id }) => id === "c")).toMatchObject({
      enabled: false,
      changedAt: "2026-06-01T12:00:00.000Z",
      createdAt: "2026-01-01T00:00:00.000Z",
    });
    expect(removedIds).toEqual([]);
  });

  it("let two swap their names, and one take that of a removed one", () => {
    const swap = changes(
      { kind: "update", id: "a", definition: definitionOf("c") },
      { kind: "update", id: "c", definition: definitionOf("a") },
    );
    expect(applyChanges(saved, swap, NOW).touched.map(({ name }) => name)).toEqual(["c", "a"]);
    const taken = changes({ kind: "remove", id: "c" }, create("new", { name: "C" }));
    expect(applyChanges(saved, taken, NOW)).toMatchObject({ removedIds: ["c"], touched: [{ id: "new" }] });
  });

  it("may change one twice with what was read before both", () => {
    const changedAt = "2026-01-01T00:00:00.000Z";
    const twice = changes({ ...connect("c", "a"), changedAt }, { ...connect("c", "b"), changedAt });
    expect(applyChanges(saved, twice, NOW).touched).toMatchObject([{ dependencies: [{ parentId: "b" }] }]);
  });

  it("take a parent out of what comes after it together with it", () => {
    const all = changes(...detaching(saved, "a"), { kind: "remove", id: "a" });
    expect(applyChanges(saved, all, NOW).schedules.map(({ id, dependencies }) => [id, dependencies])).toEqual([
      ["b", []],
      ["c", []],
    ]);
  });
});

const refused: [string, unknown[], string, object][] = [
  ["an id that is there", [create("a")], "state.conflict", { change: 0, field: "id" }],
  [
    "an id that is not",
    [{ kind: "enable", id: "x", enabled: true }],
    "request.not-found",
    { change: 0, scheduleId: "x" },
  ],
  [
    "a name that is there in other letters",
    [create("n"), create("x", { name: "A" })],
    "schedule.duplicate",
    { change: 1, field: "name" },
  ],
  [
    "an edge to nothing",
    [create("n"), connect("c", "a", "x")],
    "schedule.invalid",
    { change: 1, scheduleId: "c", field: "dependencies.1.parentId" },
  ],
  ["a circle, with those on it", [connect("a", "b")], "schedule.cycle", { ids: "a,b,a" }],
  ["one that comes after itself", [connect("c", "c")], "schedule.cycle", { ids: "c,c" }],
  ["the end of what others come after", [{ kind: "remove", id: "a" }], "state.conflict", { scheduleId: "b" }],
  [
    "what was changed in between",
    [{ ...connect("c"), changedAt: "2025-12-31T00:00:00.000Z" }],
    "state.conflict",
    { scheduleId: "c" },
  ],
  [
    "days that never come",
    [create("n", { when: { kind: "calendar", months: [2, 4], days: { kind: "days", days: [31] }, times: ["02:00"] } })],
    "schedule.invalid",
    { field: "when.days" },
  ],
  [
    "a cron that never comes",
    [create("n", { when: { kind: "cron", expression: "0 0 31 2 *" } })],
    "schedule.invalid",
    { field: "when.expression" },
  ],
  ["a zone that is not there", [create("n", { zone: "Europe/Atlantis" })], "schedule.invalid", { field: "zone" }],
  [
    "an end before the start",
    [create("n", { startsOn: "2026-02-02", endsOn: "2026-02-01" })],
    "schedule.invalid",
    { field: "endsOn" },
  ],
  [
    "a placeholder that stands for nothing",
    [
      create("n", {
        work: {
          kind: "export-selection",
          rule: { sourceIds: ["s"] },
          options: { output: { kind: "ova" }, folder: "/b/{day}" },
        },
      }),
    ],
    "schedule.invalid",
    { field: "work.options.folder" },
  ],
  [
    "a path that begins nowhere",
    [create("n", { work: { kind: "job", request: { kind: "check", path: "a.img" } } })],
    "schedule.invalid",
    { field: "work.request.path" },
  ],
];

describe("changes that are refused", () => {
  it.each(refused)("%s", (_what, list, code, details) => {
    expect(() => applyChanges(saved, changes(...list), NOW)).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining(details) }),
    );
  });

  it("taking the only parent of one that runs after it alone", () => {
    const only = [scheduleOf("a"), scheduleOf("b", { when: { kind: "after" }, ...after("a") })];
    expect(() => detaching(only, "a")).toThrow(expect.objectContaining({ code: "state.conflict" }));
  });
});

it("looks at a chain of 5,000 among 10,000, and names all on its circle", () => {
  const many = Array.from({ length: 10_000 }, (_, i) =>
    scheduleOf(`s${i}`, i > 0 && i < 5_000 ? after(`s${i - 1}`) : {}),
  );
  const before = process.cpuUsage().user;
  expect(applyChanges(many, changes(connect("s9000", "s4999")), NOW).touched).toHaveLength(1);
  let ids: unknown;
  try {
    applyChanges(many, changes(connect("s0", "s4999")), NOW);
  } catch (thrown) {
    ids = (thrown as { details?: { ids?: string } }).details?.ids;
  }
  expect(String(ids).split(",")).toHaveLength(5_001);
  // A second of work for both; here they take some hundredths.
  expect(process.cpuUsage().user - before).toBeLessThan(1_000_000);
});
