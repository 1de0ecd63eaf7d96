/** Disks as streams of a lease, in all weathers: no wrong byte, and no lease is left. */
import { describe, expect, it } from "vitest";
import { exportBench, first, live, readAll, slowly } from "../testing/export-bench.ts";
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
      await bench.lab.control.rules({ kind: "sdk", method: "HttpNfcLeaseProgress", fault: "Timedout", times: 1 });
      const error = await failureOf(readAll(first(session), live(), slowly(60)));
      expect(error).toMatchObject({ code: "source.lost", retryable: true });
      await bench.readRight("on vsan", first(session));
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
