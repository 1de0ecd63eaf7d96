import { describe, expect, it } from "vitest";
import type { ComingRun } from "../../../src-core/model/schedule-view.ts";
import { wallOf } from "../../../src-core/schedule/instant.ts";
import { dayOn, slotsOf } from "./calendar-days.ts";
import { bandsIn, comingItems, itemsByStretch } from "./calendar-items.ts";
import { barPaths, lanesOf, totalsOf } from "./calendar-lanes.ts";

const coming = (scheduleId: string, startAt: string, more: Partial<ComingRun> = {}): ComingRun => ({
  scheduleId,
  firingId: `${scheduleId}@${startAt}`,
  nominalAt: startAt,
  startAt,
  endAt: startAt,
  skipped: false,
  facts: [],
  reasons: [],
  ...more,
});
const items = (runs: readonly ComingRun[]) => comingItems(runs, [], (id) => id);

describe("cells", () => {
  it("runs of a doubled hour are told apart, and none is lost at the ends of the day", () => {
    const slots = slotsOf(dayOn(wallOf("2026-10-25"), "Europe/Berlin"), "Europe/Berlin");
    const cells = itemsByStretch(
      items([
        coming("first", "2026-10-25T00:30:00Z"),
        coming("second", "2026-10-25T01:30:00Z"),
        coming("midnight", "2026-10-24T22:00:00Z"),
        coming("before", "2026-10-24T21:59:59Z"),
        coming("last", "2026-10-25T22:59:59Z"),
        coming("after", "2026-10-25T23:00:00Z"),
      ]),
      slots,
    );
    const found = cells.flatMap((cell, i) =>
      cell.map(({ name }) => `${name} ${slots[i]?.hour}${slots[i]?.again ? "'" : ""}`),
    );
    expect(found).toEqual(["midnight 0", "first 2", "second 2'", "last 23"]);
  });

  it("a cell lists by time, then by name", () => {
    const [cell] = itemsByStretch(
      items([
        coming("b", "2026-01-01T05:00:00Z"),
        coming("c", "2026-01-01T04:00:00Z"),
        coming("a", "2026-01-01T05:00:00Z"),
      ]),
      [{ fromAt: Date.parse("2026-01-01T00:00:00Z"), toAt: Date.parse("2026-01-02T00:00:00Z") }],
    );
    expect(cell?.map(({ name }) => name)).toEqual(["c", "a", "b"]);
  });
});

describe("collisions", () => {
  const clash = {
    group: "disks",
    fromAt: "2026-01-01T02:00:00Z",
    toAt: "2026-01-01T03:00:00Z",
    limit: 1,
    peak: 2,
    scheduleIds: ["a", "b"],
  };
  it("mark the runs that overlap them, of the schedules that take part, and no skipped ones", () => {
    const marked = comingItems(
      [
        coming("a", "2026-01-01T01:30:00Z", { endAt: "2026-01-01T03:00:00Z" }),
        coming("b", "2026-01-01T02:00:00Z", { endAt: "2026-01-01T04:00:00Z" }),
        coming("b", "2026-01-01T02:10:00Z", { endAt: null, skipped: true }),
        coming("a", "2026-01-01T03:00:00Z", { endAt: "2026-01-01T03:30:00Z" }),
        coming("c", "2026-01-01T02:00:00Z", { endAt: "2026-01-01T04:00:00Z" }),
      ],
      [clash],
      (id) => id,
    );
    expect(marked.map(({ collisions }) => collisions.length)).toEqual([1, 1, 0, 0, 0]);
  });
  it("are counted by group", () => {
    expect(totalsOf([], [clash, clash, { ...clash, group: null, limit: 4 }]).collisions).toEqual([
      { group: "disks", count: 2, limit: 1 },
      { group: null, count: 1, limit: 4 },
    ]);
  });
});

describe("shades", () => {
  it("become bands of a cell, cut at its ends, overlapping ones as one", () => {
    const stretch = { fromAt: Date.parse("2026-01-01T00:00:00Z"), toAt: Date.parse("2026-01-01T10:00:00Z") };
    const shade = (kind: "window" | "blackout", from: number, to: number) => ({
      scheduleId: "a",
      kind,
      name: "x",
      fromAt: new Date(stretch.fromAt + from * 3_600_000).toISOString(),
      toAt: new Date(stretch.fromAt + to * 3_600_000).toISOString(),
    });
    expect(
      bandsIn(stretch, [
        shade("window", 4, 6),
        shade("window", -5, 2),
        shade("window", 5, 8),
        shade("blackout", 9, 20),
        shade("window", 20, 30),
      ]),
    ).toEqual([
      { kind: "window", from: 0, to: 0.2 },
      { kind: "window", from: 0.4, to: 0.8 },
      { kind: "blackout", from: 0.9, to: 1 },
    ]);
  });
});

describe("lanes", () => {
  const runs = [
    coming("short", "2026-01-01T00:00:00Z", { endAt: "2026-01-01T01:00:00Z" }),
    coming("long", "2026-01-01T00:00:00Z", { endAt: "2026-01-01T05:00:00Z" }),
    coming("short", "2026-01-01T06:00:00Z", {
      endAt: null,
      skipped: true,
      facts: [{ kind: "overlap", policy: "skip", other: "x" }],
    }),
  ];
  it("have a schedule each, the busiest first", () => {
    expect(lanesOf(runs).map(({ scheduleId, busyMs, skipped }) => [scheduleId, busyMs / 3_600_000, skipped])).toEqual([
      ["long", 5, 0],
      ["short", 1, 1],
    ]);
    expect(totalsOf(runs, [])).toEqual({
      runs: 2,
      skipped: [{ why: "an earlier run had not ended", count: 1 }],
      collisions: [],
    });
  });
  it("draw a bar for each run, and what falls onto the same pixels once", () => {
    const [from, to] = [Date.parse("2026-01-01T00:00:00Z"), Date.parse("2026-01-01T10:00:00Z")];
    expect(barPaths(runs.slice(1), from, to, 100, 10)).toEqual({ runs: "M0 0h50v10H0z", skipped: "M60 0h2v10H60z" });
    const minutes = Array.from({ length: 600 }, (_, i) => coming("m", new Date(from + i * 60_000).toISOString()));
    const bars = barPaths(minutes, from, to, 100, 10).runs.match(/M/g);
    expect(bars?.length).toBeLessThanOrEqual(100);
    // Nothing is drawn outside.
    expect(barPaths([coming("m", "2026-01-02T00:00:00Z")], from, to, 100, 10).runs).toBe("");
  });
});
