/** Whatever happens while a guest is frozen, it is thawed. */
import { expect, test } from "vitest";
import { AppError } from "../../../src-core/model/error.ts";
import type { Daemon } from "./daemon.ts";
import { frozen } from "./freeze.ts";
import type { Rpc } from "./rpc/client.ts";
import { CALL, type Procedure } from "./rpc/procedures.ts";

const ref = { name: "web01", uuid: Buffer.alloc(16), id: 1 };

/** @param fails which calls fail, by their number in order */
function guest(fails: readonly string[] = []) {
  const log: string[] = [];
  const machines: Pick<Rpc, "call"> = {
    async call<A, R>(procedure: Procedure<A, R>): Promise<R> {
      const name = procedure.number === CALL.freeze.number ? "freeze" : "thaw";
      log.push(name);
      const nth = `${name}${log.filter((one) => one === name).length}`;
      if (fails.includes(nth)) throw new AppError("source.refused", `${nth} failed`);
      return { count: 2 } as R;
    },
  };
  const warnings: string[] = [];
  const run = (how: "try" | "require", work: () => Promise<string> = async () => "done") =>
    frozen({ machines } as unknown as Daemon, ref, how, warnings, async () => {
      log.push("work");
      return work();
    });
  return { log, warnings, run };
}

test("frozen, done, thawed", async () => {
  const { run, log, warnings } = guest();
  expect(await run("require")).toBe("done");
  expect(log).toEqual(["freeze", "work", "thaw"]);
  expect(warnings).toEqual([]);
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
});
