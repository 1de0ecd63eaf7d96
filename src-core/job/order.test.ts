import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { effectivePriority, nextInOrder, type OrderLimits, type WaitingWork } from "./order.ts";

const MINUTE = 60_000;
const limits: OrderLimits = {
  most: 2,
  mostIn: (group) => (group.startsWith("one:") ? 1 : group.startsWith("two:") ? 2 : null),
  ageEveryMs: 5 * MINUTE,
};

/** "a:50@0/one:x" → priority 50, waiting since minute 0, in that group. */
function waiting(text: string): WaitingWork[] {
  return text.split(" ").map((work) => {
    const [head = "", ...groups] = work.split("/");
    const [id = "", rest = ""] = head.split(":");
    const [priority, minute] = rest.split("@");
    return { id, name: id, priority: Number(priority), queuedAt: Number(minute ?? 0) * MINUTE, groups };
  });
}

function answer(work: string, running: string[][], atMinute: number) {
  const { start, waits } = nextInOrder(waiting(work), running, limits, atMinute * MINUTE);
  const why = [...waits].map(([id, fact]) => `${id} ${fact.kind}${"group" in fact ? ` ${fact.group}` : ""}`);
  return `${start.join(",")} | ${why.join(", ")}`;
}

describe("nextInOrder", () => {
  it.each([
    ["by priority", "a:10@0 b:90@0 c:50@0", [], 0, "b,c | a waits-for-slot"],
    ["first come among equals", "a:50@2 b:50@0 c:50@1", [], 2, "b,c | a waits-for-slot"],
    ["in the order given at the same moment", "a:50@0 b:50@0 c:50@0", [], 0, "a,b | c waits-for-slot"],
    ["no slot", "a:50@0", [[], []], 0, " | a waits-for-slot"],
    ["more running than allowed now", "a:50@0", [[], [], []], 0, " | a waits-for-slot"],
    ["a group that is full", "a:90@0/one:x b:10@0", [["one:x"]], 0, "b | a waits-for-group one:x"],
    ["two of one group", "a:90@0/one:x b:80@0/one:x c:10@0", [], 0, "a,c | b waits-for-group one:x"],
    ["a group without limit", "a:90@0/free b:80@0/free", [], 0, "a,b | "],
    ["twice in the same group counts once", "a:90@0/two:x/two:x b:80@0/two:x", [], 0, "a,b | "],
    [
      "age is worth a step each five minutes",
      "a:50@0 b:52@14 c:52@14",
      [[]],
      15,
      "a | b waits-for-slot, c waits-for-slot",
    ],
    ["but not before", "a:50@0 b:52@9", [[]], 9, "b | a waits-for-slot"],
    [
      "overdue work holds its groups free",
      "a:50@0/one:x/one:y b:99@299/one:y",
      [["one:x"]],
      300,
      " | a waits-for-group one:x, b lets-older-pass one:y",
    ],
    ["work not overdue does not", "a:50@0/one:x/one:y b:52@99/one:y", [["one:x"]], 100, "b | a waits-for-group one:x"],
  ] as const)("%s", (_, work, running, atMinute, expected) => {
    expect(
      answer(
        work,
        running.map((groups) => [...groups]),
        atMinute,
      ),
    ).toBe(expected);
  });

  it("starves nobody, however much of higher priority keeps coming", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100 }),
        fc.array(fc.constantFrom("one:x", "one:y", "one:z"), { maxLength: 3 }),
        (priority, groups) => {
          const patient: WaitingWork = { id: "patient", name: "patient", priority, queuedAt: 0, groups };
          let queue: WaitingWork[] = [patient];
          let running: { work: WaitingWork; endsAt: number }[] = [];
          for (let minute = 0; minute < 3_000; minute++) {
            const now = minute * MINUTE;
            for (const group of ["one:x", "one:y", "one:z"]) {
              queue.push({ id: `${minute}${group}`, name: "", priority: 100, queuedAt: now, groups: [group] });
            }
            running = running.filter(({ endsAt }) => endsAt > now);
            const { start } = nextInOrder(
              queue,
              running.map(({ work }) => work.groups),
              limits,
              now,
            );
            if (start.includes("patient")) return;
            const started = queue.filter(({ id }) => start.includes(id));
            running.push(
              ...started.map((work, index) => ({ work, endsAt: now + (3 + ((minute + index) % 4)) * MINUTE })),
            );
            queue = queue.filter(({ id }) => !start.includes(id));
            // Those that come are not patient: they give up after an hour, as new ones keep the pressure.
            queue = queue.filter(({ id, queuedAt }) => id === "patient" || queuedAt > now - 60 * MINUTE);
          }
          throw new Error("It waited for fifty hours");
        },
      ),
      { numRuns: 20 },
    );
  });

  it("never goes over a limit", () => {
    const work = fc.record({
      priority: fc.integer({ min: 0, max: 100 }),
      queuedAt: fc.integer({ min: 0, max: 1e7 }),
      groups: fc.uniqueArray(fc.constantFrom("one:a", "one:b", "c"), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(work, { maxLength: 30 }), (works) => {
        const all = works.map((each, index) => ({ ...each, id: `${index}`, name: "" }));
        const { start, waits } = nextInOrder(all, [], limits, 1e7);
        expect(start.length).toBeLessThanOrEqual(2);
        expect(start.length + waits.size).toBe(all.length);
        const groups = start.flatMap((id) => all[Number(id)]?.groups.filter((group) => group !== "c") ?? []);
        expect(new Set(groups).size).toBe(groups.length);
      }),
    );
  });
});

it("effectivePriority does not fall when the clock is set back", () => {
  expect(effectivePriority({ priority: 5, queuedAt: 1e9 }, 1_000, 0)).toBe(5);
});
