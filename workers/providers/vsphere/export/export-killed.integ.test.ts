/** The program is killed while it exports, and started again: on a vCenter and on a host of its own. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type ExportBench, exportBench, first, live, MIB } from "../testing/export-bench.ts";
import { failureOf } from "../testing/failure.ts";
import { bytesOf, connectLab, EXPORT } from "../testing/lab-bench.ts";

const PROGRAM = fileURLToPath(new URL("../testing/reading-process.ts", import.meta.url));

/** Starts a program that exports the machine, and kills it when it has read `bytes`. @returns what it could have kept */
async function killedAfter(bench: ExportBench, name: string, bytes: number) {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
  const { url: address, username, password, caPem } = bench.lab;
  child.stdin.end(JSON.stringify({ address, username, password, caPem, machineId: bench.idOf(name) }));
  let resume: Record<string, unknown> | null = null;
  let done = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const news = JSON.parse(line) as { resume?: Record<string, unknown> | null; done?: number };
    resume = news.resume ?? resume;
    done = news.done ?? done;
    if (done >= bytes) child.kill("SIGKILL");
  }
  expect(child.signalCode ?? (await new Promise((ended) => child.once("exit", (_, signal) => ended(signal))))).toBe(
    "SIGKILL",
  );
  return { resume, done };
}

/** Of the snapshot that the export was read from. */
async function truthOf(bench: ExportBench, name: string, snapshotId: unknown): Promise<string> {
  return await bench.lab.diskTruth(bench.idOf(name), 0, String(snapshotId));
}

for (const esx of [false, true]) {
  describe(esx ? "on a host of its own" : "on a vCenter", () => {
    const bench = exportBench({
      esx,
      machines: [
        { name: "ranged", poweredOn: true, cbt: true, disks: [{ capacityBytes: 8 * MIB }] },
        { name: "streamed", poweredOn: true, disks: [{ capacityBytes: 8 * MIB, kind: "rdmVirtual" }] },
        { name: "leased", template: true, disks: [{ capacityBytes: 8 * MIB }] },
      ],
    });

    it("ranges go on where the program was killed, from the very same point in time", async () => {
      const { resume, done } = await killedAfter(bench, "ranged", 2 * MIB);
      expect(resume).not.toBeNull();
      await bench.lab.control.guestWrite("ranged", 0, 0, { stamp: 31, length: 8 * MIB });
      await bench.lab.control.resetStats();
      await bench.exporting(
        "ranged",
        async (session) => {
          expect(session.resume).toEqual(resume);
          const disk = first(session);
          expect(disk.transport).toBe("datastore, ranges");
          const transport = await disk.open(live());
          if (transport.kind !== "random") throw new Error("not ranges");
          const rest = new Uint8Array(disk.capacityBytes - done);
          await transport.reader.read(done, rest);
          await transport.close();
          const truth = await bytesOf(await truthOf(bench, "ranged", resume?.snapshotId), done, rest.length);
          expect(Buffer.compare(rest, truth)).toBe(0);
          // What had been read is not read again: a probe of a sector besides.
          expect((await bench.lab.control.stats()).counts["folder.bytes"]).toBeLessThanOrEqual(rest.length + 4096);
        },
        { resume },
      );
    });

    it("a stream begins anew, from the very same point in time, and its old lease is no hindrance", async () => {
      await bench.lab.control.knobs({ leaseTimeoutMs: 2000 });
      const { resume } = await killedAfter(bench, "streamed", MIB);
      await bench.lab.control.guestWrite("streamed", 0, 0, { stamp: 32, length: MIB });
      await bench.exporting("streamed", async (session) => bench.readRight("streamed", first(session)), { resume });
      await expect.poll(async () => (await bench.lab.control.stats()).leases, { timeout: 5000 }).toBe(0);
    });

    it("a machine that an old lease holds is told to be, and is free when that has ended", async () => {
      await bench.lab.control.knobs({ leaseTimeoutMs: 2500 });
      const { resume } = await killedAfter(bench, "leased", 512 * 1024);
      expect(resume).toBeNull();
      const error = await failureOf(bench.connection.openExport(bench.idOf("leased"), EXPORT, live()));
      expect(error).toMatchObject({ code: "source.busy", retryable: true });
      expect(error.hint).toMatch(/minutes/);
      await expect.poll(async () => (await bench.lab.control.stats()).leases, { timeout: 5000 }).toBe(0);
      await bench.exporting("leased", async (session) => bench.readRight("leased", first(session)));
    });

    it("what nobody goes on with is found at the next start, and removed", async () => {
      const { resume } = await killedAfter(bench, "ranged", 512 * 1024);
      const next = await connectLab(bench.lab);
      const left = await next.leftovers();
      expect(left).toEqual([
        expect.objectContaining({ machineName: "ranged", mark: EXPORT.mark, id: resume?.snapshotId }),
      ]);
      for (const one of left) await next.removeLeftover(one);
      for (const one of left) await next.removeLeftover(one);
      await next.close();
    });
  });
}
