/**
 * What every provider must keep, whoever writes it. A provider joins with a file of a few lines that makes a `Bench`: a real peer (or
 * folders) with at least one machine, and knobs to break it. Called from workers/providers/<name>/conformance.(integ.)test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AppError } from "../../../src-core/model/error.ts";
import { InventoryChange, MachineDetail } from "../../../src-core/model/inventory.ts";
import { INVENTORY_COUNT } from "../../../src-core/model/inventory-limits.ts";
import { Capabilities, Leftover, ProbeCheck, type SourceConfig } from "../../../src-core/model/source.ts";
import type { Connection, ExportSession, Provider, SourceSecret } from "../provider.ts";
import { collectUntilSettled, type Picture } from "./picture.ts";
import { readTransport } from "./read-transport.ts";
import { testContext } from "./test-context.ts";

/** A peer that a provider is tried on. */
export interface Bench {
  readonly config: SourceConfig;
  readonly secret: SourceSecret;
  /** Texts that must show nowhere: passwords, keys. */
  readonly secrets: readonly string[];
  /** An export can be opened of it, and its disks have the content that `truth` gives. */
  readonly machineId: string;
  /** The first `length` bytes of the disk at `offset`, by other means than the provider. */
  truth(diskKey: string, offset: number, length: number): Promise<Uint8Array>;
  /** A configuration that nobody answers at. */
  readonly unreachable: SourceConfig;
  /** A secret that is refused; null where there are none. */
  readonly wrongSecret: SourceSecret | null;
  /** Makes a machine come, under the name given, and go; null where the peer cannot. */
  readonly addMachine: ((name: string) => Promise<void>) | null;
  readonly removeMachine: ((name: string) => Promise<void>) | null;
  /** A machine that may be switched and snapshotted; null where there is none. */
  readonly toyMachineId: string | null;
  close(): Promise<void>;
}

/** @param open makes the peer; called once */
export function providerConformance(provider: Provider, open: () => Promise<Bench>): void {
  describe(`provider ${provider.kind}`, () => {
    let bench: Bench;
    const logged: string[] = [];
    beforeAll(async () => {
      bench = await open();
    });
    afterAll(() => bench.close());

    const context = (secret: SourceSecret = bench.secret, signal?: AbortSignal) => testContext(secret, logged, signal);
    async function connected<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
      const connection = await provider.connect(bench.config, context());
      try {
        return await work(connection);
      } finally {
        await connection.close();
      }
    }
    const signal = () => new AbortController().signal;
    const picture = (connection: Connection): Promise<Picture> => collectUntilSettled(connection);

    it("says what the endpoint is and can do, and tests it line by line", async () => {
      await connected(async (connection) => {
        Capabilities.parse(connection.capabilities);
        expect(connection.capabilities.product).not.toBe("");
        const checks = await connection.test();
        expect(checks.length).toBeGreaterThan(0);
        for (const check of checks) ProbeCheck.parse(check);
        expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
      });
    });

    it("refuses an address nobody answers at, by name", async () => {
      const error = await failure(provider.connect(bench.unreachable, context()));
      expect(error.code).toMatch(/^(source\.unreachable|path\.not-found)$/);
      expect(error.message.length).toBeGreaterThan(10);
    });

    it("refuses a wrong secret with source.auth", async () => {
      if (bench.wrongSecret === null) return;
      const error = await failure(provider.connect(bench.config, context(bench.wrongSecret)));
      expect(error.code).toBe("source.auth");
    });

    it("does not connect once it is aborted", async () => {
      const aborted = AbortSignal.abort();
      const error = await failure(provider.connect(bench.config, context(bench.secret, aborted)));
      expect(error.code).toBe("job.canceled");
    });

    it("tells the whole inventory within its limits, each thing under an id of its own, then that it is settled", async () => {
      await connected(async (connection) => {
        const { batches, nodes, machines, changes } = await picture(connection);
        for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(INVENTORY_COUNT.batch);
        for (const change of changes) InventoryChange.parse(change);
        expect(machines.has(bench.machineId)).toBe(true);
        const ids = [...nodes.keys(), ...machines.keys()];
        expect(new Set(ids).size).toBe(ids.length);
        for (const machine of machines.values()) {
          if (machine.parentId !== null) expect(nodes.has(machine.parentId), machine.name).toBe(true);
          if (machine.hostId !== null) expect(nodes.get(machine.hostId)?.kind, machine.name).toBe("host");
        }
        for (const node of nodes.values()) {
          const seen = new Set([node.id]);
          for (let up = node.parentId; up !== null; up = nodes.get(up)?.parentId ?? null) {
            expect(seen.has(up), `${node.name} lies in itself`).toBe(false);
            seen.add(up);
          }
        }
      });
    });

    it("gives the same ids to the same machines in the next connection", async () => {
      const first = await connected(async (connection) => [...(await picture(connection)).machines.keys()].sort());
      const again = await connected(async (connection) => [...(await picture(connection)).machines.keys()].sort());
      expect(again).toEqual(first);
    });

    it("ends its stream of changes when it is told to", async () => {
      await connected(async (connection) => {
        const stop = new AbortController();
        let settled = false;
        for await (const batch of connection.inventory(stop.signal)) {
          if (!batch.some(({ type }) => type === "settled")) continue;
          settled = true;
          stop.abort();
        }
        expect(settled).toBe(true);
      });
    });

    it("tells of machines that come and go", async () => {
      const { addMachine, removeMachine } = bench;
      if (addMachine === null || removeMachine === null) return;
      await connected(async (connection) => {
        const stop = new AbortController();
        const limit = setTimeout(() => stop.abort(), 30_000);
        let came: string | null = null;
        let went = false;
        for await (const batch of connection.inventory(stop.signal)) {
          for (const change of batch) {
            if (change.type === "settled") await addMachine("conformance-comes");
            if (change.type === "machine" && change.machine.name === "conformance-comes" && came === null) {
              came = change.machine.id;
              await removeMachine("conformance-comes");
            }
            if (change.type === "gone" && change.id === came) {
              went = true;
              stop.abort();
            }
          }
        }
        clearTimeout(limit);
        expect(came).not.toBeNull();
        expect(went).toBe(true);
      });
    });

    it("describes a machine as its row did, and says of an unknown one that there is none", async () => {
      await connected(async (connection) => {
        const { machines } = await picture(connection);
        const row = machines.get(bench.machineId);
        const detail = await connection.machine(bench.machineId);
        MachineDetail.parse(detail);
        expect(detail).toMatchObject({
          id: row?.id,
          name: row?.name,
          diskCount: row?.diskCount,
          parentId: row?.parentId,
        });
        expect(detail.disks.length).toBe(detail.diskCount);
        expect(new Set(detail.disks.map(({ key }) => key)).size).toBe(detail.disks.length);
        for (const { diskKey } of detail.obstacles) {
          if (diskKey !== null) expect(detail.disks.map(({ key }) => key)).toContain(diskKey);
        }
        const error = await failure(connection.machine("no-such-machine"));
        expect(error.code).toBe("source.no-machine");
      });
    });

    it("switches a machine, or says that it cannot", async () => {
      await connected(async (connection) => {
        const id = bench.toyMachineId;
        if (!connection.capabilities.power || id === null) {
          const error = await failure(connection.power(id ?? bench.machineId, "on", signal()));
          expect(error.code).toBe("source.unsupported");
          return;
        }
        for (const action of ["off", "off", "on", "on", "off"] as const) await connection.power(id, action, signal());
        expect((await connection.machine(id)).power).toBe("off");
        expect((await failure(connection.power("no-such-machine", "on", signal()))).code).toBe("source.no-machine");
      });
    });

    it("makes, shows and removes a snapshot, or says that it cannot", async () => {
      await connected(async (connection) => {
        const id = bench.toyMachineId;
        const options = { name: "conformance", description: "by a test", quiesce: false, memory: false };
        if (!connection.capabilities.snapshots || id === null) {
          const error = await failure(connection.createSnapshot(id ?? bench.machineId, options, signal()));
          expect(error.code).toBe("source.unsupported");
          return;
        }
        const made = await connection.createSnapshot(id, options, signal());
        expect((await connection.machine(id)).snapshots).toContainEqual(
          expect.objectContaining({ id: made, name: "conformance", description: "by a test" }),
        );
        await connection.revertSnapshot(id, made, signal());
        await connection.removeSnapshot(id, made, signal());
        expect((await connection.machine(id)).snapshots.map((one) => one.id)).not.toContain(made);
        expect((await failure(connection.removeSnapshot(id, made, signal()))).code).toBe("source.no-snapshot");
      });
    });

    const exportOptions = {
      mark: "hypersdk-conformance",
      quiesce: "no",
      diskKeys: null,
      connectionsPerHost: 2,
      resume: null,
    } as const;

    it("opens an export whose disks hold what the machine's do, twice, and leaves nothing", async () => {
      await connected(async (connection) => {
        let session: ExportSession | null = null;
        try {
          session = await connection.openExport(bench.machineId, exportOptions, signal());
          expect(session.machine.id).toBe(bench.machineId);
          expect(session.disks.length).toBeGreaterThan(0);
          for (const disk of session.disks) {
            expect(disk.transport).not.toBe("");
            expect(disk.reason).not.toBe("");
            for (let time = 0; time < 2; time++) {
              await readTransport(disk, (offset, length) => bench.truth(disk.key, offset, length));
            }
          }
        } finally {
          await session?.close(false);
          await session?.close(false);
        }
        expect((await connection.leftovers()).filter(({ mark }) => mark === exportOptions.mark)).toEqual([]);
      });
    });

    it("opens only the disks that are asked for", async () => {
      await connected(async (connection) => {
        const [first] = (await connection.machine(bench.machineId)).disks;
        const keys = first === undefined ? [] : [first.key];
        const session = await connection.openExport(bench.machineId, { ...exportOptions, diskKeys: keys }, signal());
        try {
          expect(session.disks.map(({ key }) => key)).toEqual(keys);
        } finally {
          await session.close(false);
        }
      });
    });

    it("shows what a kept session leaves, and removes it", async () => {
      await connected(async (connection) => {
        const session = await connection.openExport(bench.machineId, exportOptions, signal());
        await session.close(true);
        const left = await connection.leftovers();
        for (const one of left) Leftover.parse(one);
        for (const one of left.filter(({ mark }) => mark === exportOptions.mark)) {
          await connection.removeLeftover(one);
          await connection.removeLeftover(one);
        }
        expect((await connection.leftovers()).filter(({ mark }) => mark === exportOptions.mark)).toEqual([]);
      });
    });

    it("goes on from a kept session where that is possible", async () => {
      await connected(async (connection) => {
        const first = await connection.openExport(bench.machineId, exportOptions, signal());
        const { resume } = first;
        await first.close(resume !== null);
        if (resume === null) return;
        // As it comes back from the database.
        const state = JSON.parse(JSON.stringify(resume)) as Record<string, unknown>;
        const next = await connection.openExport(bench.machineId, { ...exportOptions, resume: state }, signal());
        try {
          for (const disk of next.disks) {
            await readTransport(disk, (offset, length) => bench.truth(disk.key, offset, length));
          }
        } finally {
          await next.close(false);
        }
        expect((await connection.leftovers()).filter(({ mark }) => mark === exportOptions.mark)).toEqual([]);
      });
    });

    it("opens no export of a machine that is not there", async () => {
      await connected(async (connection) => {
        const error = await failure(connection.openExport("no-such-machine", exportOptions, signal()));
        expect(error.code).toBe("source.no-machine");
      });
    });

    it("let no secret out in anything it logged or threw", () => {
      for (const secret of bench.secrets) expect(logged.join("\n")).not.toContain(secret);
    });

    /** The AppError that `work` must end in; its words are kept for the look for secrets. */
    async function failure(work: Promise<unknown>): Promise<AppError> {
      const thrown = await work.then(
        () => null,
        (error: unknown) => error,
      );
      expect(thrown).toBeInstanceOf(AppError);
      const error = AppError.from(thrown);
      logged.push(JSON.stringify(error.toData()), String(error.stack));
      return error;
    }
  });
}
