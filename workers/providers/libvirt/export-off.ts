/** Exports of a machine that is off: its files, read here or served by the host they lie on. */
import { AppError } from "../../../src-core/model/error.ts";
import type { MachineDetail } from "../../../src-core/model/inventory.ts";
import type { DiskTransport, ExportDisk, ExportOptions, ExportSession } from "../provider.ts";
import { markedBase, removeMarkedFiles, socketPath } from "./backup-job.ts";
import type { Daemon } from "./daemon.ts";
import type { DomainDisk } from "./domain-xml.ts";
import { type DiskFile, lookAtFile, openFileTransport } from "./export-files.ts";
import { openServed } from "./export-running.ts";
import type { Host } from "./host.ts";
import { dataDisks, type ReadMachine } from "./machine-row.ts";
import type { PoolPlaces } from "./places.ts";
import { CALL } from "./rpc/procedures.ts";
import { serveFile } from "./serve-file.ts";
import { quoted, type SshHost } from "./ssh.ts";

/** @throws AppError path.*, disk.*, source.unsupported, source.privilege; disk.in-use when it is not what `resume` began with */
export async function exportOff(
  daemon: Daemon,
  read: ReadMachine,
  machine: MachineDetail,
  targets: readonly string[],
  warnings: readonly string[],
  options: ExportOptions,
  pools: PoolPlaces,
): Promise<ExportSession> {
  if (options.quiesce === "require") {
    throw new AppError("source.unsupported", `${machine.name} is off: there is nothing to quiesce.`, {
      hint: "Export it without quiescing; what is off is consistent.",
    });
  }
  const base = markedBase(options.mark, read.ref);
  const states: Record<string, string> = {};
  const disks: ExportDisk[] = [];
  for (const disk of dataDisks(read.xml).filter(({ target }) => targets.includes(target))) {
    const file = await fileOf(daemon, disk, pools);
    const { ssh } = daemon.host;
    const found =
      ssh === null ? await localDisk(disk, file) : await remoteDisk(daemon, ssh, disk, file, machine, base, options);
    states[disk.target] = found.state;
    disks.push(found.disk);
  }
  const before = options.resume?.kind === "off" ? options.resume.states : null;
  if (options.resume !== null && JSON.stringify(before) !== JSON.stringify(states)) {
    throw new AppError("disk.in-use", `The disks of ${machine.name} are not what they were when the export began.`, {
      hint: "Start the export anew.",
    });
  }
  return {
    machine,
    disks,
    resume: { kind: "off", states },
    warnings,
    async close() {
      if (daemon.host.ssh !== null) await removeMarkedFiles(daemon, base);
    },
  };
}

async function fileOf({ storage }: Daemon, { target, source }: DomainDisk, pools: PoolPlaces): Promise<DiskFile> {
  const format = source.format ?? "raw";
  if (source.path !== null) return { path: source.path, format, folders: pools.folders };
  if (source.volume === null || storage === null) {
    throw new AppError("source.unsupported", `Disk ${target} is no file that can be read.`);
  }
  const what = `volume ${source.volume.pool}/${source.volume.name}`;
  const { pool } = await storage.call(CALL.poolByName, { name: source.volume.pool }, what);
  const { volume } = await storage.call(CALL.volumeByName, { pool, name: source.volume.name }, what);
  const { path } = await storage.call(CALL.volumePath, { volume }, what);
  return { path, format, folders: pools.folders };
}

interface Found {
  readonly disk: ExportDisk;
  /** Differs once somebody wrote to it. */
  readonly state: string;
}

async function localDisk({ target }: DomainDisk, file: DiskFile): Promise<Found> {
  const { identity, capacityBytes } = await lookAtFile(file);
  const disk: ExportDisk = {
    key: target,
    capacityBytes,
    transport: "files",
    reason: "The machine is off: its files are read where they lie.",
    open: (signal) => openFileTransport(file, identity, signal),
  };
  return { disk, state: identity };
}

async function remoteDisk(
  daemon: Daemon,
  ssh: SshHost,
  { target }: DomainDisk,
  file: DiskFile,
  machine: MachineDetail,
  base: string,
  options: ExportOptions,
): Promise<Found> {
  const place = socketPath(daemon.address.scratchFolder, `${base}-${target}`);
  const state = await remoteState(ssh, file.path);
  const known = machine.disks.find(({ key }) => key === target);
  const connections = Math.max(1, Math.floor(options.connectionsPerHost / Math.max(1, machine.disks.length)));
  const disk: ExportDisk = {
    key: target,
    capacityBytes: known?.capacityBytes ?? 0,
    transport: "NBD through SSH",
    reason: "The machine is off: qemu-nbd on its host serves the files, read-only. It cannot be started meanwhile.",
    open: (signal) => openRemote(daemon.host, { ...file, place, exportName: target, state }, connections, signal),
  };
  return { disk, state };
}

/** Differs once somebody wrote to the file. @throws AppError path.not-found */
async function remoteState(ssh: SshHost, path: string): Promise<string> {
  const { code, output } = await ssh.run(`stat -L -c ${quoted("%s %y %i")} -- ${quoted(path)}`);
  if (code === 0) return output.trim();
  throw new AppError("path.not-found", `${path} on ${ssh.name} cannot be looked at: ${output.trim()}`);
}

async function openRemote(
  host: Host,
  file: Parameters<typeof serveFile>[1] & { readonly state: string },
  connections: number,
  signal: AbortSignal,
): Promise<DiskTransport> {
  if (host.ssh === null) throw new AppError("internal.bug", "a local disk needs no server");
  if (signal.aborted) throw new AppError("job.canceled");
  const stop = await serveFile(host.ssh, file);
  try {
    // Looked at only now that nobody can write to it any more: the machine may have run since the export began.
    if ((await remoteState(host.ssh, file.path)) !== file.state) {
      throw new AppError("disk.in-use", `${file.path} on ${host.name} is not what it was when the export began.`, {
        hint: "Start the export anew.",
      });
    }
    const transport = await openServed(host, `${file.place}.nbd`, file.exportName, connections, signal);
    return {
      ...transport,
      async close() {
        await transport.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
