import { describe, expect, it } from "vitest";
import { ScheduleChange } from "../model/schedule-view.ts";
import { answer, type QuestionOf } from "./questions.ts";
import { definitionOf, scheduleOf } from "./testing/schedule-of.ts";

const NOW = Date.parse("2026-06-01T12:00:00Z");
const change = (given: unknown) => [ScheduleChange.parse(given)];
const GROUND = { predicted: {}, pause: null };
const validate = (definition: unknown, id: string | null = null, saved = [scheduleOf("a")]) =>
  answer({ kind: "validate", definition, id, sourceNames: { s1: "vcenter1" } }, saved, NOW);

describe("validate", () => {
  it("says when and what in words, with the next ten runs", () => {
    const work = {
      kind: "export-selection",
      rule: { sourceIds: ["s1"], tags: ["gold"] },
      options: { output: { kind: "ova" }, folder: "/backup/{date}" },
    };
    const found = validate({ ...definitionOf("n"), work });
    expect(found.problems).toEqual([]);
    expect(found.workWords).toBe("Exports all machines tagged gold of vcenter1 as OVA to /backup/{date}.");
    expect(found.words).toMatch(/^Every day at 02:00 in Berlin/);
    expect(found.next.map(({ nominalAt }) => nominalAt).slice(0, 2)).toEqual([
      "2026-06-02T00:00:00.000Z",
      "2026-06-03T00:00:00.000Z",
    ]);
    expect(found.next).toHaveLength(10);
  });

  it("gives the reasons of what does not start at its time", () => {
    const allowed = { windows: [{ name: "nights", days: ["mon"], from: "22:00", to: "23:00" }] };
    expect(validate(definitionOf("n", { allowed })).next[0]?.reasons).toEqual([
      expect.stringContaining('window "nights"'),
    ]);
  });

  it("tells when already while name and work are missing", () => {
    const { name: _name, work: _work, ...rest } = definitionOf("n");
    const found = validate(rest);
    expect(found.problems.map(({ field }) => field).sort()).toEqual(["name", "work"]);
    expect([found.words, found.workWords, found.next.length]).toEqual([expect.stringContaining("02:00"), null, 10]);
  });

  const wrong: [string, object, string][] = [
    ["a number below its bounds", { jitterMs: -1 }, "jitterMs"],
    ["a huge number", { jitterMs: 1e300 }, "jitterMs"],
    [
      "an interval of nothing",
      { when: { kind: "interval", everyMs: 0, fromAt: "2026-01-01T00:00:00Z" } },
      "when.everyMs",
    ],
    [
      "a window of no length",
      { allowed: { windows: [{ name: "w", days: ["mon"], from: "08:00", to: "08:00" }] } },
      "allowed.windows.0.to",
    ],
    [
      "a window in no zone",
      { allowed: { windows: [{ name: "w", days: ["mon"], from: "08:00", to: "09:00", zone: "Mars/Base" }] } },
      "allowed.windows.0.zone",
    ],
    ["a zone that is not there", { zone: "Mars/Base" }, "zone"],
    ["a cron that never comes", { when: { kind: "cron", expression: "0 0 31 2 *" } }, "when.expression"],
    [
      "a blackout that ends before it begins",
      { allowed: { blackouts: [{ kind: "range", name: "b", from: "2026-02-02T00:00", to: "2026-02-01T00:00" }] } },
      "allowed.blackouts.0.to",
    ],
    ["a name that is taken", { name: "A" }, "name"],
    ["an edge to nothing", { dependencies: [{ parentId: "a" }, { parentId: "x" }] }, "dependencies.1.parentId"],
  ];
  it.each(wrong)("%s is told at its field", (_what, more, field) => {
    const found = validate({ ...definitionOf("n"), ...more });
    expect(new Set(found.problems.map((problem) => problem.field))).toEqual(new Set([field]));
    expect(found.problems[0]).toMatchObject({ fatal: true, message: expect.stringMatching(/./) });
  });

  it.each([null, 7, "text", [], { when: null }])("takes %j, and says what is missing", (given) => {
    expect(validate(given).problems.length).toBeGreaterThan(0);
  });

  it("shows the circle that it would close", () => {
    const saved = [scheduleOf("a"), scheduleOf("b", { dependencies: [{ parentId: "a" }] })];
    const found = validate(definitionOf("a", { dependencies: [{ parentId: "b" }] }), "a", saved);
    expect(found.problems).toMatchObject([{ field: "dependencies", fatal: true }]);
    expect(found.cycle).toHaveLength(3);
    expect(new Set(found.cycle)).toEqual(new Set(["a", "b"]));
  });
});

describe("what-if", () => {
  const ask = (given: unknown, saved = [scheduleOf("a"), scheduleOf("b")]) =>
    answer({ kind: "what-if", changes: change(given), days: 4, ...GROUND }, saved, NOW);

  it("tells what a window moves", () => {
    const allowed = {
      windows: [{ name: "w", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "03:00", to: "05:00" }],
    };
    const { words, total, changes } = ask({ kind: "update", id: "a", definition: definitionOf("a", { allowed }) });
    expect([words, total]).toEqual(["This change moves 4 runs, adds none and removes none.", 4]);
    expect(changes[0]).toMatchObject({
      kind: "moved",
      before: { startAt: "2026-06-02T00:00:00.000Z" },
      after: { startAt: "2026-06-02T01:00:00.000Z" },
    });
  });

  it("tells what comes and goes, and when nothing does", () => {
    expect(ask({ kind: "remove", id: "a" }).words).toBe("This change moves no runs, adds none and removes 4.");
    expect(ask({ kind: "create", id: "n", definition: definitionOf("n") }).words).toContain("adds 4");
    expect(ask({ kind: "enable", id: "a", enabled: true }).words).toBe(
      "This change leaves the runs of the next 4 days as they are.",
    );
  });

  const child = (name: string, ...parents: string[]) =>
    scheduleOf(name, { when: { kind: "after" }, dependencies: parents.map((parentId) => ({ parentId })) });
  const hours = (count: number) => ({ lowMs: count * 3_600_000, highMs: count * 3_600_000 });
  const askOfGraph = (saved: ReturnType<typeof scheduleOf>[], given: unknown) =>
    answer(
      {
        kind: "what-if",
        changes: change(given),
        days: 4,
        pause: null,
        predicted: { a: hours(1), b: hours(2), c: hours(3) },
      },
      saved,
      NOW,
    );

  it("tells what moves with a change of edges alone", () => {
    const saved = [scheduleOf("a"), child("b", "a"), child("c", "a"), child("d", "c")];
    const found = askOfGraph(saved, { kind: "connect", id: "c", dependencies: [{ parentId: "b" }] });
    expect(found.words).toBe("This change moves 8 runs, adds none and removes none.");
    expect(found.changes.slice(0, 2)).toMatchObject([
      {
        kind: "moved",
        before: { scheduleId: "c", startAt: "2026-06-02T01:00:00.000Z", reasons: ['after "a"'] },
        after: { startAt: "2026-06-02T03:00:00.000Z", reasons: ['after "b"'] },
      },
      {
        before: { scheduleId: "d", startAt: "2026-06-02T04:00:00.000Z" },
        after: { startAt: "2026-06-02T06:00:00.000Z" },
      },
    ]);
  });

  it("tells what moves with a join, what moves with a parent, and what another root makes", () => {
    const saved = [scheduleOf("a"), child("b", "a"), child("c", "a"), child("d", "b", "c")];
    const any = { kind: "connect", id: "d", dependencies: saved[3]?.dependencies, join: "any" };
    expect(askOfGraph(saved, any).words).toBe("This change moves 4 runs, adds none and removes none.");
    const window = { name: "w", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "04:00", to: "05:00" };
    const later = { kind: "update", id: "a", definition: definitionOf("a", { allowed: { windows: [window] } }) };
    expect(askOfGraph(saved, later).words).toBe("This change moves 16 runs, adds none and removes none.");
    const more = [...saved, scheduleOf("e", { when: { kind: "cron", expression: "0 18 * * *" } })];
    const both = { kind: "connect", id: "c", dependencies: [{ parentId: "a" }, { parentId: "e" }] };
    expect(askOfGraph(more, both).words).toBe("This change moves no runs, adds 8 and removes none.");
  });

  it("tells apart the runs in two firings of the same time", () => {
    const saved = [scheduleOf("a"), scheduleOf("e"), child("f", "a", "e")];
    const allow = saved.map((each) => (each.id === "f" ? { ...each, overlap: "allow" as const } : each));
    const window = { name: "w", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "04:00", to: "05:00" };
    const later = { kind: "update", id: "e", definition: definitionOf("e", { allowed: { windows: [window] } }) };
    const found = askOfGraph(allow, later);
    expect(found.words).toBe("This change moves 8 runs, adds none and removes none.");
    const [moved] = found.changes.filter((each) => each.kind === "moved" && each.after.scheduleId === "f");
    expect(moved).toMatchObject({
      before: { firingId: "e@2026-06-02T00:00:00.000Z", startAt: "2026-06-02T00:00:00.000Z" },
      after: { firingId: "e@2026-06-02T00:00:00.000Z", startAt: "2026-06-02T02:00:00.000Z" },
    });
  });

  it("tells that what loses its parent's runs loses its own", () => {
    const saved = [scheduleOf("a"), child("b", "a"), child("c", "b")];
    expect(askOfGraph(saved, { kind: "enable", id: "a", enabled: false }).words).toBe(
      "This change moves no runs, adds none and removes 12.",
    );
  });

  it("counts no runs of a paused or switched-off schedule", () => {
    const off = [scheduleOf("a", { enabled: false })];
    expect(ask({ kind: "remove", id: "a" }, off).total).toBe(0);
    const pause = { reason: "", sinceAt: "2026-06-01T00:00:00.000Z", untilAt: "2026-06-03T12:00:00.000Z" };
    expect(ask({ kind: "remove", id: "a" }, [scheduleOf("a", { pause })]).total).toBe(2);
  });
});

describe("simulate", () => {
  const ask = (
    more: Partial<QuestionOf<"simulate">>,
    saved = [scheduleOf("a", { groups: ["tape"] }), scheduleOf("b", { groups: ["tape"] })],
  ) =>
    answer(
      {
        kind: "simulate",
        changes: [],
        fromAt: null,
        days: 2,
        scheduleIds: null,
        limits: { most: 5, groups: [{ group: "tape", most: 1 }] },
        ...GROUND,
        ...more,
      },
      saved,
      NOW,
    );

  it("finds the group in which two want a place at once", () => {
    const hour = { lowMs: 3_000_000, highMs: 3_600_000 };
    const found = ask({ predicted: { a: hour, b: hour } });
    expect(found.total).toBe(4);
    expect(found.collisions).toMatchObject([
      {
        group: "tape",
        limit: 1,
        peak: 2,
        fromAt: "2026-06-02T00:00:00.000Z",
        toAt: "2026-06-02T01:00:00.000Z",
        scheduleIds: ["a", "b"],
      },
      { fromAt: "2026-06-03T00:00:00.000Z" },
    ]);
    expect(ask({ predicted: { a: hour } }).collisions).toEqual([]);
  });

  it("finds what a child collides with", () => {
    const hour = { lowMs: 3_600_000, highMs: 3_600_000 };
    const saved = [
      scheduleOf("a"),
      scheduleOf("b", { when: { kind: "after" }, dependencies: [{ parentId: "a" }], groups: ["tape"] }),
      scheduleOf("c", { when: { kind: "cron", expression: "30 3 * * *" }, groups: ["tape"] }),
    ];
    const { collisions, total } = ask({ predicted: { a: hour, b: hour, c: hour } }, saved);
    expect(total).toBe(6);
    expect(collisions[0]).toMatchObject({
      group: "tape",
      fromAt: "2026-06-02T01:30:00.000Z",
      toAt: "2026-06-02T02:00:00.000Z",
      scheduleIds: ["b", "c"],
    });
  });

  it("shades windows and blackouts inside of the range", () => {
    const allowed = {
      windows: [{ name: "w", days: ["tue", "wed"], from: "01:00", to: "03:00" }],
      blackouts: [{ kind: "range", name: "freeze", from: "2026-06-03T00:00", to: "2026-06-09T00:00" }],
    };
    const { shades } = ask({ days: 3 }, [scheduleOf("a", { allowed })]);
    expect(shades).toEqual([
      {
        scheduleId: "a",
        kind: "window",
        name: "w",
        fromAt: "2026-06-01T23:00:00.000Z",
        toAt: "2026-06-02T01:00:00.000Z",
      },
      {
        scheduleId: "a",
        kind: "blackout",
        name: "freeze",
        fromAt: "2026-06-02T22:00:00.000Z",
        toAt: "2026-06-04T12:00:00.000Z",
      },
    ]);
  });

  it("refuses more runs than anybody could look at", () => {
    const often = Array.from({ length: 5 }, (_, i) =>
      scheduleOf(`s${i}`, { when: { kind: "cron", expression: "* * * * *" } }),
    );
    expect(() => ask({ days: 90 }, often)).toThrow(
      expect.objectContaining({ code: "request.invalid", details: { field: "days" } }),
    );
  });
});

describe("files", () => {
  const saved = [
    scheduleOf("b", { name: "Zweiter: #2", enabled: false }),
    scheduleOf("a", {
      name: "ja",
      allowed: { windows: [{ name: "00:00", days: ["mon"], from: "00:00", to: "24:00", zone: "UTC" }] },
      when: { kind: "interval", everyMs: 3_600_000, fromAt: "2026-01-01T00:00:00Z" },
    }),
  ];
  const write = (schedules = saved, format: "yaml" | "json" = "yaml") =>
    answer({ kind: "write-file", ids: null, format }, schedules, NOW);
  const read = (text: string, schedules = saved) => answer({ kind: "read-file", text }, schedules, NOW);

  it("so many that their YAML could not be read again are JSON only", () => {
    const many = Array.from({ length: 4000 }, (_, n) => scheduleOf(`s${n}`, { name: `Schedule ${n}` }));
    expect(() => write(many)).toThrow("too long to be read again");
    expect(read(write(many, "json"), many).unchanged).toHaveLength(4000);
  });

  it.each(["yaml", "json"] as const)("%s: what is written makes the same again, to the byte", (format) => {
    const text = write(saved, format);
    expect(read(text)).toEqual({ changes: [], created: [], changed: [], unchanged: ["a", "b"], problems: [] });
    const { changes } = read(text, []);
    const made = changes.map((each) => {
      if (each.kind !== "create") throw new Error(each.kind);
      return scheduleOf(each.id, { ...each.definition, enabled: each.enabled });
    });
    expect(write(made, format)).toBe(text);
    expect(made.map(({ name }) => name)).toEqual(["ja", "Zweiter: #2"]);
  });

  it("reads the same from both", () => {
    expect(read(write(saved, "json"), [])).toEqual(read(write(saved, "yaml"), []));
  });

  const text = write();
  const wrong: [string, string, string][] = [
    ["an unknown key", text.replace("version: 1", "version: 1\nversoin: 2"), "versoin"],
    [
      "an unknown key of a schedule",
      text.replace("    zone: Europe", "    zoen: x\n    zone: Europe"),
      "schedules.0.zoen",
    ],
    [
      "an unknown key far inside",
      text.replace("      attempts: 3", "      attempts: 3\n      atempts: 4"),
      "schedules.0.retry.atempts",
    ],
    ["another version", text.replace("version: 1", "version: 2"), "version"],
    ["a wrong zone", text.replace("Europe/Berlin", "Europe/Atlantis"), "schedules.0.zone"],
    ["an id twice", text.replace("id: b", "id: a"), "schedules.1.id"],
    ["an id with a slash", text.replace("id: b", "id: a/b"), "schedules.1.id"],
    ["a name twice", text.replace("Zweiter: #2", "JA"), "schedules.0.name"],
    [
      "an edge to nothing",
      text.replace("dependencies: []", "dependencies: [{ parentId: x }]"),
      "schedules.0.dependencies.0.parentId",
    ],
    ["no YAML", "schedules: [", ""],
    ["nothing", "", ""],
    ["two documents", `${text}---\n${text}`, ""],
    ["an endless nest", "[".repeat(2_000_000), ""],
    ["an endless list of lists", "- ".repeat(1_000_000), ""],
    ["a bomb", bomb(), ""],
  ];
  it.each(wrong)("%s is told at its place, and nothing is taken", (_what, given, field) => {
    const found = read(given, []);
    expect(found.problems[0]).toMatchObject({ field, fatal: true });
    expect(found).toMatchObject({ changes: [], created: [], changed: [], unchanged: [] });
  });
});

it("refuses a calendar of 50 MB by its size", () => {
  const text = `BEGIN:VCALENDAR\r\n${"X".repeat(50 * 2 ** 20)}`;
  expect(() => answer({ kind: "calendar", text }, [], NOW)).toThrow(
    expect.objectContaining({ code: "calendar.invalid" }),
  );
});

/** Nine lines that stand for a billion. */
function bomb(): string {
  const names = [..."abcdefghi"];
  const lines = names.map(
    (name, i) =>
      `${name}: &${name} [${Array(9)
        .fill(i === 0 ? "x" : `*${names[i - 1]}`)
        .join(", ")}]`,
  );
  return lines.join("\n");
}
