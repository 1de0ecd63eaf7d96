/** Disks as streams of a lease, in all weathers: no wrong byte, and no lease is left. */
import { describe, expect, it } from "vitest";
import { exportBench, first, live, MIB, readAll, slowly } from "../testing/export-bench.ts";
import { failureOf } from "../testing/failure.ts";
import { EXPORT } from "../testing/lab-bench.ts";

const bench = exportBench();

describe("streams in bad weather", () => {
  it("a slow reader's lease lives, as it is told the progress all the time", async () => {
    await bench.lab.control.knobs({ leaseTimeoutMs: 600 });
    await bench.exporting("on vsan", async (session) => {
      await readAll(first(session), live(), slowly(60));
      expect((await bench.lab.control.stats()).counts["lease.progress"]).toBeGreaterThan(5);
      expect((await bench.lab.control.stats()).leaseEnds.filter(({ end }) => end === "timeout")).toEqual([]);
    });
  });

  it("is completed where all was read and verified, else given back", async () => {
    const ends = async () => (await bench.lab.control.stats()).leaseEnds.slice(-1).map(({ end }) => end);
    await bench.exporting("on vsan", async (session) => {
      for (const disk of session.disks) await readAll(disk);
    });
    expect(await ends()).toEqual(["done"]);
    await bench.exporting("on vsan", async (session) => void (await readAll(first(session))));
    expect(await ends()).toEqual(["error"]);
  });

  it.each([
    ["cut off", { cutAfter: 100_000 }, "source.lost"],
    ["a byte that was turned", { flip: 5000 }, "io.read"],
    ["404", { status: 404 }, "io.vanished"],
    ["503", { status: 503 }, "source.busy"],
  ])("%s: an error", async (_, fault, code) => {
    await bench.exporting("on vsan", async (session) => {
      await bench.lab.control.rules({ kind: "nfc", method: "GET", ...fault });
      const error = await failureOf(readAll(first(session)));
      expect(error.code).toBe(code);
      expect(error.retryable || code === "io.vanished").toBe(true);
      await bench.lab.control.rules();
      await bench.readRight("on vsan", first(session));
    });
  });

  it("a stream that ends in good order before its end is no disk, even where the manifest says that this was all", async () => {
    await bench.exporting("on vsan", async (session) => {
      await bench.lab.control.rules({ kind: "nfc", method: "GET", endAfter: 100_000 });
      expect((await failureOf(bench.readRight("on vsan", first(session)))).code).toMatch(
        /^(io\.read|disk\.truncated)$/,
      );
    });
  });

  it("what differs from the manifest is no disk", async () => {
    await bench.lab.control.knobs({ manifest: "wrong" });
    await bench.exporting("on vsan", async (session) => {
      expect((await failureOf(readAll(first(session)))).message).toMatch(/SHA-1|host sent/);
    });
  });

  it("a server without manifests is no hindrance", async () => {
    await bench.lab.control.knobs({ manifest: "none" });
    await bench.exporting("on vsan", async (session) => bench.readRight("on vsan", first(session)));
  });

  it("a lease that was ended is told, and the next try has another", async () => {
    await bench.exporting("on vsan", async (session) => {
      // On a busy machine the one refusal may meet a last word of a lease before, or come when all was read.
      let error: unknown = null;
      for (let tries = 0; tries < 5 && error === null; tries++) {
        await bench.lab.control.rules({ kind: "sdk", method: "HttpNfcLeaseProgress", fault: "Timedout", times: 1 });
        error = await readAll(first(session), live(), slowly(60)).then(
          () => null,
          (thrown: unknown) => thrown,
        );
      }
      expect(error).toMatchObject({ code: "source.lost", retryable: true });
      await bench.readRight("on vsan", first(session));
    });
  });

  it("a lease that the server hears nothing of ends, and the stream with it, whatever was still to come", async () => {
    await bench.lab.control.knobs({ leaseTimeoutMs: 600 });
    await bench.lab.control.rules(
      { kind: "sdk", method: "HttpNfcLeaseProgress", delayMs: 2500 },
      { kind: "nfc", bytesPerSecond: 300_000 },
    );
    await bench.exporting("on vsan", async (session) => {
      const reading = readAll(first(session));
      expect(await failureOf(reading)).toMatchObject({ code: "source.lost", retryable: true });
      expect((await bench.lab.control.stats()).leaseEnds.at(-1)?.end).toBe("timeout");
      await bench.lab.control.rules();
      await bench.readRight("on vsan", first(session));
    });
  });

  it("a session that ends while a stream comes is made anew: the lease lives, the disk is right", async () => {
    await bench.lab.control.knobs({ leaseTimeoutMs: 1500 });
    await bench.exporting("on vsan", async (session) => {
      const [disk] = session.disks;
      if (disk === undefined) throw new Error("no disk");
      let expired = 0;
      await readAll(disk, live(), async (done) => {
        if (expired === 0 && done > 500_000) expired = await bench.lab.control.expire();
        await slowly(30)();
      });
      expect(expired).toBeGreaterThan(0);
      await bench.readRight("on vsan", disk);
    });
  });

  it("a machine that vanishes half-way is an error that says so, and closing is none", async () => {
    const { moref } = await bench.lab.control.addMachine({
      name: "going",
      datastore: "vsanDatastore",
      poweredOn: true,
      disks: [{ capacityBytes: 4 * MIB }],
    });
    const session = await bench.connection.openExport(moref, EXPORT, live());
    await bench.lab.control.rules({ kind: "nfc", vanish: true, afterBytes: 200_000 });
    // The connection breaks first; whoever tries again learns that there is nothing to be had any more.
    expect((await failureOf(readAll(first(session)))).code).toMatch(/^(source\.lost|io\.vanished)$/);
    await expect
      .poll(async () => await failureOf(readAll(first(session))), { timeout: 3000 })
      .toMatchObject({ code: "source.no-snapshot", retryable: false });
    await session.close(false);
  });

  it("an account that may not export is told which privilege is missing", async () => {
    await bench.lab.control.account({
      username: bench.lab.username,
      password: bench.lab.password,
      missing: ["VApp.Export"],
    });
    const error = await failureOf(bench.connection.openExport(bench.idOf("on vsan"), EXPORT, live()));
    await bench.lab.control.account({ username: bench.lab.username, password: bench.lab.password });
    expect(error).toMatchObject({ code: "source.privilege", details: { privilege: "VApp.Export" } });
  });

  it("a privilege that is lost while a stream comes ends with its name, and nothing is left", async () => {
    await bench.exporting("on vsan", async (session) => {
      await bench.lab.control.rules({
        kind: "sdk",
        method: "HttpNfcLeaseGetManifest",
        fault: "NoPermission",
        detail: { privilegeId: "VApp.Export" },
      });
      expect(await failureOf(readAll(first(session)))).toMatchObject({
        code: "source.privilege",
        details: { privilege: "VApp.Export" },
      });
      await bench.lab.control.rules();
    });
  });

  it("the host `*` is the one that is connected to", async () => {
    await bench.lab.control.knobs({ deviceHost: "*" });
    await bench.exporting("on vsan", async (session) => bench.readRight("on vsan", first(session)));
  });

  it("a host with another certificate than the vCenter names is not trusted", async () => {
    await bench.lab.control.knobs({ thumbprint: "wrong" });
    const error = await failureOf(bench.connection.openExport(bench.idOf("on vsan"), EXPORT, live()));
    expect(error).toMatchObject({
      code: "source.certificate",
      details: { fingerprint: bench.lab.hostFingerprint.replaceAll(":", "").toLowerCase() },
    });
  });

  it("a host that cannot be reached is told before anything is read", async () => {
    await bench.lab.control.knobs({ deviceHost: "esx7.no-such-domain.invalid" });
    const error = await failureOf(bench.connection.openExport(bench.idOf("on vsan"), EXPORT, live()));
    expect(error).toMatchObject({ code: "source.unreachable", hint: expect.stringContaining("DNS") });
    expect(error.message).toContain("esx7.no-such-domain.invalid");
  });

  it("a machine under a lease stays off", async () => {
    await bench.exporting("template", async () => {
      expect((await failureOf(bench.connection.power(bench.idOf("template"), "on", live()))).code).toMatch(/^source\./);
    });
  });
});
