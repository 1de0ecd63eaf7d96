/** Exports in all weathers: against the lab vCenter, with every fault it knows. Whatever happens, no wrong byte, and nothing is left. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startVsphereLab, type VsphereLab } from "../../../../e2e/servers/vsphere-lab.ts";
import type { LabRule } from "../../../../e2e/servers/vsphere-lab-control.ts";
import type { Connection, ExportDisk, ExportOptions, ExportSession } from "../../provider.ts";
import { readTransport } from "../../testing/read-transport.ts";
import { failureOf } from "../testing/failure.ts";
import { bytesOf, connectLab, EXPORT } from "../testing/lab-bench.ts";

const MIB = 1024 * 1024;
let lab: VsphereLab;
let connection: Connection;
const logged: string[] = [];

beforeAll(async () => {
  lab = await startVsphereLab({
    machines: [
      { name: "running", poweredOn: true, tools: true, cbt: true, disks: [{ capacityBytes: 6 * MIB + 512 }] },
      { name: "off", datastore: "nfs share 1", disks: [{ capacityBytes: 4 * MIB }] },
      {
        name: "on vsan",
        datastore: "vsanDatastore",
        poweredOn: true,
        disks: [{ capacityBytes: 5 * MIB }, { capacityBytes: 2 * MIB, controller: "sata" }],
      },
      { name: "template", template: true, disks: [{ capacityBytes: 3 * MIB }] },
      {
        name: "mixed",
        poweredOn: true,
        disks: [
          { capacityBytes: 2 * MIB },
          { capacityBytes: MIB, mode: "independent_persistent" },
          { capacityBytes: MIB, kind: "rdmPhysical", mode: "independent_persistent" },
        ],
      },
      { name: "sealed", encrypted: true, disks: [{ capacityBytes: MIB }] },
    ],
  });
  connection = await connectLab(lab, { logged });
});
afterAll(async () => {
  await connection.close();
  await lab.stop();
  expect(logged.join("\n")).not.toContain(lab.password);
});
beforeEach(async () => {
  await lab.control.rules();
  await lab.control.knobs({
    maxFolderRequests: 0,
    lockedChain: false,
    changedAreas: "precise",
    maxChangedAreas: 2000,
    leaseTimeoutMs: 300_000,
    deviceHost: "host",
    thumbprint: "right",
    manifest: "sha1",
    taskMs: 20,
  });
  await lab.control.resetStats();
});
afterEach(async () => {
  const { snapshots, leases } = await lab.control.stats();
  expect({ snapshots, leases }, "left behind").toEqual({ snapshots: 0, leases: 0 });
});

const idOf = (name: string): string => lab.machines.find((one) => one.name === name)?.moref ?? name;
const live = () => new AbortController().signal;

async function exporting<T>(
  name: string,
  work: (session: ExportSession) => Promise<T>,
  options: Partial<ExportOptions> = {},
): Promise<T> {
  const session = await connection.openExport(idOf(name), { ...EXPORT, ...options }, live());
  try {
    return await work(session);
  } finally {
    await session.close(false);
  }
}

/** Reads the disk and compares it with what the snapshot, or the machine that is off, holds. */
async function readRight(name: string, disk: ExportDisk): Promise<void> {
  const { disks, snapshots } = await lab.control.machine(idOf(name));
  const number = disks.findIndex(({ key }) => String(key) === disk.key);
  const truth = await lab.diskTruth(idOf(name), number, snapshots.find((one) => one.name === EXPORT.mark)?.moref);
  await readTransport(disk, (offset, length) => bytesOf(truth, offset, length));
}

const first = (session: ExportSession): ExportDisk => {
  const [disk] = session.disks;
  if (disk === undefined) throw new Error("the export has no disk");
  return disk;
};

/** The whole disk, until something goes wrong. */
async function readAll(disk: ExportDisk, signal = live(), pauseMs = 0): Promise<number> {
  const transport = await disk.open(signal);
  const piece = new Uint8Array(64 * 1024);
  let done = 0;
  try {
    if (transport.kind === "stream") {
      for (let got = piece.length; got === piece.length; done += got) {
        got = await transport.source.read(piece);
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    } else {
      for (; done < disk.capacityBytes; done += piece.length) {
        await transport.reader.read(done, piece.subarray(0, Math.min(piece.length, disk.capacityBytes - done)));
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
    return done;
  } finally {
    await transport.close();
  }
}

describe("the way a disk is read", () => {
  it.each([
    ["running", "datastore, ranges", /allocated/],
    ["off", "datastore, ranges", /tracking is off/],
    ["on vsan", "export of the snapshot, stream", /vSAN/],
    ["template", "export of the machine, stream", /keeps the machine off/],
  ])("%s: %s", async (name, transport, reason) => {
    await exporting(name, async (session) => {
      for (const disk of session.disks) {
        expect(disk.transport).toBe(transport);
        expect(disk.reason).toMatch(reason);
        await readRight(name, disk);
      }
      expect(session.resume === null).toBe(name === "template");
    });
  });

  it("is a stream where the host locks the whole chain", async () => {
    await lab.control.knobs({ lockedChain: true });
    await exporting("running", async (session) => {
      expect(first(session)).toMatchObject({
        transport: "export of the snapshot, stream",
        reason: expect.stringContaining("status 500"),
      });
      await readRight("running", first(session));
    });
  });

  it("is a stream where the machine has other snapshots, and goes through all of them", async () => {
    const other = await connection.createSnapshot(
      idOf("running"),
      { name: "mine", description: "", quiesce: false, memory: false },
      live(),
    );
    try {
      await lab.control.guestWrite("running", 0, MIB, { stamp: 99, length: 300_000 });
      await exporting("running", async (session) => {
        expect(first(session).reason).toContain("chain of 2 files");
        await readRight("running", first(session));
      });
    } finally {
      await connection.removeSnapshot(idOf("running"), other, live());
    }
  });

  it("is a stream where the account may not read files", async () => {
    await lab.control.account({
      username: lab.username,
      password: lab.password,
      missing: ["Datastore.FileManagement"],
    });
    try {
      await exporting("running", async (session) => {
        expect(first(session)).toMatchObject({
          transport: expect.stringContaining("stream"),
          reason: expect.stringContaining("may not read files"),
        });
        await readRight("running", first(session));
      });
    } finally {
      await lab.control.account({ username: lab.username, password: lab.password });
    }
  });

  it.each([{ changedAreas: "whole" }, { changedAreas: "fails" }, { maxChangedAreas: 2 }] as const)(
    "does not depend on areas: %o",
    async (knobs) => {
      await lab.control.knobs(knobs);
      await exporting("running", async (session) => {
        await readRight("running", first(session));
        expect(first(session).reason.includes("empty parts are read too")).toBe(knobs.changedAreas === "fails");
      });
    },
  );

  it("goes on where areas are no longer told half-way", async () => {
    await lab.control.knobs({ maxChangedAreas: 2 });
    await lab.control.rules({ kind: "sdk", method: "QueryChangedDiskAreas", skip: 2, fault: "FileFault" });
    await exporting("running", (session) => readRight("running", first(session)));
  });

  it("is of the point in time of the snapshot, whatever the guest writes meanwhile", async () => {
    await exporting("running", async (session) => {
      await lab.control.guestWrite("running", 0, 0, { stamp: 5, length: MIB });
      await readRight("running", first(session));
    });
  });
});

describe("what is not exported is told", () => {
  it("disks that are not part of snapshots are left out with what to do", async () => {
    await exporting("mixed", async (session) => {
      expect(session.disks.length).toBe(1);
      expect(session.warnings).toEqual([
        expect.stringMatching(/independent.*left out.*Shut the machine down/),
        expect.stringMatching(/physical raw device.*left out/),
      ]);
      await readRight("mixed", first(session));
    });
  });

  it("a raw device that keeps a snapshot from being made is named", async () => {
    const { moref } = await lab.control.addMachine({
      name: "with a LUN",
      poweredOn: true,
      disks: [{ capacityBytes: MIB }, { capacityBytes: MIB, kind: "rdmPhysical" }],
    });
    const error = await failureOf(connection.openExport(moref, EXPORT, live()));
    expect(error).toMatchObject({ code: "source.refused", hint: expect.stringContaining("raw device mapping") });
    await lab.control.remove(moref);
  });

  it("an encrypted machine is refused before anything is made", async () => {
    const error = await failureOf(connection.openExport(idOf("sealed"), EXPORT, live()));
    expect(error).toMatchObject({ code: "source.refused", hint: expect.stringContaining("Decrypt") });
    expect((await lab.control.stats()).counts["sdk.CreateSnapshot_Task"]).toBeUndefined();
  });

  it("a guest that cannot be made quiet is a warning, or an error where that was asked for", async () => {
    const rule: LabRule = {
      kind: "task",
      method: "CreateSnapshot_Task",
      fault: "ApplicationQuiesceFault",
      message: "The guest did not answer.",
      times: 1,
    };
    await lab.control.rules(rule);
    await exporting(
      "running",
      async ({ warnings }) => expect(warnings).toEqual([expect.stringContaining("could not be made quiet")]),
      { quiesce: "try" },
    );
    await lab.control.rules(rule);
    const error = await failureOf(connection.openExport(idOf("running"), { ...EXPORT, quiesce: "require" }, live()));
    expect(error).toMatchObject({ code: "source.refused", hint: expect.stringContaining("quiet") });
  });

  it("a privilege that is missing is named", async () => {
    await lab.control.account({
      username: lab.username,
      password: lab.password,
      missing: ["VirtualMachine.State.CreateSnapshot"],
    });
    const error = await failureOf(connection.openExport(idOf("running"), EXPORT, live()));
    await lab.control.account({ username: lab.username, password: lab.password });
    expect(error).toMatchObject({
      code: "source.privilege",
      details: { privilege: "VirtualMachine.State.CreateSnapshot" },
    });
  });
});

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
    await exporting("running", async (session) => {
      await lab.control.rules(ranges(fault));
      await readRight("running", first(session));
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
    await exporting("running", async (session) => {
      await lab.control.rules(ranges(fault));
      const error = await failureOf(readAll(first(session)));
      expect(error.code).toBe(code);
      expect(error.message.length).toBeGreaterThan(20);
    });
  });

  it("never has more requests on their way than allowed, and fewer while the host has enough", async () => {
    await exporting(
      "off",
      async (session) => {
        await lab.control.knobs({ maxFolderRequests: 2 });
        await lab.control.rules(ranges({ delayMs: 10 }));
        await readRight("off", first(session));
        expect((await lab.control.stats()).highest.folder).toBeLessThanOrEqual(4);
      },
      { connectionsPerHost: 4 },
    );
  });

  it("a session that ends while a disk is read is made anew", async () => {
    await exporting("running", async (session) => {
      const transport = await first(session).open(live());
      await lab.control.expire();
      if (transport.kind !== "random") throw new Error("not ranges");
      await transport.reader.read(0, new Uint8Array(MIB));
      await transport.close();
      await readRight("running", first(session));
    });
  });

  it("stops at once when it is told to", async () => {
    await exporting("running", async (session) => {
      const stop = new AbortController();
      await lab.control.rules(ranges({ delayMs: 5000 }));
      const reading = failureOf(readAll(first(session), stop.signal));
      const began = performance.now();
      setTimeout(() => stop.abort(), 50);
      expect((await reading).code).toBe("job.canceled");
      expect(performance.now() - began).toBeLessThan(2000);
    });
  });

  it("a machine that vanishes half-way is an error, and closing is not", async () => {
    const { moref } = await lab.control.addMachine({ name: "vanishing", disks: [{ capacityBytes: 4 * MIB }] });
    const session = await connection.openExport(moref, EXPORT, live());
    await lab.control.remove(moref);
    expect((await failureOf(readAll(first(session)))).code).toBe("io.vanished");
    await session.close(false);
  });
});

describe("streams in bad weather", () => {
  it("a slow reader's lease lives, as it is told the progress all the time", async () => {
    await lab.control.knobs({ leaseTimeoutMs: 600 });
    await exporting("on vsan", async (session) => {
      await readAll(first(session), live(), 60);
      expect((await lab.control.stats()).counts["lease.progress"]).toBeGreaterThan(5);
      expect((await lab.control.stats()).leaseEnds.filter(({ end }) => end === "timeout")).toEqual([]);
    });
  });

  it("is completed where all was read and verified, else given back", async () => {
    const ends = async () => (await lab.control.stats()).leaseEnds.slice(-1).map(({ end }) => end);
    await exporting("on vsan", async (session) => {
      for (const disk of session.disks) await readAll(disk);
    });
    expect(await ends()).toEqual(["done"]);
    await exporting("on vsan", async (session) => void (await readAll(first(session))));
    expect(await ends()).toEqual(["error"]);
  });

  it.each([
    ["cut off", { cutAfter: 100_000 }, "source.lost"],
    ["a byte that was turned", { flip: 5000 }, "io.read"],
    ["404", { status: 404 }, "io.vanished"],
    ["503", { status: 503 }, "source.busy"],
  ])("%s: an error", async (_, fault, code) => {
    await exporting("on vsan", async (session) => {
      await lab.control.rules({ kind: "nfc", method: "GET", ...fault });
      const error = await failureOf(readAll(first(session)));
      expect(error.code).toBe(code);
      expect(error.retryable || code === "io.vanished").toBe(true);
      await lab.control.rules();
      await readRight("on vsan", first(session));
    });
  });

  it("a stream that ends in good order before its end is no disk, even where the manifest says that this was all", async () => {
    await exporting("on vsan", async (session) => {
      await lab.control.rules({ kind: "nfc", method: "GET", endAfter: 100_000 });
      expect((await failureOf(readRight("on vsan", first(session)))).code).toMatch(/^(io\.read|disk\.truncated)$/);
    });
  });

  it("what differs from the manifest is no disk", async () => {
    await lab.control.knobs({ manifest: "wrong" });
    await exporting("on vsan", async (session) => {
      expect((await failureOf(readAll(first(session)))).message).toMatch(/SHA-1|host sent/);
    });
  });

  it("a server without manifests is no hindrance", async () => {
    await lab.control.knobs({ manifest: "none" });
    await exporting("on vsan", async (session) => readRight("on vsan", first(session)));
  });

  it("a lease that was ended is told, and the next try has another", async () => {
    await exporting("on vsan", async (session) => {
      await lab.control.rules({ kind: "sdk", method: "HttpNfcLeaseProgress", fault: "Timedout", times: 1 });
      const error = await failureOf(readAll(first(session), live(), 60));
      expect(error).toMatchObject({ code: "source.lost", retryable: true });
      await readRight("on vsan", first(session));
    });
  });

  it("the host `*` is the one that is connected to", async () => {
    await lab.control.knobs({ deviceHost: "*" });
    await exporting("on vsan", async (session) => readRight("on vsan", first(session)));
  });

  it("a host with another certificate than the vCenter names is not trusted", async () => {
    await lab.control.knobs({ thumbprint: "wrong" });
    const error = await failureOf(connection.openExport(idOf("on vsan"), EXPORT, live()));
    expect(error).toMatchObject({
      code: "source.certificate",
      details: { fingerprint: lab.hostFingerprint.replaceAll(":", "").toLowerCase() },
    });
  });

  it("a host that cannot be reached is told before anything is read", async () => {
    await lab.control.knobs({ deviceHost: "esx7.no-such-domain.invalid" });
    const error = await failureOf(connection.openExport(idOf("on vsan"), EXPORT, live()));
    expect(error).toMatchObject({ code: "source.unreachable", hint: expect.stringContaining("DNS") });
    expect(error.message).toContain("esx7.no-such-domain.invalid");
  });

  it("a machine under a lease stays off", async () => {
    await exporting("template", async () => {
      expect((await failureOf(connection.power(idOf("template"), "on", live()))).code).toMatch(/^source\./);
    });
  });
});

describe("the end of an export", () => {
  it.each([
    ["", []],
    [
      ", also where the server cannot stop that",
      [{ kind: "sdk", method: "CancelTask", fault: "NotSupported" } as const],
    ],
  ])("that was canceled while its snapshot was made leaves none%s", async (_, rules) => {
    await lab.control.knobs({ taskMs: 600 });
    await lab.control.rules(...rules);
    const stop = new AbortController();
    const opening = failureOf(connection.openExport(idOf("running"), EXPORT, stop.signal));
    setTimeout(() => stop.abort(), 200);
    expect((await opening).code).toBe("job.canceled");
  });

  it("that was kept goes on from the very same point in time", async () => {
    const kept = await connection.openExport(idOf("running"), EXPORT, live());
    await kept.close(true);
    await lab.control.guestWrite("running", 0, 0, { stamp: 77, length: MIB });
    // Another login, as after a restart.
    const again = await connectLab(lab);
    const session = await again.openExport(idOf("running"), { ...EXPORT, resume: kept.resume }, live());
    await readRight("running", first(session));
    await session.close(false);
    const error = await failureOf(again.openExport(idOf("running"), { ...EXPORT, resume: kept.resume }, live()));
    expect(error.code).toBe("state.conflict");
    await again.close();
  });

  it("waits for a task that is at the machine", async () => {
    const session = await connection.openExport(idOf("running"), EXPORT, live());
    await lab.control.rules({ kind: "task", method: "RemoveSnapshot_Task", fault: "TaskInProgress", times: 1 });
    await session.close(false);
  });

  it("that fails is told, and what is left is found and removed", async () => {
    const session = await connection.openExport(idOf("running"), EXPORT, live());
    await lab.control.rules({ kind: "task", method: "RemoveSnapshot_Task", fault: "GenericVmConfigFault", times: 1 });
    expect((await failureOf(session.close(false))).code).toBe("source.refused");
    const left = await connection.leftovers();
    expect(left).toEqual([expect.objectContaining({ machineName: "running", mark: EXPORT.mark, kind: "snapshot" })]);
    for (const one of left) await connection.removeLeftover(one);
  });

  it("snapshots of others are not ours to sweep", async () => {
    const other = await connection.createSnapshot(
      idOf("off"),
      { name: "before hypersdk-upgrade", description: "", quiesce: false, memory: false },
      live(),
    );
    expect(await connection.leftovers()).toEqual([]);
    await connection.removeSnapshot(idOf("off"), other, live());
  });
});
