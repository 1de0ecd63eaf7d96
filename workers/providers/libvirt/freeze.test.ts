/** Whatever happens while a guest is frozen, it is thawed. */
import { expect, test } from "vitest";
import { AppError } from "../../../src-core/model/error.ts";
import type { Daemon } from "./daemon.ts";
import { frozen, thawLeft } from "./freeze.ts";
import type { Rpc } from "./rpc/client.ts";
import { CALL, type Procedure } from "./rpc/procedures.ts";

const ref = { name: "web01", uuid: Buffer.alloc(16), id: 1 };

/** @param fails which calls fail, by their number in order */
function guest(fails: readonly string[] = []) {
  const log: string[] = [];
  const notes = new Set<string>();
  const machines: Pick<Rpc, "call"> = {
    async call<A, R>(procedure: Procedure<A, R>): Promise<R> {
      const name = procedure.number === CALL.freeze.number ? "freeze" : "thaw";
      log.push(name);
      const nth = `${name}${log.filter((one) => one === name).length}`;
      if (fails.includes(nth)) throw new AppError("source.refused", `${nth} failed`);
      return { count: 2 } as R;
    },
  };
  const host = {
    createFile: async (path: string) => void notes.add(path),
    removeFile: async (path: string) => void notes.delete(path),
    listFolder: async () => [...notes].map((path) => path.slice("/s/".length)),
  };
  const daemon = { machines, host, address: { scratchFolder: "/s" } } as unknown as Daemon;
  const tells = (before: readonly string[]) => before.includes("freeze") && !fails.includes("freeze1");
  const warnings: string[] = [];
  const run = (how: "try" | "require", work: () => Promise<string> = async () => "done") =>
    frozen(daemon, ref, "hypersdk-x-00000000", how, warnings, async () => {
      log.push("work");
      if (!tells(log)) expect([...notes]).toEqual([]);
      else expect([...notes]).toEqual(["/s/hypersdk-x-00000000.frozen"]);
      return work();
    });
  return { log, notes, daemon, warnings, run };
}

test("frozen, done, thawed", async () => {
  const { run, log, warnings } = guest();
  expect(await run("require")).toBe("done");
  expect(log).toEqual(["freeze", "work", "thaw"]);
  expect(warnings).toEqual([]);
});

test("a guest that somebody left frozen is thawed when there is a note of it, and only then", async () => {
  const { daemon, notes, log } = guest(["thaw2"]);
  await thawLeft(daemon, ref, "hypersdk-x-00000000");
  expect(log).toEqual([]);
  notes.add("/s/hypersdk-x-00000000.frozen");
  await thawLeft(daemon, ref, "hypersdk-x-00000000");
  expect(log).toEqual(["thaw"]);
  expect(notes.size).toBe(0);
  notes.add("/s/hypersdk-x-00000000.frozen");
  await expect(thawLeft(daemon, ref, "hypersdk-x-00000000")).rejects.toMatchObject({ code: "source.refused" });
  expect(notes.size).toBe(1);
  await thawLeft(daemon, null, "hypersdk-x-00000000");
  expect(notes.size).toBe(0);
});

test("thawed also when the work fails", async () => {
  const { run, log } = guest();
  await expect(run("try", () => Promise.reject(new AppError("source.busy")))).rejects.toMatchObject({
    code: "source.busy",
  });
  expect(log).toEqual(["freeze", "work", "thaw"]);
});

test("a guest that cannot: no work where it was required, a warning where it was tried", async () => {
  const required = guest(["freeze1"]);
  await expect(required.run("require")).rejects.toMatchObject({ code: "source.refused" });
  expect(required.log).toEqual(["freeze"]);
  const tried = guest(["freeze1"]);
  expect(await tried.run("try")).toBe("done");
  expect(tried.log).toEqual(["freeze", "work"]);
  expect(tried.warnings).toEqual(["web01 was not quiesced: freeze1 failed"]);
});

test("thawing is tried again, and told loudly when it never works", async () => {
  const again = guest(["thaw1", "thaw2"]);
  expect(await again.run("try")).toBe("done");
  expect(again.log).toEqual(["freeze", "work", "thaw", "thaw", "thaw"]);
  expect(again.warnings).toEqual([]);
  const never = guest(["thaw1", "thaw2", "thaw3"]);
  expect(await never.run("try")).toBe("done");
  expect(never.warnings.join()).toContain("MAY STILL BE FROZEN");
  expect(again.notes.size).toBe(0);
  expect(never.notes.size).toBe(1);
});
