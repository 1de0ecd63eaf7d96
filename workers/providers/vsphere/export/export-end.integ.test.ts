/** How exports end: canceled, kept, failed; what is left is found. */
import { describe, expect, it } from "vitest";
import { exportBench, first, live, MIB } from "../testing/export-bench.ts";
import { failureOf } from "../testing/failure.ts";
import { connectLab, EXPORT } from "../testing/lab-bench.ts";

const bench = exportBench();

describe("the end of an export", () => {
  it.each([
    ["", []],
    [
      ", also where the server cannot stop that",
      [{ kind: "sdk", method: "CancelTask", fault: "NotSupported" } as const],
    ],
  ])("that was canceled while its snapshot was made leaves none%s", async (_, rules) => {
    await bench.lab.control.knobs({ taskMs: 600 });
    await bench.lab.control.rules(...rules);
    const stop = new AbortController();
    const opening = failureOf(bench.connection.openExport(bench.idOf("running"), EXPORT, stop.signal));
    setTimeout(() => stop.abort(), 200);
    expect((await opening).code).toBe("job.canceled");
  });

  it("that was kept goes on from the very same point in time", async () => {
    const kept = await bench.connection.openExport(bench.idOf("running"), EXPORT, live());
    await kept.close(true);
    await bench.lab.control.guestWrite("running", 0, 0, { stamp: 77, length: MIB });
    // Another login, as after a restart.
    const again = await connectLab(bench.lab);
    const session = await again.openExport(bench.idOf("running"), { ...EXPORT, resume: kept.resume }, live());
    await bench.readRight("running", first(session));
    await session.close(false);
    const error = await failureOf(again.openExport(bench.idOf("running"), { ...EXPORT, resume: kept.resume }, live()));
    expect(error.code).toBe("state.conflict");
    await again.close();
  });

  it("waits for a task that is at the machine", async () => {
    const session = await bench.connection.openExport(bench.idOf("running"), EXPORT, live());
    await bench.lab.control.rules({ kind: "task", method: "RemoveSnapshot_Task", fault: "TaskInProgress", times: 1 });
    await session.close(false);
  });

  it("that fails is told, and what is left is found and removed", async () => {
    const session = await bench.connection.openExport(bench.idOf("running"), EXPORT, live());
    await bench.lab.control.rules({
      kind: "task",
      method: "RemoveSnapshot_Task",
      fault: "GenericVmConfigFault",
      times: 1,
    });
    expect((await failureOf(session.close(false))).code).toBe("source.refused");
    const left = await bench.connection.leftovers();
    expect(left).toEqual([expect.objectContaining({ machineName: "running", mark: EXPORT.mark, kind: "snapshot" })]);
    for (const one of left) await bench.connection.removeLeftover(one);
  });

  it("snapshots of others are not ours to sweep", async () => {
    const other = await bench.connection.createSnapshot(
      bench.idOf("off"),
      { name: "before hypersdk-upgrade", description: "", quiesce: false, memory: false },
      live(),
    );
    expect(await bench.connection.leftovers()).toEqual([]);
    await bench.connection.removeSnapshot(bench.idOf("off"), other, live());
  });
});
