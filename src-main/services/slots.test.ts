import { describe, expect, it } from "vitest";
import { createSlots } from "./slots.ts";

describe("slots", () => {
  it("run so many at once, the rest in order", async () => {
    const slots = createSlots(2);
    const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
    const began: number[] = [];
    const all = gates.map((gate, number) =>
      slots.run(async () => {
        began.push(number);
        await gate.promise;
        return number;
      }),
    );
    await Promise.resolve();
    expect(began).toEqual([0, 1]);
    gates[1]?.resolve();
    await all[1];
    await Promise.resolve();
    expect(began).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
  });

  it("go on after a failure, and forget who gave up waiting", async () => {
    const slots = createSlots(1);
    const hold = Promise.withResolvers<void>();
    const first = slots.run(() => hold.promise);
    const impatient = new AbortController();
    const second = slots.run(async () => "never", impatient.signal);
    const third = slots.run(async () => {
      throw new Error("work failed");
    });
    const fourth = slots.run(async () => "done");
    impatient.abort();
    await expect(second).rejects.toMatchObject({ code: "job.canceled" });
    hold.resolve();
    await first;
    await expect(third).rejects.toThrow("work failed");
    expect(await fourth).toBe("done");
    expect(await slots.run(async () => "still free")).toBe("still free");
    await expect(slots.run(async () => "", impatient.signal)).rejects.toMatchObject({ code: "job.canceled" });
  });
});
