import { describe, expect, it } from "vitest";
import { Dependency } from "../model/dependency.ts";
import { fromIso } from "./instant.ts";
import { firingSet, type GraphSchedule, localDay, runOfToday, scheduleGraphProblem } from "./schedule-graph.ts";

/** "a b<a c<a,b*" → schedules; those with parents run after others; "*" behind a parent: its run of today; "+" behind the id: with a time. */
function graph(text: string): GraphSchedule[] {
  return text.split(" ").map((node) => {
    const [name = "", parents] = node.split("<");
    const id = name.replace("+", "");
    const dependencies = (parents?.split(",") ?? []).map((parent) =>
      Dependency.parse({ parentId: parent.replace("*", ""), run: parent.endsWith("*") ? "today" : "firing" }),
    );
    const byClock = parents === undefined || name.endsWith("+");
    const when = byClock ? ({ kind: "cron", expression: "@daily" } as const) : ({ kind: "after" } as const);
    return { id, name: id.toUpperCase(), dependencies, when };
  });
}

describe("scheduleGraphProblem", () => {
  it.each([
    ["a b<a c<a,b", null, []],
    ["a b<gone", '"B" comes after gone, which does not exist.', ["b"]],
    ["a b<a,a", '"B" comes after "A" twice.', ["b", "a"]],
    ["a a", "Two schedules have the same id.", []],
    ["a<a", "The schedules wait for each other in a circle: A → A.", ["a", "a"]],
    ["x a+<x,c b<a c<b", "The schedules wait for each other in a circle: A → B → C → A.", ["a", "b", "c", "a"]],
    ["a+<b* b<a*", "The schedules wait for each other in a circle: A → B → A.", ["a", "b", "a"]],
  ])("of %s is %s", (text, message, ids) => {
    const problem = scheduleGraphProblem(graph(text));
    expect(problem?.message ?? null).toBe(message);
    expect(problem?.ids ?? []).toEqual(ids);
  });

  it("says of a schedule without parents that it never runs", () => {
    const [alone] = graph("a");
    if (alone === undefined) throw new Error("no schedule");
    expect(scheduleGraphProblem([{ ...alone, when: { kind: "after" } }])?.message).toMatch(/names none/);
  });

  it("takes 5,000 in a row within a second, names a circle of them shortly, and refuses too many", () => {
    const chain = Array.from({ length: 5_000 }, (_, i) => (i === 0 ? "n0" : `n${i}<n${i - 1}`));
    const began = performance.now();
    expect(scheduleGraphProblem(graph(chain.join(" ")))).toBeNull();
    const problem = scheduleGraphProblem(graph(["n0<n4999", ...chain.slice(1)].join(" ")));
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(problem?.ids).toHaveLength(5_001);
    expect(problem?.message.length).toBeLessThan(200);
    expect(scheduleGraphProblem(graph("a ".repeat(10_001).trim()))?.message).toMatch(/too many/);
  });
});

describe("firingSet", () => {
  it.each([
    ["a b<a c<b d", "b c"],
    ["a b+<a c<b", ""],
    ["a b<a* c<b", ""],
    ["a z b<a,z c<b,z", "b c"],
    ["c<b b<a a", "b c"],
  ])("of a in %s is %s", (text, expected) => {
    expect(firingSet("a", graph(text)).join(" ")).toBe(expected);
  });
});

describe("the run of today", () => {
  const run = (at: string) => ({ id: at, nominalAt: fromIso(at) });
  const runs = [
    run("2025-06-02T21:59:00Z"),
    run("2025-06-02T22:00:00Z"),
    run("2025-06-03T01:00:00Z"),
    run("2025-06-03T22:00:00Z"),
  ];
  it.each([
    ["Europe/Berlin", "2025-06-03T03:00:00Z", "2025-06-03T01:00:00Z"],
    ["Europe/Berlin", "2025-06-02T21:59:59Z", "2025-06-02T21:59:00Z"],
    ["UTC", "2025-06-02T23:00:00Z", "2025-06-02T22:00:00Z"],
    ["Europe/Berlin", "2025-06-05T03:00:00Z", null],
  ])("in %s for %s is %s", (zone, at, expected) => {
    expect(runOfToday(runs, fromIso(at), zone)?.id ?? null).toBe(expected);
  });

  it.each([
    ["Europe/Berlin", "2025-03-30T12:00:00Z", 23],
    ["Europe/Berlin", "2025-10-26T12:00:00Z", 25],
    ["Australia/Lord_Howe", "2019-10-06T00:00:00Z", 23.5],
    ["Pacific/Apia", "2011-12-30T09:00:00Z", 24],
  ])("a day in %s at %s has %d hours", (zone, at, hours) => {
    const { beginsAt, endsAt } = localDay(fromIso(at), zone);
    expect((endsAt - beginsAt) / 3_600_000).toBe(hours);
  });
});
