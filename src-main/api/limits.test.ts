import { describe, expect, it } from "vitest";
import { createRateGate, PORT_LIMITS } from "./limits.ts";

const refused = { code: "request.rate", retryable: true };

describe("rates", () => {
  it("are counted per caller", async () => {
    const gate = createRateGate({ ...PORT_LIMITS, calls: 3 });
    for (let call = 0; call < 3; call += 1) await gate.admit("one");
    await expect(gate.admit("one")).rejects.toMatchObject(refused);
    await gate.admit("two");
    const refusal = await gate.admit("one").catch((thrown) => thrown);
    expect(refusal.details.retryAfterMs).toBeGreaterThan(0);
    expect(refusal.details.retryAfterMs).toBeLessThanOrEqual(PORT_LIMITS.windowMs);
  });

  it("of failures are counted per key, and refused when there were too many", async () => {
    const gate = createRateGate({ ...PORT_LIMITS, failures: 2 });
    await gate.failed("a");
    await gate.failed("a");
    await expect(gate.failed("a")).rejects.toMatchObject(refused);
    await gate.failed("b");
  });
});
