/** The lab and what exports of its machines are tried with: machines of every kind, no fault left from the test before, nothing left behind. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { startVsphereLab, type VsphereLab, type VsphereLabOptions } from "../../../../e2e/servers/vsphere-lab.ts";
import type { LabMachineSpec } from "../../../../e2e/servers/vsphere-lab-control.ts";
import type { Connection, ExportDisk, ExportOptions, ExportSession } from "../../provider.ts";
import { readTransport } from "../../testing/read-transport.ts";
import { bytesOf, connectLab, EXPORT } from "./lab-bench.ts";

export const MIB = 1024 * 1024;
export const live = () => new AbortController().signal;

const MACHINES: readonly LabMachineSpec[] = [
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
];

export interface ExportBench {
  readonly lab: VsphereLab;
  readonly connection: Connection;
  idOf(name: string): string;
  /** Opens an export, works with it, and closes it. */
  exporting<T>(
    name: string,
    work: (session: ExportSession) => Promise<T>,
    options?: Partial<ExportOptions>,
  ): Promise<T>;
  /** Reads the disk and compares it with what the snapshot, or the machine that is off, holds. */
  readRight(name: string, disk: ExportDisk): Promise<void>;
}

/** To be called once, at the top of a test file. @param options of the lab besides its machines */
export function exportBench(options: VsphereLabOptions = {}): ExportBench {
  let lab: VsphereLab | null = null;
  let connection: Connection | null = null;
  const logged: string[] = [];
  const need = <T>(value: T | null): T => {
    if (value === null) throw new Error("the lab has not started");
    return value;
  };
  beforeAll(async () => {
    lab = await startVsphereLab({ machines: MACHINES, ...options });
    connection = await connectLab(lab, { logged });
  });
  afterAll(async () => {
    await connection?.close();
    await lab?.stop();
    if (lab !== null) expect(logged.join("\n")).not.toContain(lab.password);
  });
  beforeEach(async () => {
    const { control } = need(lab);
    await control.rules();
    await control.knobs({
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
    await control.resetStats();
  });
  afterEach(async () => {
    const { snapshots, leases } = await need(lab).control.stats();
    expect({ snapshots, leases }, "left behind").toEqual({ snapshots: 0, leases: 0 });
  });
  const idOf = (name: string): string => need(lab).machines.find((one) => one.name === name)?.moref ?? name;
  return {
    get lab() {
      return need(lab);
    },
    get connection() {
      return need(connection);
    },
    idOf,
    async exporting(name, work, more = {}) {
      const session = await need(connection).openExport(idOf(name), { ...EXPORT, ...more }, live());
      try {
        return await work(session);
      } finally {
        await session.close(false);
      }
    },
    async readRight(name, disk) {
      const { disks, snapshots } = await need(lab).control.machine(idOf(name));
      const number = disks.findIndex(({ key }) => String(key) === disk.key);
      const mark = snapshots.find((one) => one.name === EXPORT.mark)?.moref;
      const truth = await need(lab).diskTruth(idOf(name), number, mark);
      await readTransport(disk, (offset, length) => bytesOf(truth, offset, length));
    },
  };
}

export const first = (session: ExportSession): ExportDisk => {
  const [disk] = session.disks;
  if (disk === undefined) throw new Error("the export has no disk");
  return disk;
};

/** The whole disk, until something goes wrong. @param step between two pieces, with the bytes that came so far */
export async function readAll(
  disk: ExportDisk,
  signal = live(),
  step: (done: number) => Promise<unknown> | undefined = () => undefined,
): Promise<number> {
  const transport = await disk.open(signal);
  const piece = new Uint8Array(64 * 1024);
  let done = 0;
  try {
    if (transport.kind === "stream") {
      for (let got = piece.length; got === piece.length; done += got) {
        got = await transport.source.read(piece);
        await step(done);
      }
    } else {
      for (; done < disk.capacityBytes; done += piece.length) {
        await transport.reader.read(done, piece.subarray(0, Math.min(piece.length, disk.capacityBytes - done)));
        await step(done);
      }
    }
    return done;
  } finally {
    await transport.close();
  }
}

/** A step that takes its time. */
export const slowly = (ms: number) => () => new Promise((resolve) => setTimeout(resolve, ms));
