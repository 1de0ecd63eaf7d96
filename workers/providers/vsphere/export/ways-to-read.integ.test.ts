/** Which way each disk is read, and what is not exported at all: against the lab vCenter. */
import { describe, expect, it } from "vitest";
import type { LabRule } from "../../../../e2e/servers/vsphere-lab-control.ts";
import { exportBench, first, live, MIB } from "../testing/export-bench.ts";
import { failureOf } from "../testing/failure.ts";
import { EXPORT } from "../testing/lab-bench.ts";

const bench = exportBench();

describe("the way a disk is read", () => {
  it.each([
    ["running", "datastore, ranges", /allocated/],
    ["off", "datastore, ranges", /tracking is off/],
    ["on vsan", "export of the snapshot, stream", /vSAN/],
    ["template", "export of the machine, stream", /keeps the machine off/],
  ])("%s: %s", async (name, transport, reason) => {
    await bench.exporting(name, async (session) => {
      for (const disk of session.disks) {
        expect(disk.transport).toBe(transport);
        expect(disk.reason).toMatch(reason);
        await bench.readRight(name, disk);
      }
      expect(session.resume === null).toBe(name === "template");
    });
  });

  it("is a stream where the host locks the whole chain", async () => {
    await bench.lab.control.knobs({ lockedChain: true });
    await bench.exporting("running", async (session) => {
      expect(first(session)).toMatchObject({
        transport: "export of the snapshot, stream",
        reason: expect.stringContaining("status 500"),
      });
      await bench.readRight("running", first(session));
    });
  });

  it("is a stream where the machine has other snapshots, and goes through all of them", async () => {
    const other = await bench.connection.createSnapshot(
      bench.idOf("running"),
      { name: "mine", description: "", quiesce: false, memory: false },
      live(),
    );
    try {
      await bench.lab.control.guestWrite("running", 0, MIB, { stamp: 99, length: 300_000 });
      await bench.exporting("running", async (session) => {
        expect(first(session).reason).toContain("chain of 2 files");
        await bench.readRight("running", first(session));
      });
    } finally {
      await bench.connection.removeSnapshot(bench.idOf("running"), other, live());
    }
  });

  it("is a stream where the account may not read files", async () => {
    await bench.lab.control.account({
      username: bench.lab.username,
      password: bench.lab.password,
      missing: ["Datastore.FileManagement"],
    });
    try {
      await bench.exporting("running", async (session) => {
        expect(first(session)).toMatchObject({
          transport: expect.stringContaining("stream"),
          reason: expect.stringContaining("may not read files"),
        });
        await bench.readRight("running", first(session));
      });
    } finally {
      await bench.lab.control.account({ username: bench.lab.username, password: bench.lab.password });
    }
  });

  it.each([{ changedAreas: "whole" }, { changedAreas: "fails" }, { maxChangedAreas: 2 }] as const)(
    "does not depend on areas: %o",
    async (knobs) => {
      await bench.lab.control.knobs(knobs);
      await bench.exporting("running", async (session) => {
        await bench.readRight("running", first(session));
        expect(first(session).reason.includes("empty parts are read too")).toBe(knobs.changedAreas === "fails");
      });
    },
  );

  it("goes on where areas are no longer told half-way", async () => {
    await bench.lab.control.knobs({ maxChangedAreas: 2 });
    await bench.lab.control.rules({ kind: "sdk", method: "QueryChangedDiskAreas", skip: 2, fault: "FileFault" });
    await bench.exporting("running", (session) => bench.readRight("running", first(session)));
  });

  it("is of the point in time of the snapshot, whatever the guest writes meanwhile", async () => {
    await bench.exporting("running", async (session) => {
      await bench.lab.control.guestWrite("running", 0, 0, { stamp: 5, length: MIB });
      await bench.readRight("running", first(session));
    });
  });
});

describe("what is not exported is told", () => {
  it("disks that are not part of snapshots are left out with what to do", async () => {
    await bench.exporting("mixed", async (session) => {
      expect(session.disks.length).toBe(1);
      expect(session.warnings).toEqual([
        expect.stringMatching(/independent.*left out.*Shut the machine down/),
        expect.stringMatching(/physical raw device.*left out/),
      ]);
      await bench.readRight("mixed", first(session));
    });
  });

  it("a raw device that keeps a snapshot from being made is named", async () => {
    const { moref } = await bench.lab.control.addMachine({
      name: "with a LUN",
      poweredOn: true,
      disks: [{ capacityBytes: MIB }, { capacityBytes: MIB, kind: "rdmPhysical" }],
    });
    const error = await failureOf(bench.connection.openExport(moref, EXPORT, live()));
    expect(error).toMatchObject({ code: "source.refused", hint: expect.stringContaining("raw device mapping") });
    await bench.lab.control.remove(moref);
  });

  it("an encrypted machine is refused before anything is made", async () => {
    const error = await failureOf(bench.connection.openExport(bench.idOf("sealed"), EXPORT, live()));
    expect(error).toMatchObject({ code: "source.refused", hint: expect.stringContaining("Decrypt") });
    expect((await bench.lab.control.stats()).counts["sdk.CreateSnapshot_Task"]).toBeUndefined();
  });

  it("a guest that cannot be made quiet is a warning, or an error where that was asked for", async () => {
    const rule: LabRule = {
      kind: "task",
      method: "CreateSnapshot_Task",
      fault: "ApplicationQuiesceFault",
      message: "The guest did not answer.",
      times: 1,
    };
    await bench.lab.control.rules(rule);
    await bench.exporting(
      "running",
      async ({ warnings }) => expect(warnings).toEqual([expect.stringContaining("could not be made quiet")]),
      { quiesce: "try" },
    );
    await bench.lab.control.rules(rule);
    const error = await failureOf(
      bench.connection.openExport(bench.idOf("running"), { ...EXPORT, quiesce: "require" }, live()),
    );
    expect(error).toMatchObject({ code: "source.refused", hint: expect.stringContaining("quiet") });
  });

  it("a privilege that is missing is named", async () => {
    await bench.lab.control.account({
      username: bench.lab.username,
      password: bench.lab.password,
      missing: ["VirtualMachine.State.CreateSnapshot"],
    });
    const error = await failureOf(bench.connection.openExport(bench.idOf("running"), EXPORT, live()));
    await bench.lab.control.account({ username: bench.lab.username, password: bench.lab.password });
    expect(error).toMatchObject({
      code: "source.privilege",
      details: { privilege: "VirtualMachine.State.CreateSnapshot" },
    });
  });
});
