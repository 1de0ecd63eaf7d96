import { describe, expect, it } from "vitest";
import { ERROR_CATALOGUE, type ErrorCode } from "../model/error.ts";
import { RetryPolicy } from "../model/retry-policy.ts";
import { errorClass } from "./error-class.ts";
import { delayMs, type FailedAttempt, retryDecision } from "./retry.ts";

const policy = (part: object) => RetryPolicy.parse({ initialMs: 60_000, capMs: 3_600_000, ...part });

describe("delayMs", () => {
  it.each([
    ["linear", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["exponential", [1, 2, 4, 8, 16, 32, 60, 60, 60]],
    ["fibonacci", [1, 1, 2, 3, 5, 8, 13, 21, 34]],
  ])("%s in minutes is %j", (backoff, minutes) => {
    const found = minutes.map((_, index) => delayMs(policy({ backoff }), index + 1, 0.5) / 60_000);
    expect(found).toEqual(minutes);
  });

  it.each([
    [0, 0.9, 60],
    [0.5, 0, 60],
    [0.5, 1, 30],
    [1, 0.25, 45],
    [1, 1, 0],
  ])("jitter of %d, chance %d: %i minutes of 60", (jitter, random, minutes) => {
    expect(delayMs(policy({ jitter }), 9, random) / 60_000).toBe(minutes);
  });

  it("refuses a cap below the first delay, and more than ten attempts", () => {
    expect(RetryPolicy.safeParse({ initialMs: 60_000, capMs: 1_000 }).error?.issues[0]?.path).toEqual(["capMs"]);
    expect(RetryPolicy.safeParse({ attempts: 11 }).success).toBe(false);
    expect(RetryPolicy.safeParse({ classes: ["integrity"] }).success).toBe(false);
  });
});

describe("errorClass", () => {
  it.each([
    ["io.read", "transient"],
    ["source.lost", "transient"],
    ["source.unreachable", "transient"],
    ["job.lost", "transient"],
    ["source.busy", "capacity"],
    ["target.no-space", "capacity"],
    ["source.auth", "auth"],
    ["source.certificate", "auth"],
    ["vault.unavailable", "auth"],
    ["verify.mismatch", "integrity"],
    ["disk.damaged", "integrity"],
    ["target.exists", "permanent"],
    ["internal.bug", "permanent"],
  ] as const)("of %s is %s", (code, expected) => {
    expect(errorClass({ code, retryable: "retryable" in ERROR_CATALOGUE[code] })).toBe(expected);
  });

  it("never calls what the catalogue says may pass by itself auth, integrity or permanent", () => {
    for (const code of Object.keys(ERROR_CATALOGUE) as ErrorCode[]) {
      if ("retryable" in ERROR_CATALOGUE[code])
        expect(["transient", "capacity"]).toContain(errorClass({ code, retryable: true }));
    }
  });
});

describe("retryDecision", () => {
  const now = Date.UTC(2025, 5, 3);
  const attempt = (part: Partial<FailedAttempt>): FailedAttempt => ({
    number: 1,
    error: { code: "source.lost", retryable: true },
    made: false,
    hasCheckpoint: false,
    ...part,
  });
  const integrity = { code: "verify.mismatch", retryable: false } as const;
  const full = { code: "target.no-space", retryable: false } as const;
  it.each([
    ["transient", {}, {}, "retry from-start in 60 s"],
    ["from its checkpoint", {}, { hasCheckpoint: true }, "retry from-checkpoint in 60 s"],
    ["the second time", {}, { number: 2 }, "retry from-start in 120 s"],
    ["attempts used up", {}, { number: 3 }, "failed: attempts-used"],
    ["one attempt only", { attempts: 1 }, {}, "failed: attempts-used"],
    ["integrity", {}, { error: integrity }, "failed: not-retried"],
    ["integrity that claims to be retryable", {}, { error: { ...integrity, retryable: true } }, "failed: not-retried"],
    ["auth", {}, { error: { code: "source.auth", retryable: true } }, "failed: not-retried"],
    ["capacity", {}, { error: full }, "retry from-start in 60 s"],
    ["capacity not wanted", { classes: ["transient"] }, { error: full }, "failed: not-retried"],
    ["no class wanted", { classes: [] }, {}, "failed: not-retried"],
    ["only the clean-up failed", {}, { made: true, hasCheckpoint: true }, "retry clean-up in 60 s"],
    ["clean-up failed for good", {}, { made: true, number: 3 }, "clean-up-failed: attempts-used clean-up-failed"],
    [
      "clean-up without access",
      {},
      { made: true, error: { code: "source.auth", retryable: false } },
      "clean-up-failed: not-retried clean-up-failed",
    ],
  ] as const)("%s", (_, part, failed, expected) => {
    const decision = retryDecision(policy(part), attempt(failed), now, 0);
    const text =
      decision.kind === "retry"
        ? `retry ${decision.what} in ${(decision.atMs - now) / 1000} s`
        : `${decision.end}: ${decision.facts.map((fact) => fact.kind).join(" ")}`;
    expect(text).toBe(expected);
  });
});
