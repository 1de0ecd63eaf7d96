import { describe, expect, it } from "vitest";
import { Dependency, type Join, type ParentOutcome } from "../model/dependency.ts";
import { dependencyVerdict, type ParentRun } from "./dependencies.ts";

const HOUR = 3_600_000;

/** "success:failed" → an edge and how its parent ended; "?" has not. "success@2:?" times out after two hours; "today" is an edge of that day. */
function verdict(edges: string, join: Join, afterHours: number) {
  const parents = new Map<string, ParentRun>();
  const dependencies = edges.split(" ").map((text, index) => {
    const [left = "", outcome] = text.split(":");
    const [on, timeout] = left.split("@");
    const isToday = outcome === "today" || outcome === "begun";
    const parentId = `p${index + 1}`;
    parents.set(parentId, {
      name: parentId,
      outcome: outcome === "?" || isToday ? null : (outcome as ParentOutcome),
      day: isToday ? { endsAt: 5 * HOUR, text: "2025-06-03", begun: outcome === "begun" } : undefined,
    });
    const timeoutMs = timeout === undefined ? null : Number(timeout) * HOUR;
    return Dependency.parse({ parentId, on, run: isToday ? "today" : "firing", timeoutMs });
  });
  const parentOf = ({ parentId }: Dependency) => parents.get(parentId) ?? { name: parentId, outcome: null };
  const { kind, lookAgainAt, facts } = dependencyVerdict(dependencies, join, parentOf, 0, afterHours * HOUR);
  const words = facts.map((fact) => `${"parent" in fact ? fact.parent : ""} ${fact.kind}`);
  return `${kind}${lookAgainAt === null ? "" : ` till ${lookAgainAt / HOUR}`}: ${words.join(", ")}`;
}

describe("dependencyVerdict", () => {
  it.each([
    ["success:succeeded", "ready: p1 parent-agreed"],
    ["success:warned", "ready: p1 parent-agreed"],
    ["success:failed", "skip: p1 parent-refused"],
    ["success:canceled", "skip: p1 parent-refused"],
    ["success:skipped", "skip: p1 parent-refused"],
    ["failure:failed", "ready: p1 parent-agreed"],
    ["failure:succeeded", "skip: p1 parent-refused"],
    ["failure:canceled", "skip: p1 parent-refused"],
    ["failure:skipped", "skip: p1 parent-refused"],
    ["warning:warned", "ready: p1 parent-agreed"],
    ["warning:succeeded", "skip: p1 parent-refused"],
    ["either:succeeded", "ready: p1 parent-agreed"],
    ["either:failed", "ready: p1 parent-agreed"],
    ["either:canceled", "ready: p1 parent-agreed"],
    ["either:skipped", "skip: p1 parent-refused"],
    ["success:?", "wait: p1 waits-for-parent"],
  ])("one parent, %s", (edges, expected) => {
    expect(verdict(edges, "all", 1)).toBe(expected);
    expect(verdict(edges, "any", 1)).toBe(expected);
  });

  it.each([
    ["success:succeeded success:succeeded", "all", "ready: p1 parent-agreed, p2 parent-agreed"],
    ["success:succeeded success:?", "all", "wait: p2 waits-for-parent"],
    ["success:? success:failed", "all", "skip: p2 parent-refused"],
    ["success:succeeded success:?", "any", "ready: p1 parent-agreed"],
    ["success:failed success:?", "any", "wait: p2 waits-for-parent"],
    ["success:failed failure:succeeded", "any", "skip: p1 parent-refused, p2 parent-refused"],
    ["success:failed failure:failed", "any", "ready: p2 parent-agreed"],
  ] as const)("several, %s, %s", (edges, join, expected) => {
    expect(verdict(edges, join, 1)).toBe(expected);
  });

  it.each([
    ["success@2:?", 1, "wait till 2: p1 waits-for-parent"],
    ["success@2:?", 2, "skip: p1 parent-timed-out"],
    ["success@2:succeeded", 3, "ready: p1 parent-agreed"],
    ["success@2:? success@1:?", 0, "wait till 1: p1 waits-for-parent, p2 waits-for-parent"],
    ["success:today", 4, "wait till 5: p1 waits-for-parent"],
    ["success:today", 5, "skip: p1 parent-not-today"],
    ["success:begun", 6, "wait: p1 waits-for-parent"],
    ["success@2:today", 1, "wait till 2: p1 waits-for-parent"],
  ])("%s after %i h", (edges, hours, expected) => {
    expect(verdict(edges, "all", hours)).toBe(expected);
  });

  it("of any, one that timed out leaves the others their chance", () => {
    expect(verdict("success@1:? success@3:?", "any", 2)).toBe("wait till 3: p2 waits-for-parent");
    expect(verdict("success@1:? success@3:?", "any", 3)).toBe("skip: p1 parent-timed-out, p2 parent-timed-out");
  });

  it("without parents is ready", () => {
    for (const join of ["all", "any"] as const) {
      expect(dependencyVerdict([], join, () => ({ name: "", outcome: null }), 0, 1).kind).toBe("ready");
    }
  });
});
