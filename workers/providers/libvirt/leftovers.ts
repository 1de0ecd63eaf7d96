/** What exports left on a host: backup jobs, scratch files, sockets, and qemu-nbd processes, all found by their marked names. */

import { AppError } from "../../../src-core/model/error.ts";
import { clip } from "../../../src-core/model/inventory-limits.ts";
import type { Leftover } from "../../../src-core/model/source.ts";
import { currentBackup, endBackup, parseMarked, removeMarkedFiles } from "./backup-job.ts";
import { type Daemon, findDomain, uuidText } from "./daemon.ts";
import { thawLeft } from "./freeze.ts";
import { CALL, type DomainRef } from "./rpc/procedures.ts";
import { quoted } from "./ssh.ts";

/** By extension; the others are files. */
const KINDS: Readonly<Record<string, string>> = { pid: "disk server", frozen: "frozen guest" };

/** virConnectListAllDomainsFlags: those that run. */
const ACTIVE = 1;

/** @throws AppError source.lost */
export async function findLeftovers(daemon: Daemon): Promise<Leftover[]> {
  const { machines, host, address } = daemon;
  const list = async (flags: number) =>
    (await machines.call(CALL.listDomains, { needResults: 1, flags }, "the machines")).domains;
  const found: Leftover[] = [];
  const underWay = new Set<string>();
  for (const ref of await list(ACTIVE)) {
    const job = await currentBackup(daemon, ref);
    if (job?.mark == null) continue;
    underWay.add(`${job.mark}-${shortId(ref)}`);
    found.push({
      id: `job:${uuidText(ref.uuid)}`,
      machineId: uuidText(ref.uuid),
      machineName: clip(ref.name, 256),
      kind: "backup job",
      description: `A backup job that serves ${job.disks.join(", ")}, with its scratch files in ${address.scratchFolder}.`,
      createdAt: null,
      mark: job.mark,
    });
  }
  const names = await host.listFolder(address.scratchFolder);
  const marked = names.flatMap((name) => {
    const parts = parseMarked(name);
    if (parts === null) return [];
    // What a job needs goes with it; that the guest is frozen is more than a file.
    const ofJob = parts.extension !== "frozen" && underWay.has(`${parts.mark}-${parts.machine}`);
    return ofJob ? [] : [{ name, ...parts }];
  });
  const all = marked.length > 0 ? await list(0) : [];
  for (const { name, mark, machine, extension } of marked) {
    const ref = all.find((one) => shortId(one) === machine);
    found.push({
      id: clip(`file:${name}`, 1024),
      machineId: ref === undefined ? "unknown" : uuidText(ref.uuid),
      machineName: clip(ref?.name ?? machine, 256),
      kind: KINDS[extension] ?? "scratch file",
      description: clip(
        `${extension === "frozen" ? "The guest's file systems may still be frozen: " : ""}${address.scratchFolder}/${name} on ${host.name}`,
        2048,
      ),
      createdAt: null,
      mark: clip(mark, 256),
    });
  }
  return found;
}

/** @throws AppError source.privilege, source.refused, source.lost */
export async function removeLeftover(daemon: Daemon, { id, mark, machineId }: Leftover): Promise<void> {
  const { host, address } = daemon;
  if (id.startsWith("job:")) {
    const ref = await machineOrNull(daemon, id.slice(4));
    const job = ref === null ? null : await currentBackup(daemon, ref);
    // Another one may have begun since it was listed.
    if (ref === null || job?.socket == null || job.mark !== mark) return;
    await thawLeft(daemon, ref, `${mark}-${shortId(ref)}`);
    await endBackup(daemon, ref, job.socket);
    await removeMarkedFiles(daemon, `${mark}-${shortId(ref)}`);
    return;
  }
  const name = id.slice("file:".length);
  const parts = parseMarked(name);
  if (!id.startsWith("file:") || parts === null || parts.mark !== mark) return;
  if (parts.extension === "frozen") {
    const ref = await machineOrNull(daemon, machineId);
    if (ref === null || shortId(ref) === parts.machine) await thawLeft(daemon, ref, `${mark}-${parts.machine}`);
    return;
  }
  const path = `${address.scratchFolder}/${name}`;
  // The number may be another process's by now: its command line must name the very file.
  const kill = `p=$(cat ${quoted(path)}) && tr '\\0' '\\n' < /proc/$p/cmdline | grep -F -x -q -e ${quoted(`--pid-file=${path}`)} && kill $p`;
  if (parts.extension === "pid" && host.ssh !== null) await host.ssh.run(`sh -c ${quoted(kill)}`);
  await host.removeFile(path);
}

async function machineOrNull(daemon: Daemon, id: string): Promise<DomainRef | null> {
  try {
    return await findDomain(daemon.machines, id);
  } catch (error) {
    if (error instanceof AppError && error.code === "source.no-machine") return null;
    throw error;
  }
}

function shortId(ref: DomainRef): string {
  return uuidText(ref.uuid).slice(0, 8);
}
