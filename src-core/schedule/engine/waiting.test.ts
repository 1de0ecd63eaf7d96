/** What a run that has not begun waits for, case by case. Each row is one picture and what is decided on it. */
import { describe, expect, it } from "vitest";
import type { ScheduledRunState } from "../../model/scheduled-run.ts";
import type { RunPicture } from "./picture.ts";
import { type Asked, ask, at, decided, inShort, iso, planned, run } from "./testing/pictures.ts";

const NOW = at("02:00");
const NIGHTS = {
  windows: [{ name: "nights", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "20:00", to: "06:00" }],
};
const NOON = { windows: [{ ...NIGHTS.windows[0], name: "noon", from: "12:00", to: "13:00" }] };
const AFTER = { when: { kind: "after" } };

/** A parent that ended, and its child. */
function family(
  state: ScheduledRunState,
  edge: object,
  more: Partial<Omit<RunPicture, "definition">> & { definition?: object } = {},
): Asked {
  const parent = run("p", { state });
  const { definition = {}, ...rest } = more;
  const dependencies = [{ parentId: "p", ...edge }];
  return {
    runs: [parent, run("c", { waitsFor: "parents", ...rest, definition: { ...AFTER, dependencies, ...definition } })],
  };
}

describe("parents", () => {
  const outcomes = ["succeeded", "warned", "clean-up-failed", "failed", "canceled", "skipped"] as const;
  const agrees: Record<string, readonly string[]> = {
    success: ["succeeded", "warned", "clean-up-failed"],
    warning: ["warned", "clean-up-failed"],
    failure: ["failed"],
    either: ["succeeded", "warned", "clean-up-failed", "failed", "canceled"],
  };
  it.each(Object.keys(agrees).flatMap((on) => outcomes.map((state) => [on, state] as const)))(
    "on %s, a parent that %s",
    (on, state) => {
      const expected = agrees[on]?.includes(state) ? "start" : "skip";
      expect(inShort(decided(family(state, { on }), NOW, "run-c"))).toBe(expected);
    },
  );

  it.each(["waiting", "running", "held", "canceling"] as const)("waits while one is %s", (state) => {
    const asked = family(state, {});
    const parent = asked.runs?.[0];
    const busy = {
      ...asked,
      runs: [{ ...(parent as RunPicture), busy: true, jobs: [] }, ...(asked.runs ?? []).slice(1)],
    };
    if (state === "waiting") expect(inShort(decided(busy, NOW, "run-c"))).toBe("wait for parents");
    else expect(decided(asked, NOW, "run-c")?.facts[0]).toMatchObject({ kind: "waits-for-parent", parent: "p" });
  });

  const two = (join: string, first: ScheduledRunState, second: ScheduledRunState): Asked => ({
    runs: [
      run("p", { state: first, busy: true }),
      run("q", { state: second, busy: true }),
      run("c", {
        waitsFor: "parents",
        definition: { ...AFTER, join, dependencies: [{ parentId: "p" }, { parentId: "q" }] },
      }),
    ],
  });
  it.each([
    ["all", "succeeded", "succeeded", "start"],
    ["all", "succeeded", "waiting", "wait for parents"],
    ["all", "failed", "waiting", "skip"],
    ["any", "succeeded", "waiting", "start"],
    ["any", "failed", "waiting", "wait for parents"],
    ["any", "failed", "succeeded", "start"],
    ["any", "failed", "failed", "skip"],
  ] as const)("%s of: %s, %s → %s", (join, first, second, expected) => {
    expect(inShort(decided(two(join, first, second), NOW, "run-c"))).toBe(expected);
  });

  it("gives up at an edge's timeout, and looks at that very instant", () => {
    const asked = family("waiting", { timeoutMs: 600_000 });
    const held = {
      runs: (asked.runs ?? []).map((each) => ({
        ...each,
        paused: each.scheduleId === "p",
        waitsFor: each.scheduleId === "p" ? ("pause" as const) : ("parents" as const),
      })),
    };
    expect(inShort(decided(held, at("02:09"), "run-c"))).toBe("wait for parents");
    expect(ask(held, at("02:09")).nextAt).toBe(at("02:10"));
    expect(decided(held, at("02:10"), "run-c")).toMatchObject({ kind: "skip", facts: [{ kind: "parent-timed-out" }] });
  });

  it("counts the time since it was asked for again", () => {
    const asked = family("waiting", { timeoutMs: 600_000 }, { sinceAt: at("05:00") });
    expect(
      inShort(
        decided(
          { runs: (asked.runs ?? []).map((each) => ({ ...each, busy: each.scheduleId === "p" })) },
          at("05:05"),
          "run-c",
        ),
      ),
    ).toBe("wait for parents");
  });

  it("lets parents pass that are not in its firing", () => {
    const asked = {
      runs: [run("c", { waitsFor: "parents", definition: { ...AFTER, dependencies: [{ parentId: "gone" }] } })],
    };
    expect(inShort(decided(asked, NOW, "run-c"))).toBe("start");
  });

  it("takes no notice of parents for one that was started by hand", () => {
    const asked = family("failed", {}, { id: "h", firingId: "hand:h", byHand: true, waitsFor: null });
    expect(inShort(decided(asked, NOW, "h"))).toBe("start");
  });

  it("waits again for a parent that is tried again", () => {
    const asked = family("running", {}, { waitsFor: "window", mayStartAt: at("03:00") });
    expect(inShort(decided(asked, NOW, "run-c"))).toBe("wait for parents");
  });
});

describe("parents of today", () => {
  const child = (more: object = {}) =>
    run("c", { firingId: "c@1", definition: { dependencies: [{ parentId: "p", run: "today", ...more }] } });
  const parent = (more: Partial<RunPicture>) => run("p", { firingId: "p@1", ...more });
  it.each([
    ["ran today", [parent({ state: "succeeded", nominalAt: at("00:30") })], "start"],
    ["ran yesterday", [parent({ state: "succeeded", nominalAt: at("23:59", "2026-03-01") })], "wait for parents"],
    ["has not run", [], "wait for parents"],
    [
      "failed first, then succeeded",
      [
        parent({ id: "1", state: "failed", nominalAt: at("00:10") }),
        parent({ id: "2", state: "succeeded", nominalAt: at("01:00") }),
      ],
      "start",
    ],
    [
      "succeeded first, then failed",
      [
        parent({ id: "1", state: "succeeded", nominalAt: at("00:10") }),
        parent({ id: "2", state: "failed", nominalAt: at("01:00") }),
      ],
      "skip",
    ],
  ] as const)("the parent %s → %s", (_, parents, expected) => {
    expect(inShort(decided({ runs: [...parents, child()] }, NOW, "run-c"))).toBe(expected);
  });

  it("is over with the day, in the child's zone", () => {
    const zoned = run("c", {
      firingId: "c@1",
      definition: { zone: "Europe/Berlin", dependencies: [{ parentId: "p", run: "today" }] },
    });
    expect(ask({ runs: [zoned] }, NOW).nextAt).toBe(at("23:00"));
    expect(decided({ runs: [zoned] }, at("23:00"), "run-c")).toMatchObject({
      kind: "skip",
      facts: [{ kind: "parent-not-today", day: "2026-03-02" }],
    });
  });

  it("still waits for one that has begun when the day is over", () => {
    const begun = parent({ state: "running", busy: true });
    const asked = {
      runs: [{ ...begun, jobs: [{ id: "j", jobId: "j", state: "open" as const, error: null }] }, child()],
    };
    expect(inShort(decided(asked, at("00:30", "2026-03-03"), "run-c"))).toBe("wait for parents");
  });
});

describe("overlap", () => {
  const runBefore = (state: ScheduledRunState): RunPicture =>
    run("s", {
      id: "old",
      firingId: "s@0",
      state,
      paused: state === "waiting",
      jobs: state === "waiting" ? [] : [{ id: "j", jobId: "j", state: "open", error: null }],
    });
  const runAfter = (overlap: string, more: Partial<RunPicture> = {}) =>
    run("s", { id: "new", firingId: "s@1", definition: { overlap }, ...more });
  it.each([
    ["skip", "running", "skip"],
    ["skip", "waiting", "skip"],
    ["skip", "held", "skip"],
    ["skip", "succeeded", "start"],
    ["buffer-one", "running", "wait for overlap"],
    ["buffer-one", "waiting", "skip"],
    ["buffer-all", "waiting", "wait for overlap"],
    ["cancel-other", "running", "wait for overlap"],
    ["cancel-other", "canceling", "wait for overlap"],
    ["allow", "running", "start"],
  ] as const)("%s, one before it is %s → %s", (overlap, state, expected) => {
    expect(inShort(decided({ runs: [runBefore(state), runAfter(overlap)] }, NOW, "new"))).toBe(expected);
  });

  it("a place in the line is kept, and one that starts this moment does not wait", () => {
    const inLine = [runBefore("waiting"), runAfter("buffer-one", { waitsFor: "overlap" })];
    expect(inShort(decided({ runs: inLine }, NOW, "new"))).toBe("wait for overlap");
    const starting = { ...runBefore("waiting"), paused: false };
    expect(inShort(decided({ runs: [starting, runAfter("buffer-one")] }, NOW, "new"))).toBe("wait for overlap");
    const started = { ...starting, busy: true };
    expect(inShort(decided({ runs: [started, runAfter("buffer-one")] }, NOW, "new"))).toBe("wait for overlap");
  });

  it("cancels the other once", () => {
    const decisions = ask({ runs: [runBefore("running"), runAfter("cancel-other")] }, NOW).decisions;
    expect(decisions.map((each) => [each.kind, "runId" in each && each.runId])).toEqual([
      ["cancel", "old"],
      ["wait", "new"],
    ]);
    expect(decided({ runs: [runBefore("canceling"), runAfter("cancel-other")] }, NOW, "old")).toBeNull();
  });

  it.each(["skip", "buffer-all", "cancel-other"])("%s: one by hand is not held, and holds nobody", (overlap) => {
    expect(inShort(decided({ runs: [runBefore("running"), runAfter(overlap, { byHand: true })] }, NOW, "new"))).toBe(
      "start",
    );
    expect(inShort(decided({ runs: [{ ...runBefore("running"), byHand: true }, runAfter(overlap)] }, NOW, "new"))).toBe(
      "start",
    );
  });

  it("is not asked again of one that was past it", () => {
    expect(
      inShort(decided({ runs: [runBefore("running"), runAfter("skip", { waitsFor: "window" })] }, NOW, "new")),
    ).toBe("start");
  });
});

describe("hours", () => {
  const waits = (definition: object, more: Partial<RunPicture> = {}) => ({ runs: [run("s", { definition, ...more })] });
  it("waits for the window, and says till when", () => {
    const asked = waits({ allowed: NOON });
    expect(decided(asked, NOW, "run-s")).toMatchObject({
      kind: "wait",
      waitsFor: "window",
      mayStartAt: at("12:00"),
      facts: [{ kind: "waits-for-window", window: "noon" }],
    });
    expect(ask(asked, NOW).nextAt).toBe(at("12:00"));
    expect(
      decided(waits({ allowed: NOON }, { waitsFor: "window", mayStartAt: at("12:00") }), at("11:00"), "run-s"),
    ).toBeNull();
    expect(
      inShort(decided(waits({ allowed: NOON }, { waitsFor: "window", mayStartAt: at("12:00") }), at("12:00"), "run-s")),
    ).toBe("start");
  });
  const freeze = { kind: "range", name: "freeze", from: "2026-03-02T00:00", to: "2026-03-02T08:00" };
  it.each([
    ["outside: skip", { allowed: { ...NOON, outside: "skip" } }, {}, "skip"],
    [
      "outside: skip, but its turn came only now",
      { allowed: { ...NOON, outside: "skip" } },
      { waitsFor: "overlap" as const },
      "wait for window",
    ],
    ["anyway", { allowed: NOON }, { anyway: true, byHand: true }, "start"],
    ["a blackout", { allowed: { blackouts: [freeze] } }, {}, "wait for window"],
    ["inside", { allowed: NIGHTS }, {}, "start"],
    ["never", { allowed: { ...NOON, blackouts: [{ kind: "mute", untilAt: "2199-01-01T00:00:00Z" }] } }, {}, "skip"],
  ] as const)("%s → %s", (_, definition, more, expected) => {
    expect(inShort(decided(waits(definition, more), NOW, "run-s"))).toBe(expected);
  });

  it("takes a child's share of chance from when its parents ended", () => {
    const asked = family(
      "succeeded",
      {},
      { definition: { ...AFTER, jitterMs: 600_000, dependencies: [{ parentId: "p" }] } },
    );
    const first = decided(asked, NOW, "run-c");
    expect(inShort(first)).toBe("wait for time");
    const mayStartAt = first?.kind === "wait" ? first.mayStartAt : null;
    expect(mayStartAt).toBeGreaterThan(NOW);
    const later = family(
      "succeeded",
      {},
      { waitsFor: "time", mayStartAt, definition: { ...AFTER, jitterMs: 600_000, dependencies: [{ parentId: "p" }] } },
    );
    expect(ask(later, NOW + 1).nextAt).toBe(mayStartAt);
    expect(inShort(decided(later, mayStartAt ?? 0, "run-c"))).toBe("start");
  });

  it("tells that it will not be ready when the window ends", () => {
    const asked = {
      ...waits({ allowed: NIGHTS }),
      schedules: [
        planned("s", {
          when: AFTER.when,
          dependencies: [{ parentId: "x" }],
          predicted: { lowMs: 5 * 3_600_000, highMs: 6 * 3_600_000 },
        }),
      ],
    };
    expect(decided(asked, NOW, "run-s")?.facts).toContainEqual(expect.objectContaining({ kind: "does-not-fit" }));
  });
});

describe("pause", () => {
  const pause = { reason: "moving house", sinceAt: iso(0), untilAt: iso(at("04:00")) };
  it.each([
    ["of the schedule", { schedules: [planned("s", { pause })] }, {}],
    ["of all", { pause }, {}],
    ["by hand", {}, { paused: true }],
  ] as const)("%s holds what has not begun", (_, asked, more) => {
    expect(inShort(decided({ ...asked, runs: [run("s", more)] }, NOW, "run-s"))).toBe("wait for pause");
  });
  it("ends by itself", () => {
    const asked = {
      pause,
      runs: [
        run("s", {
          waitsFor: "pause",
          mayStartAt: at("04:00"),
          reason: "paused: moving house, until 2026-03-02 04:00",
        }),
      ],
    };
    expect(ask(asked, NOW)).toMatchObject({ decisions: [], nextAt: at("04:00") });
    expect(inShort(decided(asked, at("04:00"), "run-s"))).toBe("start");
  });
  it("does not keep a parent's failure from being seen", () => {
    expect(inShort(decided({ ...family("failed", {}), pause }, NOW, "run-c"))).toBe("skip");
  });
});

describe("conditions", () => {
  const disk = (otherwise: string) => ({
    conditions: [{ kind: "free-space", path: "/", minBytes: 2 ** 30, otherwise }],
    missed: { deadlineMs: 3_600_000 },
  });
  const read = (value: number | null, readAt = NOW) => ({ at: readAt, values: [value] });
  it.each([
    ["not measured", "wait", null, NOW, "measure"],
    ["met", "wait", read(2 ** 31), NOW, "start"],
    ["not met: wait", "wait", read(5), NOW, "wait for conditions"],
    ["not met: skip", "skip", read(5), NOW, "skip"],
    ["unknown", "wait", read(null), NOW, "wait for conditions"],
    ["a minute old", "wait", read(2 ** 31), NOW + 60_000, "measure"],
    ["measured later than now, since the clock was set back", "wait", read(2 ** 31, NOW + 1), NOW, "measure"],
    ["too late", "wait", read(5, NOW + 3_600_000), NOW + 3_600_000, "skip"],
  ] as const)("%s (%s)", (_, otherwise, readings, now, expected) => {
    expect(inShort(decided({ runs: [run("s", { definition: disk(otherwise), readings })] }, now, "run-s"))).toBe(
      expected,
    );
  });
  it("looks again after a minute, at the latest at its deadline", () => {
    const waits = (readings: RunPicture["readings"], now: number) =>
      ask({ runs: [run("s", { definition: disk("wait"), readings })] }, now).nextAt;
    expect(waits(read(5), NOW + 1)).toBe(NOW + 60_000);
    expect(waits(read(5, NOW + 3_590_000), NOW + 3_590_000)).toBe(NOW + 3_600_000);
  });
  it("is left out for one that starts anyway, and tells what was found else", () => {
    const definition = disk("skip");
    expect(inShort(decided({ runs: [run("s", { definition, anyway: true, byHand: true })] }, NOW, "run-s"))).toBe(
      "start",
    );
    expect(decided({ runs: [run("s", { definition, readings: read(2 ** 31) })] }, NOW, "run-s")?.facts).toMatchObject([
      { kind: "condition", met: true },
    ]);
  });
});

it("asks nothing about a run that is being started or measured", () => {
  expect(ask({ runs: [run("s", { busy: true })] }, NOW)).toMatchObject({ decisions: [], nextAt: null });
});
