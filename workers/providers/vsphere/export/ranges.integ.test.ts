/** Disks by ranges, in all weathers: no wrong byte, and nothing is left. */
import { describe, expect, it } from "vitest";
import type { LabRule } from "../../../../e2e/servers/vsphere-lab-control.ts";
import { exportBench, first, live, MIB, readAll } from "../testing/export-bench.ts";
import { failureOf } from "../testing/failure.ts";
import { EXPORT } from "../testing/lab-bench.ts";

const bench = exportBench();

describe("ranges in bad weather", () => {
  const ranges = (rule: Omit<LabRule, "kind">): LabRule => ({
    kind: "folder",
    method: "GET",
    onlyRange: true,
    ...rule,
  });

  it.each([
    ["503, again and again", { status: 503, times: 8 }],
    ["503 with Retry-After", { status: 503, retryAfter: 1, times: 1 }],
    ["500 in between", { status: 500, times: 3 }],
    ["bodies cut off", { cutAfter: 1000, times: 6 }],
    ["bodies shorter than they say", { shortAfter: 70_000, times: 6 }],
  ])("%s: read right in the end", async (_, fault) => {
    await bench.exporting("running", async (session) => {
      await bench.lab.control.rules(ranges(fault));
      await bench.readRight("running", first(session));
    });
  });

  it.each([
    ["a 200 in place of a 206", { ignoreRange: true }, "source.protocol"],
    ["another range than was asked for", { rangeShift: 512 }, "source.protocol"],
    ["500 for ever", { status: 500 }, "io.read"],
    ["503 for ever", { status: 503 }, "source.busy"],
    ["403", { status: 403 }, "source.privilege"],
    ["404", { status: 404 }, "io.vanished"],
    ["cut off every time", { cutAfter: 10 }, "source.lost"],
  ])("%s: an error, not a byte", async (_, fault, code) => {
    await bench.exporting("running", async (session) => {
      await bench.lab.control.rules(ranges(fault));
      const error = await failureOf(readAll(first(session)));
      expect(error.code).toBe(code);
      expect(error.message.length).toBeGreaterThan(20);
    });
  });

  it("never has more requests on their way than allowed, and fewer while the host has enough", async () => {
    await bench.exporting(
      "off",
      async (session) => {
        await bench.lab.control.knobs({ maxFolderRequests: 2 });
        await bench.lab.control.rules(ranges({ delayMs: 10 }));
        await bench.readRight("off", first(session));
        expect((await bench.lab.control.stats()).highest.folder).toBeLessThanOrEqual(4);
      },
      { connectionsPerHost: 4 },
    );
  });

  it("a session that ends while a disk is read is made anew", async () => {
    await bench.exporting("running", async (session) => {
      const transport = await first(session).open(live());
      await bench.lab.control.expire();
      if (transport.kind !== "random") throw new Error("not ranges");
      await transport.reader.read(0, new Uint8Array(MIB));
      await transport.close();
      await bench.readRight("running", first(session));
    });
  });

  it("stops at once when it is told to", async () => {
    await bench.exporting("running", async (session) => {
      const stop = new AbortController();
      await bench.lab.control.rules(ranges({ delayMs: 5000 }));
      const reading = failureOf(readAll(first(session), stop.signal));
      const began = performance.now();
      setTimeout(() => stop.abort(), 50);
      expect((await reading).code).toBe("job.canceled");
      expect(performance.now() - began).toBeLessThan(2000);
    });
  });

  it.each([
    [false, "is read on, as the snapshot's file stays as it is"],
    [true, "is an error that names the lock where the host locks all of its files"],
  ])("a machine that is powered on half-way (whole chain locked: %s) %s", async (lockedChain) => {
    await bench.lab.control.knobs({ lockedChain });
    try {
      await bench.exporting("off", async (session) => {
        const disk = first(session);
        expect(disk.transport).toBe("datastore, ranges");
        const transport = await disk.open(live());
        if (transport.kind !== "random") throw new Error("not ranges");
        await transport.reader.read(0, new Uint8Array(64 * 1024));
        await transport.close();
        await bench.lab.control.power("off", "poweredOn");
        await bench.lab.control.guestWrite("off", 0, 0, { stamp: 8, length: MIB });
        if (!lockedChain) return await bench.readRight("off", disk);
        expect(await failureOf(readAll(disk))).toMatchObject({
          code: "io.read",
          retryable: true,
          hint: expect.stringContaining("locked"),
        });
      });
    } finally {
      await bench.lab.control.power("off", "poweredOff");
    }
  });

  it("an account that loses its privilege half-way is told which", async () => {
    await bench.exporting("running", async (session) => {
      const account = { username: bench.lab.username, password: bench.lab.password };
      const lose = () => bench.lab.control.account({ ...account, missing: ["Datastore.FileManagement"] });
      let lost = false;
      const error = await failureOf(
        readAll(first(session), live(), (done) => {
          if (lost || done < MIB) return undefined;
          lost = true;
          return lose();
        }),
      );
      await bench.lab.control.account(account);
      expect(error).toMatchObject({
        code: "source.privilege",
        details: { privilege: expect.stringContaining("Datastore.FileManagement") },
      });
    });
  });

  it("a machine that vanishes half-way is an error, and closing is not", async () => {
    const { moref } = await bench.lab.control.addMachine({ name: "vanishing", disks: [{ capacityBytes: 4 * MIB }] });
    const session = await bench.connection.openExport(moref, EXPORT, live());
    await bench.lab.control.remove(moref);
    expect((await failureOf(readAll(first(session)))).code).toBe("io.vanished");
    await session.close(false);
  });
});
