/** A provider for tests of exports: one machine of disks whose content is known, which breaks where it is told to. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { AppError } from "../../../src-core/model/error.ts";
import type { MachineDetail, PowerState } from "../../../src-core/model/inventory.ts";
import { fillExpected, type TestDisk } from "../../formats/testing/test-disk.ts";
import { sequentialMemory } from "../../io/sequential.ts";
import { machineDisk, sampleMachine } from "../../machine/testing/sample-machine.ts";
import type { Connection, ExportDisk, ExportOptions, Provider } from "../../providers/provider.ts";

export interface FakeDisk {
  readonly key: string;
  readonly disk: TestDisk;
  /** A streamOptimized VMDK it comes as; left out: it can be read anywhere. */
  readonly streamPath?: string;
}

export interface FakeSource {
  readonly provider: Provider;
  /** What was done, in order. */
  readonly done: string[];
  /** The machine as it is told. */
  machine: MachineDetail;
  /** Called before each read, with the bytes read so far: throws to break it. */
  onRead: (readBytes: number) => void;
  /** What openExport throws; null = it opens. */
  openError: ((options: ExportOptions) => AppError | null) | null;
  /** What removing what an export made throws; null = it is removed. */
  tidyError: (() => AppError | null) | null;
  /** What sessions can be gone on with. */
  resume: Record<string, unknown> | null;
  readBytes: number;
  /** Marks of what exports left on it. */
  left: string[];
}

export function fakeSource(disks: readonly FakeDisk[], change: Partial<MachineDetail> = {}): FakeSource {
  const done: string[] = [];
  const fake: FakeSource = {
    done,
    machine: sampleMachine({
      disks: disks.map(({ key, disk }, index) =>
        machineDisk({
          key,
          label: `Hard disk ${index + 1}`,
          controller: `scsi0:${index} pvscsi`,
          capacityBytes: disk.virtualSizeBytes,
        }),
      ),
      ...change,
    }),
    onRead: () => {},
    openError: null,
    tidyError: null,
    resume: { snapshot: 7 },
    readBytes: 0,
    left: [],
    provider: {
      kind: "vsphere",
      label: "fake",
      async connect() {
        done.push("connect");
        return connection;
      },
    },
  };
  const reader = ({ disk }: FakeDisk) => ({
    format: "raw" as const,
    subformat: "fake",
    virtualSizeBytes: disk.virtualSizeBytes,
    grainBytes: 65_536,
    backing: null,
    mark: null,
    snapshots: [],
    facts: [],
    warnings: [],
    allocatedBytes: null,
    files: [],
    async *extents(start: number, length: number) {
      const end = start + length;
      let at = start;
      for (const range of disk.data) {
        const from = Math.max(start, range.start);
        const to = Math.min(end, range.start + range.length);
        if (from >= to) continue;
        if (from > at) yield { start: at, length: from - at, state: "hole" as const };
        yield { start: from, length: to - from, state: "data" as const };
        at = to;
      }
      if (at < end) yield { start: at, length: end - at, state: "hole" as const };
    },
    async read(offset: number, into: Uint8Array) {
      // Another disk gets its turn, as it would while one waits for the network.
      await new Promise((resume) => setImmediate(resume));
      fake.onRead(fake.readBytes);
      fillExpected(disk, offset, into);
      fake.readBytes += into.length;
    },
    async close() {},
  });
  const exportDisk = (one: FakeDisk): ExportDisk => ({
    key: one.key,
    capacityBytes: one.disk.virtualSizeBytes,
    transport: one.streamPath === undefined ? "fake ranges" : "fake stream",
    reason: "It is a test.",
    async open() {
      done.push(`open ${one.key}`);
      const close = async () => void done.push(`close ${one.key}`);
      if (one.streamPath === undefined) return { kind: "random", reader: reader(one), close };
      const source = sequentialMemory(one.streamPath, readFileSync(one.streamPath));
      return { kind: "stream", source, close };
    },
  });
  const tidied = () => {
    const error = fake.tidyError?.() ?? null;
    if (error !== null) throw error;
  };
  const nothing = async (): Promise<never> => {
    throw new AppError("source.unsupported");
  };
  const connection: Connection = {
    capabilities: { power: true, snapshots: true, quiesce: true, changedBlocks: false, product: "Fake", version: "1" },
    test: async () => [],
    // biome-ignore lint/correctness/useYield: nobody asks for it here
    async *inventory() {
      throw new AppError("source.unsupported");
    },
    machine: async () => fake.machine,
    async power(_, action) {
      done.push(`power ${action}`);
      const power: PowerState = action === "on" ? "on" : "off";
      fake.machine = { ...fake.machine, power };
    },
    createSnapshot: nothing,
    removeSnapshot: nothing,
    revertSnapshot: nothing,
    async openExport(_, options) {
      done.push(`openExport ${options.resume === null ? "anew" : "to go on"}`);
      const error = fake.openError?.(options) ?? null;
      if (error !== null) throw error;
      const { resume, machine } = fake;
      const wanted = disks.filter(({ key }) => options.diskKeys?.includes(key) ?? true);
      return {
        machine,
        disks: wanted.map(exportDisk),
        resume,
        warnings: ["a warning of the source"],
        async close(keep) {
          if (!keep) tidied();
          done.push(keep ? "keep" : "remove");
        },
      };
    },
    leftovers: async () =>
      fake.left.map((mark) => ({
        id: mark,
        machineId: fake.machine.id,
        machineName: fake.machine.name,
        kind: "snapshot",
        description: "",
        createdAt: null,
        mark,
      })),
    async removeLeftover({ mark }) {
      tidied();
      done.push(`remove left ${mark}`);
    },
    close: async () => void done.push("log out"),
  };
  return fake;
}

/** Makes the streamOptimized VMDK of a raw disk by other means than the program. */
export function makeStream(rawPath: string, streamPath: string): void {
  const args = ["convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", rawPath, streamPath];
  const { status, stderr } = spawnSync("qemu-img", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}
