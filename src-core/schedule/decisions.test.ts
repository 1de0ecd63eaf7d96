import { describe, expect, it } from "vitest";
import { Condition, type Reading } from "../model/condition.ts";
import type { OverlapPolicy } from "../model/schedule.ts";
import { MachineRule } from "../model/scheduled-work.ts";
import { conditionsVerdict } from "./conditions.ts";
import { fromIso } from "./instant.ts";
import { overlapDecision } from "./overlap.ts";
import { awakeSince, pauseNow } from "./pause.ts";
import { isMeant } from "./selection.ts";

describe("overlapDecision", () => {
  const runs = {
    none: [],
    one: [{ id: "r1", waits: false }],
    two: [
      { id: "r1", waits: false },
      { id: "r2", waits: true },
    ],
  };
  it.each([
    ["skip", "none", "start"],
    ["skip", "one", "skip r1"],
    ["buffer-one", "one", "buffer r1"],
    ["buffer-one", "two", "skip r2"],
    ["buffer-all", "two", "buffer r1"],
    ["cancel-other", "two", "cancel r1,r2"],
    ["cancel-other", "none", "start"],
    ["allow", "two", "start"],
  ] as const)("%s with %s is %s", (policy: OverlapPolicy, active, expected) => {
    const decision = overlapDecision(policy, runs[active]);
    const which =
      decision.kind === "cancel"
        ? decision.ids.join()
        : "fact" in decision && "other" in decision.fact
          ? decision.fact.other
          : "";
    expect(`${decision.kind} ${which}`.trim()).toBe(expected);
  });
});

describe("conditionsVerdict", () => {
  const space = { kind: "free-space", path: "/srv", minBytes: 10 * 2 ** 20 };
  it.each([
    ["enough space", [space], [10 * 2 ** 20], "met: free space 10 MiB"],
    ["a byte too little", [space], [10 * 2 ** 20 - 1], "wait: free space 9 MiB (needed 10 MiB free in /srv)"],
    ["space unknown", [space], [null], "wait: free space unknown (needed 10 MiB free in /srv)"],
    ["on mains", [{ kind: "mains" }], [true], "met: power on mains"],
    ["on battery", [{ kind: "mains" }], [false], "wait: power on battery (needed on mains)"],
    ["no battery at all", [{ kind: "mains" }], [null], "met: power unknown"],
    ["battery", [{ kind: "battery", minPercent: 50 }], [49], "wait: battery 49 % (needed 50 %)"],
    ["metered", [{ kind: "unmetered", otherwise: "skip" }], [false], "skip: link metered (needed not metered)"],
    ["reachable", [{ kind: "reachable", target: "nas" }], [true], "met: nas answers"],
    ["not reachable", [{ kind: "reachable", target: "nas" }], [false], "wait: nas does not answer (needed answers)"],
    ["reachable unknown", [{ kind: "reachable", target: "nas" }], [null], "wait: nas unknown (needed answers)"],
    [
      "load",
      [{ kind: "host-load", maxPerCore: 0.8 }],
      [0.801],
      "wait: load 0.80 per core (needed at most 0.8 per core)",
    ],
    [
      "load that is no number",
      [{ kind: "host-load", maxPerCore: 0.8 }],
      [Number.NaN],
      "wait: load undefined per core (needed at most 0.8 per core)",
    ],
    [
      "skip before wait",
      [space, { kind: "mains", otherwise: "skip" }],
      [0, false],
      "skip: free space 0 MiB (needed 10 MiB free in /srv), power on battery (needed on mains)",
    ],
    ["none", [], [], "met: "],
  ])("%s", (_, conditions, readings, expected) => {
    const { kind, facts } = conditionsVerdict(
      conditions.map((c) => Condition.parse(c)),
      readings as Reading[],
    );
    const words = facts.map(({ name, met, found, needed }) => `${name} ${found}${met ? "" : ` (needed ${needed})`}`);
    expect(`${kind}: ${words.join(", ")}`).toBe(expected);
  });
});

describe("pause", () => {
  const till = (untilAt: string | null) => ({ reason: "move", sinceAt: "2025-06-01T00:00:00Z", untilAt });
  const noon = fromIso("2025-06-03T12:00:00Z");
  it.each([
    ["none", null, false, 0],
    ["without an end", till(null), true, 0],
    ["with an end to come", till("2025-06-03T12:00:01Z"), true, 0],
    ["that ends now", till("2025-06-03T12:00:00Z"), false, noon],
    ["that has ended", till("2025-06-03T11:00:00Z"), false, noon - 3_600_000],
  ])("%s", (_, pause, isPaused, since) => {
    expect(pauseNow(pause, noon) !== null).toBe(isPaused);
    expect(awakeSince(0, pause, noon)).toBe(since);
    expect(awakeSince(noon + 5, pause, noon)).toBe(noon + 5);
  });
});

describe("isMeant", () => {
  const machine = {
    id: "vm-1",
    name: "Web01",
    path: "/dc/test/Web01",
    power: "on",
    family: "linux",
    tags: ["Prod", "web"],
    datastores: ["ds1"],
  } as const;
  it.each([
    ["all of a source", {}, true],
    ["another source", { sourceIds: ["s2"] }, false],
    ["a tag, whatever its case", { tags: ["prod"] }, true],
    ["one of two tags", { tags: ["none", "web"] }, true],
    ["no tag", { tags: ["none"] }, false],
    ["a folder", { folders: ["/dc/test"] }, true],
    ["a folder with a slash", { folders: ["/dc/test/"] }, true],
    ["a folder whose name only begins so", { folders: ["/dc/te"] }, false],
    ["a datastore", { datastores: ["ds1"] }, true],
    ["power", { power: ["off"] }, false],
    ["family", { families: ["linux"] }, true],
    ["name", { nameContains: ["web"] }, true],
    ["every part must hold", { tags: ["prod"], power: ["off"] }, false],
    ["but not this one", { exceptIds: ["vm-1"] }, false],
    ["this one by its id", { onlyIds: ["vm-9", "vm-1"] }, true],
    ["others by their ids", { onlyIds: ["vm-9"] }, false],
    ["but not those with a tag", { exceptTags: ["PROD"] }, false],
  ])("%s", (_, rule, expected) => {
    const parsed = MachineRule.parse({ sourceIds: ["s1"], ...rule });
    expect(isMeant(parsed, "s1", { ...machine, tags: [...machine.tags], datastores: [...machine.datastores] })).toBe(
      expected,
    );
  });
});
