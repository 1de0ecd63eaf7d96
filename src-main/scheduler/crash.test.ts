/** The program dies at its first write, at its second, and so on: what becomes of the schedules is the same as if it had not. */
import { describe, expect, it } from "vitest";
import { type Db, openDatabase } from "../db/open.ts";
import { type Host, testHost } from "./testing/host.ts";
import { schedule } from "./testing/schedules.ts";

const BEGIN = Date.UTC(2026, 2, 2, 1, 59);
const WORK = {
  kind: "job",
  request: { kind: "convert", sourcePath: "/a.raw", targets: [{ path: "/b", format: "raw" }] },
};
const PLANS = () => [
  schedule("root", { work: WORK }),
  schedule("child", { work: WORK, when: { kind: "after" }, dependencies: [{ parentId: "root" }] }),
  schedule("never", { work: WORK, when: { kind: "after" }, dependencies: [{ parentId: "child", on: "failure" }] }),
  schedule("last", { work: WORK, when: { kind: "after" }, dependencies: [{ parentId: "never", on: "either" }] }),
];

/** A database whose program dies at the n-th write: nothing is written after it. */
function dyingAt(db: Db, n: number): Db & { readonly dead: boolean } {
  let left = n;
  return {
    ...db,
    get dead() {
      return left <= 0;
    },
    run(query) {
      left -= 1;
      if (left <= 0) throw new Error("the program died");
      return db.run(query);
    },
  };
}

async function night(host: Host): Promise<void> {
  await host.goTo(Date.UTC(2026, 2, 2, 2));
  for (let step = 0; step < 20 && host.runs().some(({ summary }) => summary.endedAt === null); step++) {
    await host.finishAll();
    await host.goTo(host.now() + 1_000);
  }
}

const EXPECTED = ["root 02:00 succeeded", "child 02:00 succeeded", "never 02:00 skipped", "last 02:00 skipped"];

describe("a night with a graph of four", () => {
  it("without a crash", async () => {
    const host = testHost({ startAt: BEGIN });
    host.add(...PLANS());
    await night(host);
    expect(host.story()).toEqual(EXPECTED);
  });

  it("with a crash at every write in turn", async () => {
    let clean = false;
    let n = 0;
    while (!clean) {
      n += 1;
      if (n > 400) throw new Error("it never comes through");
      const db = openDatabase(":memory:");
      const dying = dyingAt(db, n);
      testHost({ startAt: BEGIN, db }).add(...PLANS());
      const host = testHost({ startAt: BEGIN, db: dying });
      await night(host).catch(() => {});
      clean = !dying.dead;
      const after = testHost({ startAt: Math.max(host.now(), Date.UTC(2026, 2, 2, 2)) + 5_000, db });
      await night(after);
      expect(after.story(), `write ${n}`).toEqual(EXPECTED);
      const jobs = after.runs().map(({ summary }) => summary.runIds.length);
      expect(jobs, `write ${n}`).toEqual([1, 1, 0, 0]);
      await after.jobs.engine.stop();
    }
    expect(n).toBeGreaterThan(20);
  });
});
