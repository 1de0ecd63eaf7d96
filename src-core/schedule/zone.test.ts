import { describe, expect, it } from "vitest";
import { HOUR_MS, toIso, wallOf, wallText } from "./instant.ts";
import { zoneOf } from "./zone.ts";

describe("zoneOf", () => {
  it.each(["Mars/Olympus", "", "+02:00", "Europe/", "UTC+2", "Europe/Berlin; drop"])("refuses %j", (id) => {
    expect(() => zoneOf(id)).toThrowError(/There is no time zone/);
  });

  it.each([
    ["europe/berlin", "Europe/Berlin"],
    ["UTC", "UTC"],
    ["Pacific/Apia", "Pacific/Apia"],
  ])("takes %s for %s", (id, expected) => {
    expect(zoneOf(id).id).toBe(expected);
  });

  it.each([
    ["Europe/Berlin", 2019, 2026],
    ["America/New_York", 2005, 2009],
    ["Australia/Lord_Howe", 2017, 2020],
    ["Africa/Casablanca", 2011, 2020],
    ["Asia/Kathmandu", 1985, 1987],
    ["Pacific/Apia", 2009, 2014],
    ["America/Sao_Paulo", 2016, 2020],
  ])("shows in %s from %i to %i at each half hour what Intl shows", (id, fromYear, toYear) => {
    const zone = zoneOf(id);
    const format = new Intl.DateTimeFormat("sv", { timeZone: id, dateStyle: "short", timeStyle: "short" });
    for (let at = Date.UTC(fromYear, 0, 1); at < Date.UTC(toYear, 0, 1); at += HOUR_MS / 2) {
      const shown = wallText(zone.wallAt(at)).replace("T", " ");
      if (shown !== format.format(at)) expect(`${toIso(at)} ${shown}`).toBe(`${toIso(at)} ${format.format(at)}`);
    }
  });
});

describe("resolve", () => {
  it.each([
    ["Europe/Berlin", "2025-03-30T01:59", "2025-03-30T00:59:00.000Z", "once"],
    ["Europe/Berlin", "2025-03-30T02:00", "2025-03-30T01:00:00.000Z", "gap"],
    ["Europe/Berlin", "2025-03-30T02:59", "2025-03-30T01:00:00.000Z", "gap"],
    ["Europe/Berlin", "2025-03-30T03:00", "2025-03-30T01:00:00.000Z", "once"],
    ["Europe/Berlin", "2025-10-26T02:00", "2025-10-26T00:00:00.000Z", "twice"],
    ["Europe/Berlin", "2025-10-26T02:59", "2025-10-26T00:59:00.000Z", "twice"],
    ["Europe/Berlin", "2025-10-26T03:00", "2025-10-26T02:00:00.000Z", "once"],
    ["America/New_York", "2007-03-11T02:30", "2007-03-11T07:00:00.000Z", "gap"],
    ["America/New_York", "2006-03-12T02:30", "2006-03-12T07:30:00.000Z", "once"],
    ["Australia/Lord_Howe", "2019-10-06T02:15", "2019-10-05T15:30:00.000Z", "gap"],
    ["Australia/Lord_Howe", "2019-10-06T02:30", "2019-10-05T15:30:00.000Z", "once"],
    ["Australia/Lord_Howe", "2019-04-07T01:45", "2019-04-06T14:45:00.000Z", "twice"],
    ["Africa/Casablanca", "2019-05-05T02:30", "2019-05-05T01:30:00.000Z", "twice"],
    ["Africa/Casablanca", "2019-06-09T02:30", "2019-06-09T02:00:00.000Z", "gap"],
    ["Asia/Kathmandu", "1986-01-01T00:05", "1985-12-31T18:30:00.000Z", "gap"],
    ["Asia/Kathmandu", "2025-01-01T00:05", "2024-12-31T18:20:00.000Z", "once"],
    ["Pacific/Apia", "2011-12-29T23:59", "2011-12-30T09:59:00.000Z", "once"],
    ["Pacific/Apia", "2011-12-30T02:00", "2011-12-30T10:00:00.000Z", "gap"],
    ["Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00:00.000Z", "once"],
    ["America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00:00.000Z", "gap"],
  ])("%s %s is %s (%s)", (id, wall, at, kind) => {
    const resolved = zoneOf(id).resolve(wallOf(wall));
    expect({ at: toIso(resolved.at), kind: resolved.kind }).toEqual({ at, kind });
  });

  it("never goes back as the wall goes on", () => {
    for (const id of ["Europe/Berlin", "Pacific/Apia", "Africa/Casablanca"]) {
      let last = 0;
      for (let wall = wallOf("2011-01-01"); wall < wallOf("2013-01-01"); wall += HOUR_MS / 4) {
        const { at } = zoneOf(id).resolve(wall);
        expect(at).toBeGreaterThanOrEqual(last);
        last = at;
      }
    }
  });
});
