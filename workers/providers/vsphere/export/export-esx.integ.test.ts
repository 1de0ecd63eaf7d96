/** Exports from a stand-alone ESXi host: what differs there is the datacenter that is left out and the host `*` of leases. */
import { describe, expect, it } from "vitest";
import { exportBench, first, live } from "../testing/export-bench.ts";
import { failureOf } from "../testing/failure.ts";
import { EXPORT } from "../testing/lab-bench.ts";

const MIB = 1024 * 1024;
const bench = exportBench({
  esx: true,
  machines: [
    { name: "running", poweredOn: true, tools: true, cbt: true, disks: [{ capacityBytes: 6 * MIB + 512 }] },
    { name: "off", datastore: "nfs share 1", disks: [{ capacityBytes: 4 * MIB }] },
    { name: "template", template: true, disks: [{ capacityBytes: 3 * MIB }, { capacityBytes: MIB }] },
  ],
});

describe("a stand-alone host", () => {
  it.each(["running", "off"])("gives ranges of files: %s", async (name) => {
    await bench.exporting(name, async (session) => {
      expect(first(session).transport).toBe("datastore, ranges");
      await bench.readRight(name, first(session));
    });
  });

  it.each(["*", "*:443"])("gives streams, whose host %s is the one that is connected to", async (deviceHost) => {
    // The lab's port is none that a real host has: with one of its own, the URL is only tried for what it says.
    await bench.lab.control.knobs({ deviceHost, lockedChain: true });
    if (deviceHost === "*") {
      await bench.exporting("running", async (session) => {
        expect(first(session).transport).toBe("export of the snapshot, stream");
        await bench.readRight("running", first(session));
      });
    } else {
      const error = await failureOf(bench.connection.openExport(bench.idOf("running"), EXPORT, live()));
      expect(error).toMatchObject({ code: "source.unreachable", message: expect.stringContaining("127.0.0.1") });
    }
  });

  it("gives all disks of a machine that a lease keeps off", async () => {
    await bench.lab.control.knobs({ deviceHost: "*" });
    await bench.exporting("template", async (session) => {
      expect(session.disks.length).toBe(2);
      for (const disk of session.disks) await bench.readRight("template", disk);
    });
    expect((await bench.lab.control.stats()).leaseEnds.at(-1)?.end).toBe("done");
  });
});
