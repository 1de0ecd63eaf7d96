/** Which waiting task starts next, within the limits of groups, and what the others say that they wait for. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { applyChanges } from "../db/inventory.ts";
import { insertSource } from "../db/sources.ts";
import { setTurnReasons, waitingTasks } from "../db/tasks.ts";
import { newRun, settled, type TestEngine, testEngine } from "./testing/test-engine.ts";

const MINUTE = 60_000;
const SLOT = "Waits for a free slot";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Accepts "name:priority/group/group"; answers what each run is at, by name. */
function crowd(program: TestEngine, text: string) {
  const ids = new Map<string, string>();
  const add = (works: string) => {
    for (const work of works.split(" ")) {
      const [head = "", ...groups] = work.split("|");
      const [name = "", priority = "50"] = head.split(":");
      const { runId } = program.engine.accept({ ...newRun(name, { priority: Number(priority) }), groups });
      ids.set(name, runId);
    }
  };
  add(text);
  const run = (name: string) => program.engine.get(ids.get(name) ?? "");
  return {
    add,
    run,
    id: (name: string) => ids.get(name) ?? "",
    running: () => [...ids.keys()].filter((name) => run(name).state === "running").join(" "),
    reason: (name: string) => run(name).reason,
    /** Ends both tasks of a run. */
    async end(name: string) {
      for (let task = 0; task < 2; task += 1) {
        const { specOf } = named(name);
        program.threads.running().find(specOf)?.finish();
        await settled();
      }
    },
  };
}

function named(name: string) {
  return {
    specOf: ({ spec }: TestEngine["threads"]["all"][number]) =>
      "sourcePath" in spec && spec.sourcePath === `/vm/${name}.vmdk`,
  };
}

describe("groups", () => {
  it.each([
    ["each of a kind", [{ group: "machine:", most: 1 }], "a|machine:s/1 b|machine:s/1 c|machine:s/2", "a c"],
    ["an exact one", [{ group: "nightly", most: 1 }], "a|nightly b|nightly c|daily d|daily", "a c d"],
    [
      "the smallest that fits",
      [
        { group: "datastore:", most: 2 },
        { group: "datastore:s/slow", most: 1 },
      ],
      "a|datastore:s/slow b|datastore:s/slow c|datastore:s/fast d|datastore:s/fast e|datastore:s/fast",
      "a c d",
    ],
    [
      "the smallest that fits, which may be that of the kind",
      [
        { group: "host:", most: 1 },
        { group: "host:s/1", most: 3 },
      ],
      "a|host:s/1 b|host:s/1",
      "a",
    ],
    [
      "two kinds at once",
      [
        { group: "host:", most: 1 },
        { group: "target:", most: 1 },
      ],
      "a|host:s/1|target:/x b|host:s/2|target:/x c|host:s/1|target:/y d|host:s/2|target:/y",
      "a d",
    ],
    ["none limited", [], "a|machine:s/1 b|machine:s/1", "a b"],
  ] as const)("hold back as set: %s", (_, groupLimits, work, running) => {
    const program = testEngine({ concurrency: 16, groupLimits: [...groupLimits] });
    expect(crowd(program, work).running()).toBe(running);
  });

  it("are taken by every task of a run, and free when the run has ended", async () => {
    const program = testEngine({ concurrency: 4, groupLimits: [{ group: "g", most: 1 }] });
    const work = crowd(program, "a|g b|g");
    program.threads.last().finish();
    await settled();
    // The conversion has ended, its verification takes the place before anybody else: it came first.
    expect(work.run("a").tasks[1]?.state).toBe("running");
    expect(work.running()).toBe("a");
    program.threads.last().finish();
    await settled();
    expect(work.running()).toBe("b");
  });

  it("take effect at once when their limits change", () => {
    const program = testEngine({ concurrency: 8 });
    const work = crowd(program, "a|g b|g c|g");
    expect(work.running()).toBe("a b c");
    program.engine.setLimits({ groupLimits: [{ group: "g", most: 2 }] });
    expect(work.running()).toBe("a b c");
    work.add("d|g");
    expect(work.reason("d")).toBe("Waits for group g (2 at a time)");
    program.engine.setLimits({ groupLimits: [{ group: "g", most: 4 }] });
    expect(work.running()).toBe("a b c d");
  });

  it("lowered while running: what runs goes on, and the next starts when enough has ended", async () => {
    const program = testEngine({ concurrency: 8, groupLimits: [{ group: "g", most: 3 }] });
    const work = crowd(program, "a|g b|g c|g d|g");
    program.engine.setLimits({ groupLimits: [{ group: "g", most: 1 }] });
    expect(work.running()).toBe("a b c");
    await work.end("a");
    await work.end("b");
    expect(work.running()).toBe("c");
    await work.end("c");
    // The verification of the first one's target comes before what came later.
    expect(work.running()).toBe("a");
    expect(work.run("a").tasks[0]?.state).toBe("succeeded");
  });

  it("are left to others by a run that is paused on its own, but for its machine, whose snapshot it holds", () => {
    const limits = [
      { group: "machine:", most: 1 },
      { group: "host:", most: 1 },
    ];
    const program = testEngine({ concurrency: 1, groupLimits: limits });
    const work = crowd(program, "a|machine:s/1|host:s/1 b|machine:s/1|host:s/1 c|machine:s/2|host:s/1");
    program.engine.pause(work.id("a"));
    expect(work.run("c").state).toBe("running");
    expect(work.run("b").state).toBe("waiting");
    program.engine.cancel(work.id("a"));
  });

  it("survive a restart with the row", () => {
    const program = testEngine({ concurrency: 4, groupLimits: [{ group: "g", most: 1 }] });
    const work = crowd(program, "a|g b|g");
    const next = program.reborn();
    next.engine.recover();
    expect([work.id("a"), work.id("b")].map((id) => next.engine.get(id).state)).toEqual(["running", "waiting"]);
  });
});

describe("what waits", () => {
  it("says for which machine, host, datastore, source, folder or group, by its name", () => {
    const kinds = ["machine:", "host:", "datastore:", "source:", "target:", "nightly"];
    const groupLimits = kinds.map((group) => ({ group, most: 1 }));
    const program = testEngine({ concurrency: 16, groupLimits });
    const config = {
      kind: "vsphere",
      address: "https://vc.example",
      username: "u",
      trust: { kind: "system" },
    } as const;
    insertSource(program.db, {
      ...config,
      id: "s1",
      name: "Main vCenter",
      enabled: true,
      addedAt: "2030-01-01T00:00:00.000Z",
    });
    applyChanges(program.db, "s1", 1, [
      { type: "node", node: { id: "host-9", kind: "host", name: "esx09", parentId: null, facts: [] } },
    ]);
    const groups = ["machine:s1/vm-1", "host:s1/host-9", "datastore:s1/fast", "source:s1", "target:/srv/x", "nightly"];
    const work = crowd(
      program,
      groups.flatMap((group, index) => [`r${index}|${group}`, `w${index}|${group}`]).join(" "),
    );
    expect(groups.map((_, index) => work.reason(`w${index}`))).toEqual([
      "Waits for machine vm-1 (1 at a time)",
      "Waits for host esx09 (1 at a time)",
      "Waits for datastore fast (1 at a time)",
      "Waits for source Main vCenter (1 at a time)",
      "Waits for folder /srv/x (1 at a time)",
      "Waits for group nightly (1 at a time)",
    ]);
  });

  it("says so of a slot, and soon of its group, though no slot is free", () => {
    const program = testEngine({ concurrency: 1, groupLimits: [{ group: "g", most: 1 }] });
    const work = crowd(program, "a|g b|g c");
    expect(work.reason("b")).toBe(SLOT);
    vi.advanceTimersByTime(200);
    expect(work.reason("b")).toBe("Waits for group g (1 at a time)");
    expect(work.reason("c")).toBe(SLOT);
    program.engine.setLimits({ groupLimits: [] });
    vi.advanceTimersByTime(200);
    expect(work.reason("b")).toBe(SLOT);
  });

  it("lets pass what has waited much longer for the same place", async () => {
    const limits = ["x", "y"].map((group) => ({ group, most: 1 }));
    const program = testEngine({ concurrency: 4, groupLimits: limits, ageEveryMs: 1_000 });
    const work = crowd(program, "a|x old|x|y");
    program.pass(60_000);
    work.add("young:99|y");
    expect(work.reason("young")).toBe("Lets old pass, which has waited longer for group y");
    await work.end("a");
    expect(work.running()).toBe("old");
  });
});

describe("order", () => {
  it("is priority, then first come", async () => {
    const program = testEngine({ concurrency: 1 });
    const work = crowd(program, "a b:10 c:90 d:90");
    await work.end("a");
    expect(work.running()).toBe("c");
    await work.end("c");
    expect(work.running()).toBe("d");
  });

  it.each([
    ["overtakes", 6, "old"],
    ["not before its time", 4, "young"],
  ])("ages: what waits long %s", async (_, minutes, first) => {
    const program = testEngine({ concurrency: 1, ageEveryMs: MINUTE });
    const work = crowd(program, "a:100 old:50");
    program.pass(minutes * MINUTE);
    work.add("young:55");
    await work.end("a");
    expect(work.running()).toBe(first);
  });

  it("ages at the pace set now", async () => {
    const program = testEngine({ concurrency: 1, ageEveryMs: 60 * MINUTE });
    const work = crowd(program, "a:100 old:50");
    program.pass(6 * MINUTE);
    work.add("young:55");
    program.engine.setLimits({ ageEveryMs: MINUTE });
    await work.end("a");
    expect(work.running()).toBe("old");
  });
});

describe("several accepted in one transaction", () => {
  it("start once it is committed, in the order of their turns", () => {
    const program = testEngine({ concurrency: 1 });
    program.db.transaction(() => {
      crowd(program, "a:10 b:90");
      expect(program.threads.all).toHaveLength(0);
    });
    expect(program.threads.all).toHaveLength(1);
    expect(named("b").specOf(program.threads.last())).toBe(true);
  });

  it("are gone with it when it fails", () => {
    const program = testEngine();
    expect(() =>
      program.db.transaction(() => {
        crowd(program, "a b");
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(program.engine.list({ limit: 10 }).total).toBe(0);
    expect(program.threads.all).toHaveLength(0);
  });
});

describe("thousands of waiting runs in groups", () => {
  it("are looked through in a moment, and written only where what they wait for changes", async () => {
    const program = testEngine({ concurrency: 2, groupLimits: [{ group: "datastore:", most: 1 }] });
    program.db.transaction(() => {
      for (let n = 0; n < 2_000; n += 1) {
        program.engine.accept({ ...newRun(`r${n}`), groups: [`machine:s/${n}`, "datastore:s/one"] });
      }
    });
    expect(program.threads.all).toHaveLength(1);
    expect(
      program.engine.active().filter(({ reason }) => reason === "Waits for datastore one (1 at a time)"),
    ).toHaveLength(1_999);
    program.told.length = 0;
    const beganAt = performance.now();
    for (let n = 0; n < 10; n += 1) {
      program.threads.running()[0]?.finish();
      await settled();
    }
    // Ten looks at all of them. Far above what it takes, far below what parsing all rows would.
    expect(performance.now() - beganAt).toBeLessThan(4_000);
    expect(program.told.filter(({ event }) => event.type === "reset")).toEqual([]);
    expect(program.threads.all).toHaveLength(11);
  });
});

describe("reasons of many", () => {
  it("are given to their runs by the task whose turn it is", () => {
    const program = testEngine({ concurrency: 1 });
    const work = crowd(program, "a b");
    setTurnReasons(
      program.db,
      waitingTasks(program.db).map((task) => ({ ...task, reason: "because" })),
    );
    expect(work.reason("b")).toBe("because");
    expect(work.run("b").tasks[0]?.reason).toBe("because");
    expect(work.reason("a")).not.toBe("because");
  });
});
