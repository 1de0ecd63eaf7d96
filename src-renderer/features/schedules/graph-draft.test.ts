import { describe, expect, it } from "vitest";
import { ScheduleDefinition } from "../../../src-core/model/schedule.ts";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import {
  applyEdit,
  changedElsewhere,
  changesOf,
  type Draft,
  draftLines,
  type Edit,
  EMPTY_DRAFT,
  graphNodes,
  isChanged,
  rebase,
} from "./graph-draft.ts";
import { scheduleRow } from "./testing/schedule-row.ts";

const rows = [
  scheduleRow("a", { whenKind: "cron" }),
  scheduleRow("b", { after: ["a"] }),
  scheduleRow("c", { after: ["b"] }),
  scheduleRow("d", { whenKind: "cron" }),
];
const definition = ScheduleDefinition.parse({
  name: "New one",
  work: { kind: "job", request: { kind: "check", path: "/x.vmdk" } },
  when: { kind: "after" },
  zone: "UTC",
  dependencies: [{ parentId: "a" }],
});

function edited(edits: readonly Edit[], from: readonly ScheduleRow[] = rows, start = EMPTY_DRAFT): Draft {
  return edits.reduce((draft, edit) => {
    const outcome = applyEdit(from, draft, edit);
    if ("refusal" in outcome) throw new Error(outcome.refusal.message);
    return outcome.draft;
  }, start);
}
const refusalOf = (edit: Edit, draft = EMPTY_DRAFT) => {
  const outcome = applyEdit(rows, draft, edit);
  return "refusal" in outcome ? outcome.refusal : null;
};
const parentsOf = (draft: Draft, id: string) =>
  graphNodes(rows, draft)
    .find((node) => node.id === id)
    ?.dependencies.map(({ parentId, on, run }) => `${parentId} ${on} ${run}`);

describe("edits", () => {
  it("connects: by the same firing, or by the day where the child has times of its own", () => {
    const draft = edited([
      { kind: "connect", parentId: "a", childId: "c" },
      { kind: "connect", parentId: "a", childId: "d" },
    ]);
    expect(parentsOf(draft, "c")).toEqual(["b success firing", "a success firing"]);
    expect(parentsOf(draft, "d")).toEqual(["a success today"]);
  });

  it("refuses a circle, naming it from parent to child, and changes nothing", () => {
    const refusal = refusalOf({ kind: "connect", parentId: "c", childId: "a" });
    expect(refusal?.message).toMatch(/circle: (A → B → C → A|B → C → A → B|C → A → B → C)\./);
    expect(new Set(refusal?.loop)).toEqual(new Set(["a", "b", "c"]));
    expect(refusal?.loop[0]).toBe(refusal?.loop.at(-1));
    // Each step is an edge that is there, or the one that was asked for.
    const steps = refusal?.loop.slice(1).map((id, i) => `${refusal.loop[i]}${id}`);
    expect(new Set(steps)).toEqual(new Set(["ab", "bc", "ca"]));
    expect(refusalOf({ kind: "connect", parentId: "b", childId: "b" })?.loop).toEqual(["b", "b"]);
  });

  it("refuses what makes no sense", () => {
    expect(refusalOf({ kind: "connect", parentId: "a", childId: "b" })?.message).toBe('"B" comes after "A" already.');
    expect(refusalOf({ kind: "connect", parentId: "nowhere", childId: "b" })?.message).toBe("The schedule is gone.");
    expect(refusalOf({ kind: "disconnect", parentId: "d", childId: "b" })?.message).toBe("They are not connected.");
    expect(refusalOf({ kind: "discard", id: "a" })?.message).toMatch(/own page/);
    expect(
      refusalOf({ kind: "add", schedule: { id: "n", definition: { ...definition, name: "A" } } })?.message,
    ).toMatch(/called "A" already/);
  });

  it("refuses the hundred and first parent", () => {
    const many = [...Array.from({ length: 101 }, (_, i) => scheduleRow(`p${i}`, {})), scheduleRow("child", {})];
    const hundred = edited(
      Array.from({ length: 100 }, (_, i): Edit => ({ kind: "connect", parentId: `p${i}`, childId: "child" })),
      many,
    );
    const outcome = applyEdit(many, hundred, { kind: "connect", parentId: "p100", childId: "child" });
    expect("refusal" in outcome && outcome.refusal.message).toMatch(/100 others/);
  });

  it("an edit taken back by hand leaves no change", () => {
    const draft = edited([
      { kind: "edge", parentId: "a", childId: "b", patch: { on: "failure", timeoutMs: 60_000 } },
      { kind: "join", id: "b", join: "any" },
      { kind: "edge", parentId: "a", childId: "b", patch: { on: "success", timeoutMs: null } },
      { kind: "join", id: "b", join: "all" },
    ]);
    expect(isChanged(draft)).toBe(false);
    expect(isChanged(edited([{ kind: "disconnect", parentId: "a", childId: "b" }]))).toBe(true);
  });

  it("discards a new schedule with the edges at it", () => {
    const draft = edited([
      { kind: "add", schedule: { id: "n", definition } },
      { kind: "connect", parentId: "n", childId: "b" },
      { kind: "discard", id: "n" },
    ]);
    expect(draft.added).toEqual([]);
    expect(isChanged(draft)).toBe(false);
  });
});

describe("saving", () => {
  it("creates before it connects, each once, with when it was read", () => {
    const draft = edited([
      { kind: "add", schedule: { id: "n", definition } },
      { kind: "edge", parentId: "a", childId: "n", patch: { on: "either" } },
      { kind: "connect", parentId: "n", childId: "b" },
      { kind: "join", id: "b", join: "any" },
    ]);
    expect(changesOf(draft)).toEqual([
      {
        kind: "create",
        id: "n",
        enabled: true,
        definition: { ...definition, dependencies: [{ parentId: "a", on: "either", run: "firing", timeoutMs: null }] },
      },
      {
        kind: "connect",
        id: "b",
        changedAt: rows[1]?.changedAt,
        join: "any",
        dependencies: [
          { parentId: "a", on: "success", run: "firing", timeoutMs: null },
          { parentId: "n", on: "success", run: "firing", timeoutMs: null },
        ],
      },
    ]);
  });

  it("says what is different, a line each", () => {
    const draft = edited([
      { kind: "add", schedule: { id: "n", definition } },
      { kind: "edge", parentId: "a", childId: "b", patch: { on: "failure" } },
      { kind: "disconnect", parentId: "b", childId: "c" },
      { kind: "join", id: "c", join: "any" },
    ]);
    expect(draftLines(rows, draft)).toEqual([
      "B comes after A on failure instead of on success",
      "C no longer comes after B",
      "C starts when one of them agrees",
      "New one is new",
      "New one comes after A, on success",
    ]);
  });

  it("knows what was changed elsewhere meanwhile, and goes on from it", () => {
    const draft = edited([
      { kind: "connect", parentId: "d", childId: "b" },
      { kind: "connect", parentId: "d", childId: "c" },
    ]);
    expect(changedElsewhere(rows, draft)).toEqual([]);
    // B was changed, D and C's edge to it are gone.
    const later = "2026-11-29T12:00:00.000Z";
    const now = [rows[0], scheduleRow("b", { after: ["a"], changedAt: later }), rows[2]].filter((r) => r !== undefined);
    expect(changedElsewhere(now, draft)).toEqual(["B"]);
    const rebased = rebase(now, draft);
    expect(changedElsewhere(now, rebased)).toEqual([]);
    // Without D nothing is left of both edits.
    expect(isChanged(rebased)).toBe(false);
    const kept = rebase([...now, scheduleRow("d", { whenKind: "cron" })], draft);
    expect(changesOf(kept).map((change) => ("changedAt" in change ? change.changedAt : ""))).toEqual([
      later,
      rows[2]?.changedAt,
    ]);
  });
});
