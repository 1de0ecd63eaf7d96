/** What a window's end does to running work, and how runs end, case by case. */
import { describe, expect, it } from "vitest";
import type { JobPicture, RunPicture } from "./picture.ts";
import { ask, at, decided, inShort, job, run } from "./testing/pictures.ts";

const NIGHT = {
  windows: [{ name: "night", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "01:00", to: "03:00" }],
};
const open = [job("open")];
const check = { kind: "job", request: { kind: "check", path: "/a.qcow2" } };
const tomorrow = at("01:00", "2026-03-03");

function works(more: Partial<Omit<RunPicture, "definition">> & { definition?: object } = {}): RunPicture {
  return run("s", { state: "running", jobs: open, ...more });
}

describe("a window closes", () => {
  const closing = (onClose: string, more: object = {}) =>
    works({ definition: { allowed: { ...NIGHT, onClose }, ...more } });
  it.each(["finish", "pause", "stop"])("%s: not before it does, and asked at that instant", (onClose) => {
    const answer = ask({ runs: [closing(onClose)] }, at("02:59"));
    expect(answer).toMatchObject({ decisions: [], nextAt: at("03:00") });
  });
  it.each([
    ["finish", {}, "note"],
    ["pause", {}, "hold"],
    ["pause", { work: check }, "note"],
    ["stop", {}, "cancel"],
    ["stop", { work: check }, "cancel"],
  ] as const)("%s (%o) → %s", (onClose, more, expected) => {
    const decision = decided({ runs: [closing(onClose, more)] }, at("03:00"), "run-s");
    expect(inShort(decision)).toBe(expected);
    expect(decision?.facts).toMatchObject([{ kind: "window-closed", window: "night" }]);
  });
  it("tells once that it runs to its end", () => {
    const told = decided({ runs: [closing("finish")] }, at("03:00"), "run-s");
    const reason = told?.kind === "note" ? told.reason : null;
    expect(decided({ runs: [{ ...closing("finish"), reason }] }, at("03:01"), "run-s")).toBeNull();
  });
  it("holds till the next one, and lets go then", () => {
    expect(decided({ runs: [closing("pause")] }, at("03:00"), "run-s")).toMatchObject({ untilAt: tomorrow });
    const held = { ...closing("pause"), state: "held" as const, heldUntilAt: tomorrow };
    expect(ask({ runs: [held] }, at("04:00"))).toMatchObject({ decisions: [], nextAt: tomorrow });
    expect(inShort(decided({ runs: [held] }, tomorrow, "run-s"))).toBe("release");
  });
  it("a blackout is an end as well", () => {
    const blackouts = [{ kind: "mute", name: "freeze", untilAt: "2026-03-02T08:00:00Z" }];
    const asked = { runs: [works({ definition: { allowed: { blackouts, onClose: "pause" } } })] };
    expect(decided(asked, at("02:00"), "run-s")).toMatchObject({ kind: "hold", untilAt: at("08:00") });
  });
  it("does nothing to what was started anyway, nor to what is being canceled", () => {
    expect(ask({ runs: [{ ...closing("stop"), anyway: true }] }, at("03:00"))).toMatchObject({
      decisions: [],
      nextAt: null,
    });
    expect(ask({ runs: [{ ...closing("pause"), state: "canceling" }] }, at("03:00")).decisions).toEqual([]);
  });
  it("lets go what was held by hand only by hand, and not while the window is closed", () => {
    const held = { ...closing("pause"), state: "held" as const, paused: true };
    expect(decided({ runs: [held] }, at("02:00"), "run-s")).toBeNull();
    expect(inShort(decided({ runs: [{ ...held, paused: false }] }, at("02:00"), "run-s"))).toBe("release");
    expect(decided({ runs: [{ ...held, paused: false }] }, at("04:00"), "run-s")).toMatchObject({
      kind: "hold",
      untilAt: tomorrow,
    });
  });
});

describe("the end", () => {
  const two = (first: JobPicture["state"], second: JobPicture["state"]) => [job(first, "1"), job(second, "2")];
  it.each([
    [[job("succeeded")], "end succeeded"],
    [[job("warned")], "end warned"],
    [[job("failed")], "end failed"],
    [[job("canceled")], "end canceled"],
    [[job("clean-up-failed")], "end clean-up-failed"],
    [two("succeeded", "open"), "nothing"],
    [two("failed", "open"), "nothing"],
    [two("succeeded", "failed"), "end failed"],
    [two("canceled", "failed"), "end failed"],
    [two("canceled", "succeeded"), "end canceled"],
    [two("warned", "clean-up-failed"), "end clean-up-failed"],
    [[], "end canceled"],
    [[job("failed"), { ...job("succeeded"), id: "again" }], "end succeeded"],
    [[job("succeeded"), { ...job("failed"), id: "again" }], "end failed"],
  ] as [JobPicture[], string][])("%# → %s", (jobs, expected) => {
    expect(inShort(decided({ runs: [works({ jobs })] }, at("02:00"), "run-s"))).toBe(expected);
  });
  it.each(["running", "held", "canceling"] as const)("comes to what is %s", (state) => {
    expect(inShort(decided({ runs: [works({ state, jobs: [job("failed")] })] }, at("02:00"), "run-s"))).toBe(
      "end failed",
    );
  });
  it("says what went wrong: first what could not be planned", () => {
    const planning = { code: "source.no-machine" as const, message: "gone", retryable: false };
    expect(decided({ runs: [works({ jobs: [job("failed")] })] }, at("02:00"), "run-s")).toMatchObject({
      error: { message: "broken" },
    });
    expect(
      decided({ runs: [works({ jobs: [job("succeeded")], error: planning })] }, at("02:00"), "run-s"),
    ).toMatchObject({ state: "failed", error: planning });
  });
});
