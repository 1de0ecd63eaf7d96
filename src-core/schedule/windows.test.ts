import { describe, expect, it } from "vitest";
import { Allowed } from "../model/window.ts";
import { wallOf, wallText } from "./instant.ts";
import { fitFact, windowEnd } from "./window-end.ts";
import { permissionsOf } from "./windows.ts";
import { zoneOf } from "./zone.ts";

const nights = { name: "nights", days: ["mon", "tue", "wed", "thu", "fri"], from: "22:00", to: "06:00" };
const weekend = { name: "weekend", days: ["sat", "sun"], from: "00:00", to: "24:00" };
const lunch = { name: "lunch", days: ["wed"], from: "12:00", to: "13:00" };
const always = { name: "always", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", to: "24:00" };
const gapHour = { name: "two to three", days: ["sun"], from: "02:00", to: "03:00" };
const xmas = { kind: "yearly", name: "Christmas", month: 12, day: 24, days: 3 };
const leapDay = { kind: "yearly", name: "leap day", month: 2, day: 29 };
const freeze = { kind: "range", name: "freeze", from: "2025-06-10T00:00", to: "2025-06-12T12:00" };

function permissions(windows: readonly object[], blackouts: readonly object[] = [], zone = "Europe/Berlin") {
  return permissionsOf(Allowed.parse({ windows, blackouts }), zone);
}

/** What holds at a wall time: "open till …" or "shut till …", on the wall of the zone. */
function said(windows: readonly object[], blackouts: readonly object[], wall: string, zone = "Europe/Berlin"): string {
  const show = (at: number | null) => (at === null ? "ever" : wallText(zoneOf(zone).wallAt(at)));
  const permission = permissions(windows, blackouts, zone).at(zoneOf(zone).resolve(wallOf(wall)).at);
  if (permission.open) return `open till ${show(permission.closesAt)}`;
  return `shut by ${permission.because.name} till ${show(permission.opensAt)}`;
}

describe("permissionsOf", () => {
  it.each([
    ["no windows", [], [], "2025-06-03T12:00", "open till ever"],
    ["before it opens", [nights], [], "2025-06-03T12:00", "shut by nights till 2025-06-03T22:00"],
    ["the minute it opens", [nights], [], "2025-06-03T22:00", "open till 2025-06-04T06:00"],
    ["after midnight: the second half", [nights], [], "2025-06-04T03:00", "open till 2025-06-04T06:00"],
    ["the minute it closes", [nights], [], "2025-06-04T06:00", "shut by nights till 2025-06-04T22:00"],
    ["Saturday morning is Friday's night", [nights], [], "2025-06-07T03:00", "open till 2025-06-07T06:00"],
    ["Monday morning is no night of Sunday", [nights], [], "2025-06-09T03:00", "shut by nights till 2025-06-09T22:00"],
    ["Saturday evening", [nights], [], "2025-06-07T22:30", "shut by nights till 2025-06-09T22:00"],
    ["two that touch are one", [nights, weekend], [], "2025-06-06T23:00", "open till 2025-06-09T00:00"],
    ["two days of the weekend are one", [weekend], [], "2025-06-07T10:00", "open till 2025-06-09T00:00"],
    ["the next of several", [nights, lunch], [], "2025-06-04T08:00", "shut by lunch till 2025-06-04T12:00"],
    ["every day from 0 to 24", [always], [], "2025-06-04T08:00", "open till ever"],
    ["a long night in spring is short", [nights], [], "2025-03-28T23:00", "open till 2025-03-29T06:00"],
    [
      "a window in the gap does not open",
      [gapHour],
      [],
      "2025-03-29T12:00",
      "shut by two to three till 2025-04-06T02:00",
    ],
    ["a window in the hour that comes twice", [gapHour], [], "2025-10-26T02:30", "open till 2025-10-26T03:00"],
    [
      "a window's own zone",
      [{ ...lunch, zone: "America/New_York" }],
      [],
      "2025-06-04T08:00",
      "shut by lunch till 2025-06-04T18:00",
    ],
    ["a blackout", [], [freeze], "2025-06-11T08:00", "shut by freeze till 2025-06-12T12:00"],
    ["before a blackout", [], [freeze], "2025-06-09T08:00", "open till 2025-06-10T00:00"],
    ["a blackout cuts a window short", [nights], [freeze], "2025-06-09T23:00", "open till 2025-06-10T00:00"],
    [
      "a blackout and then no window yet",
      [nights],
      [freeze],
      "2025-06-11T08:00",
      "shut by freeze till 2025-06-12T22:00",
    ],
    ["every year", [], [xmas], "2031-12-25T08:00", "shut by Christmas till 2031-12-27T00:00"],
    [
      "over New Year",
      [],
      [{ ...xmas, name: "holidays", day: 24, days: 14 }],
      "2026-01-03T08:00",
      "shut by holidays till 2026-01-07T00:00",
    ],
    ["a leap day is closed in leap years", [], [leapDay], "2028-02-29T08:00", "shut by leap day till 2028-03-01T00:00"],
    ["and told of long before", [], [leapDay], "2025-03-01T08:00", "open till 2028-02-29T00:00"],
    [
      "blackouts that overlap",
      [],
      [freeze, { ...freeze, name: "more", from: "2025-06-12T00:00", to: "2025-06-14T00:00" }],
      "2025-06-11T08:00",
      "shut by freeze till 2025-06-14T00:00",
    ],
    [
      "muted",
      [],
      [{ kind: "mute", untilAt: "2025-06-04T10:00:00Z" }],
      "2025-06-04T08:00",
      "shut by muted till 2025-06-04T12:00",
    ],
    [
      "a mute that has ended",
      [],
      [{ kind: "mute", untilAt: "2025-06-04T10:00:00Z" }],
      "2025-06-04T12:00",
      "open till ever",
    ],
    [
      "never again",
      [],
      [{ kind: "range", name: "end", from: "2025-01-01T00:00", to: "2198-12-31T00:00" }],
      "2025-06-04T12:00",
      "shut by end till ever",
    ],
  ])("%s", (_, windows, blackouts, wall, expected) => {
    expect(said(windows, blackouts, wall)).toBe(expected);
  });

  it.each([
    ["Apia, the day left out", "Pacific/Apia", "2011-12-29T23:00", "open till 2011-12-31T06:00"],
    ["Apia, the day after it", "Pacific/Apia", "2011-12-31T03:00", "open till 2011-12-31T06:00"],
    ["Lord Howe", "Australia/Lord_Howe", "2019-10-05T23:00", "open till 2019-10-06T06:00"],
    ["Casablanca", "Africa/Casablanca", "2019-05-04T23:00", "open till 2019-05-05T06:00"],
    ["Kathmandu", "Asia/Kathmandu", "1985-12-31T23:00", "open till 1986-01-01T06:00"],
  ])("every night, %s", (_, zone, wall, expected) => {
    expect(said([{ ...nights, days: always.days }], [], wall, zone)).toBe(expected);
  });

  it("says never when blackouts leave no opening", () => {
    const hundred = { kind: "yearly", name: "closed", month: 1, day: 1, days: 60 };
    const rest = Array.from({ length: 12 }, (_, month) => ({ ...hundred, month: month + 1 }));
    expect(said([], rest, "2025-06-04T08:00")).toBe("shut by closed till ever");
  });

  it("refuses a window of no length, and one in no zone", () => {
    expect(Allowed.safeParse({ windows: [{ ...nights, to: "22:00" }] }).error?.issues[0]?.path).toEqual([
      "windows",
      0,
      "to",
    ]);
    expect(() => permissions([{ ...nights, zone: "Mars/Olympus" }])).toThrowError(/no time zone/);
  });

  it("agrees with a look at every quarter of an hour", () => {
    const { at } = permissions([nights, lunch, { ...weekend, from: "10:00", to: "03:00" }], [freeze, xmas]);
    const zone = zoneOf("Europe/Berlin");
    const QUARTER = 900_000;
    for (const month of ["2025-03", "2025-06", "2025-10", "2025-12"]) {
      let shutSince: { opensAt: number | null } | null = null;
      let openTill: number | null = null;
      for (let now = wallOf(`${month}-05`), end = now + 24 * 86_400_000; now < end; now += QUARTER) {
        const wall = zone.wallAt(now);
        const day = new Date(wall).getUTCDay();
        const hour = new Date(wall).getUTCHours();
        const text = wallText(wall);
        const dark =
          (text >= "2025-06-10T00:00" && text < "2025-06-12T12:00") || (text >= "2025-12-24" && text < "2025-12-27");
        const before = (day + 6) % 7;
        const isOpen =
          !dark &&
          ((day >= 1 && day <= 5 && hour >= 22) ||
            (before >= 1 && before <= 5 && hour < 6) ||
            (day === 3 && hour === 12) ||
            ((day === 6 || day === 0) && hour >= 10) ||
            ((before === 6 || before === 0) && hour < 3));
        const permission = at(now);
        expect(`${text} ${permission.open}`).toBe(`${text} ${isOpen}`);
        if (permission.open) {
          if (shutSince !== null) expect(shutSince.opensAt).toBe(now);
          if (openTill !== null) expect(openTill).toBeGreaterThan(now);
          shutSince = null;
          openTill = permission.closesAt;
        } else {
          if (openTill !== null) expect(openTill).toBe(now);
          openTill = null;
          shutSince = permission;
        }
      }
    }
  });
});

describe("what a window's end does", () => {
  const closed = zoneOf("Europe/Berlin").resolve(wallOf("2025-06-04T06:00")).at;
  it.each([
    ["finish", true, "finish", null],
    ["pause", true, "pause", "2025-06-04T20:00:00.000Z"],
    ["pause", false, "finish", null],
    ["stop", true, "stop", null],
  ] as const)("%s, and the task can pause: %s", (onClose, canPause, action, resumesAt) => {
    const end = windowEnd(permissions([nights]), onClose, { canPause }, closed);
    expect(end?.fact).toEqual({ kind: "window-closed", window: "nights", action, resumesAt });
    expect(windowEnd(permissions([nights]), onClose, { canPause }, closed - 1)).toBeNull();
  });

  it.each([
    [1, 2, null],
    [2, 4, "may-not-fit"],
    [4, 5, "does-not-fit"],
  ])("of %i to %i hours, three before it ends", (low, high, kind) => {
    const predicted = { lowMs: low * 3_600_000, highMs: high * 3_600_000 };
    expect(fitFact(permissions([nights]), predicted, closed - 3 * 3_600_000)?.kind ?? null).toBe(kind);
    expect(fitFact(permissions([]), predicted, closed)).toBeNull();
    expect(fitFact(permissions([nights]), null, closed - 1)).toBeNull();
  });
});
