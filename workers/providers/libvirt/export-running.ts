/**
 * Exports of a machine that runs: a backup job in pull mode. What is read is the moment at which the job began, for all disks the same,
 * however long it takes; the machine goes on.
 */
import { randomUUID } from "node:crypto";
import { AppError } from "../../../src-core/model/error.ts";
import type { MachineDetail } from "../../../src-core/model/inventory.ts";
import { nbdDisk } from "../../disk/nbd-disk.ts";
import { openNbd } from "../../io/nbd/connection.ts";
import { openSeveral } from "../../io/nbd/several.ts";
import type { DiskTransport, ExportDisk, ExportOptions, ExportSession } from "../provider.ts";
import { beginBackup, currentBackup, endBackup, markedBase, removeMarkedFiles } from "./backup-job.ts";
import type { Daemon } from "./daemon.ts";
import { frozen, thawLeft } from "./freeze.ts";
import type { Host } from "./host.ts";
import { dataDisks, type ReadMachine } from "./machine-row.ts";
import { CALL, type DomainRef } from "./rpc/procedures.ts";
import { sizeOf } from "./rpc/xdr.ts";
import { type ScratchWatch, watchScratch } from "./scratch-watch.ts";

/** @throws AppError source.busy (another job), source.refused, source.unsupported; job.canceled */
export async function exportRunning(
  daemon: Daemon,
  read: ReadMachine,
  machine: MachineDetail,
  targets: readonly string[],
  warnings: readonly string[],
  options: ExportOptions,
  signal: AbortSignal,
): Promise<ExportSession> {
  const { ref } = read;
  const base = markedBase(options.mark, ref);
  const said = [...warnings];
  const begin = async () => {
    await clearWay(daemon, ref, options.mark, base, said);
    const others = dataDisks(read.xml).flatMap(({ target }) => (targets.includes(target) ? [] : [target]));
    const start = () => beginBackup(daemon, ref, base, targets, others);
    // Not given up half-way: a job that begins after all would be nobody's.
    const socket = await (options.quiesce === "no" ? start() : frozen(daemon, ref, base, options.quiesce, said, start));
    return { socket, point: randomUUID() };
  };
  const kept = await stillThere(daemon, ref, targets, options.resume);
  // Another moment's bytes must never be put beside the earlier ones.
  if (kept === null && options.resume !== null) {
    throw new AppError("disk.in-use", `The backup job that the export of ${ref.name} began with is gone.`, {
      hint: "Start the export anew: it will read a new point in time.",
    });
  }
  // The attempt before may have died after it had begun the job and before it had thawed the guest.
  if (kept !== null) await thawOrWarn(daemon, ref, base, said);
  const { socket, point } = kept ?? (await begin());
  const end = async () => {
    await endBackup(daemon, ref, socket);
    await removeMarkedFiles(daemon, base);
  };
  try {
    if (signal.aborted) throw new AppError("job.canceled");
    const share = connectionShare(options.connectionsPerHost, targets.length);
    const disks = await Promise.all(targets.map((target) => diskOf(daemon, ref, target, socket, share)));
    const watch = await watchScratch(daemon, ref.name, end);
    let closed = false;
    return {
      machine,
      disks: disks.map((disk) => explained(disk, watch)),
      resume: { kind: "running", socket, point, targets: [...targets] },
      warnings: said,
      async close(keep) {
        if (closed) return;
        watch.stop();
        if (!keep) await end();
        closed = true;
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** What an earlier attempt of the same run left without meaning to is removed; the job of anybody else is in the way. */
async function clearWay(daemon: Daemon, ref: DomainRef, mark: string, base: string, warnings: string[]): Promise<void> {
  const job = await currentBackup(daemon, ref);
  if (job !== null && (job.mark !== mark || job.socket === null)) {
    throw new AppError(
      "source.busy",
      `${ref.name} is being backed up${job.mark === null ? " by another program" : ""} already.`,
      {
        hint: "Wait until that has finished; a machine has one backup job at a time.",
      },
    );
  }
  await thawOrWarn(daemon, ref, base, warnings);
  if (job?.socket != null) await endBackup(daemon, ref, job.socket);
  await removeMarkedFiles(daemon, base);
}

/** An agent that answers no more must not be in the way of an export that needs none. */
async function thawOrWarn(daemon: Daemon, ref: DomainRef, base: string, warnings: string[]): Promise<void> {
  try {
    await thawLeft(daemon, ref, base);
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (error.code === "source.lost") throw error;
    warnings.push(
      `THE FILE SYSTEMS OF ${ref.name} MAY STILL BE FROZEN: ${error.message}. On the host: virsh domfsthaw.`,
    );
  }
}

/** The disk, whose reads say why the job was ended when it was. */
function explained(disk: ExportDisk, watch: ScratchWatch): ExportDisk {
  const tell = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => Promise.reject(watch.reason ?? error));
  return {
    ...disk,
    async open(signal) {
      const transport = await tell(disk.open(signal));
      if (transport.kind !== "random") return transport;
      const { reader } = transport;
      return { ...transport, reader: { ...reader, read: (offset, into) => tell(reader.read(offset, into)) } };
    },
  };
}

/** The job an earlier attempt began, where it stands and serves what is wanted. */
async function stillThere(
  daemon: Daemon,
  ref: DomainRef,
  targets: readonly string[],
  resume: ExportOptions["resume"],
): Promise<{ socket: string; point: string } | null> {
  if (resume?.kind !== "running") return null;
  const { socket, point } = resume;
  if (typeof socket !== "string" || typeof point !== "string") return null;
  const job = await currentBackup(daemon, ref);
  // Its name says that it is ours: what comes back from a database is not believed alone.
  if (job === null || job.mark === null || job.socket !== socket) return null;
  return targets.every((target) => job.disks.includes(target)) ? { socket, point } : null;
}

/** Connections of one disk: all disks together have no more than the host may have. */
function connectionShare(perHost: number, disks: number): number {
  return Math.max(1, Math.floor(perHost / Math.max(1, disks)));
}

async function diskOf(
  daemon: Daemon,
  ref: DomainRef,
  target: string,
  socket: string,
  connections: number,
): Promise<ExportDisk> {
  const what = `the size of ${target} of ${ref.name}`;
  const { capacity } = await daemon.machines.call(CALL.blockInfo, { domain: ref, path: target, flags: 0 }, what);
  return {
    key: target,
    capacityBytes: sizeOf(capacity),
    transport: daemon.host.ssh === null ? "NBD" : "NBD through SSH",
    reason: "The machine runs: QEMU serves its disks as they were when the export began.",
    open: (signal) => openServed(daemon.host, socket, target, connections, signal),
  };
}

/**
 * Opens an NBD export behind a socket of the host.
 * @param connections so many at a time; through SSH each is a login of its own
 * @throws AppError as openNbd and Host.nbd
 */
export async function openServed(
  host: Host,
  socket: string,
  exportName: string,
  connections: number,
  signal: AbortSignal,
): Promise<DiskTransport> {
  const hosts: Host[] = [];
  const connect = async () => {
    const way = await host.another();
    hosts.push(way);
    return openNbd(await way.nbd(socket), { exportName, signal });
  };
  const release = () => {
    for (const way of hosts) way.close();
  };
  try {
    const reader = nbdDisk(await openSeveral(connect, connections));
    return {
      kind: "random",
      reader,
      async close() {
        await reader.close();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}
