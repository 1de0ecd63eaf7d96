/**
 * Backup jobs in pull mode (https://libvirt.org/formatbackup.html): from the moment one begins, QEMU serves every chosen disk as it was
 * then by NBD, and keeps what the guest overwrites in scratch files. Ending a pull job is called aborting it.
 *
 * Everything made on the host carries the mark in its name: `<mark>-<first 8 digits of the machine's UUID>-…` in the scratch folder.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../../src-core/model/error.ts";
import { type Daemon, uuidText } from "./daemon.ts";
import { isLibvirtError, LIBVIRT_ERROR } from "./rpc/errors.ts";
import { CALL, type DomainRef } from "./rpc/procedures.ts";
import { attribute, child, children, escapeXml, parseXml } from "./xml-tree.ts";

const ENDING_MS = 20_000;
const ENDING_STEP_MS = 20;
/** Linux: bytes of a unix socket's path. */
const MAX_SOCKET_PATH = 107;
const MARKED = /^(hypersdk-[A-Za-z0-9._-]+)-([0-9a-f]{8})(?:-([A-Za-z0-9]+))?\.(sock|scratch|nbd|pid|frozen)$/;

/** A name of ours, taken apart; null for others. */
export function parseMarked(name: string): { mark: string; machine: string; extension: string } | null {
  const found = MARKED.exec(name);
  const [, mark, machine, , extension] = found ?? [];
  return mark === undefined || machine === undefined || extension === undefined ? null : { mark, machine, extension };
}

/** What names of one export begin with. @throws AppError internal.bug for a mark that could lead elsewhere */
export function markedBase(mark: string, ref: DomainRef): string {
  if (!/^hypersdk-[A-Za-z0-9._-]{1,100}$/.test(mark)) throw new AppError("internal.bug", `mark "${mark}"`);
  return `${mark}-${uuidText(ref.uuid).slice(0, 8)}`;
}

/** @throws AppError source.unsupported when the folder's path is too long */
export function socketPath(folder: string, name: string): string {
  const path = `${folder}/${name}`;
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  throw new AppError("source.unsupported", `${path} is too long for a socket.`, {
    hint: "Choose a shorter folder with ?scratch= in the source's address.",
  });
}

export interface BackupJob {
  /** Null: it serves by TCP or pushes. */
  readonly socket: string | null;
  /** Targets of the disks it serves. */
  readonly disks: readonly string[];
  /** Ours; null: another program's. */
  readonly mark: string | null;
}

/** The machine's backup job; null when there is none. @throws AppError source.lost, source.protocol */
export async function currentBackup({ machines }: Daemon, ref: DomainRef): Promise<BackupJob | null> {
  try {
    const { xml } = await machines.call(CALL.backupXml, { domain: ref, flags: 0 }, `the backup job of ${ref.name}`);
    const tree = parseXml(xml, "domainbackup", `the backup job of ${ref.name.slice(0, 100)}`);
    const socket = attribute(child(tree, "server"), "socket");
    return {
      socket,
      disks: children(child(tree, "disks"), "disk").flatMap((disk) =>
        attribute(disk, "backup") === "no" ? [] : (attribute(disk, "name") ?? []),
      ),
      mark: parseMarked(socket?.split("/").at(-1) ?? "")?.mark ?? null,
    };
  } catch (error) {
    // No job, the machine was stopped, or a libvirt without backups.
    const none = [
      LIBVIRT_ERROR.noBackup,
      LIBVIRT_ERROR.operationInvalid,
      LIBVIRT_ERROR.noSupport,
      LIBVIRT_ERROR.noDomain,
    ];
    if (isLibvirtError(error, ...none)) return null;
    throw error;
  }
}

/**
 * Begins a job: all disks at one instant.
 * @param others targets that are left out
 * @throws AppError as libvirtError
 */
export async function beginBackup(
  { machines, address }: Daemon,
  ref: DomainRef,
  base: string,
  targets: readonly string[],
  others: readonly string[],
): Promise<string> {
  const socket = socketPath(address.scratchFolder, `${base}.sock`);
  const chosen = targets.map((target) => {
    const scratch = escapeXml(`${address.scratchFolder}/${base}-${target}.scratch`);
    const name = escapeXml(target);
    return `<disk name="${name}" backup="yes" type="file" exportname="${name}"><scratch file="${scratch}"/></disk>`;
  });
  const left = others.map((target) => `<disk name="${escapeXml(target)}" backup="no"/>`);
  const server = `<server transport="unix" socket="${escapeXml(socket)}"/>`;
  const backup = `<domainbackup mode="pull">${server}<disks>${chosen.join("")}${left.join("")}</disks></domainbackup>`;
  await machines.call(
    CALL.backupBegin,
    { domain: ref, backup, checkpoint: null, flags: 0 },
    `the backup of ${ref.name}`,
  );
  return socket;
}

/** Ends the machine's job if it is the one on `socket`, and waits until it has. One that is gone is fine. @throws AppError as libvirtError */
export async function endBackup(daemon: Daemon, ref: DomainRef, socket: string): Promise<void> {
  const stands = async () => (await currentBackup(daemon, ref))?.socket === socket;
  if (!(await stands())) return;
  const gone = [LIBVIRT_ERROR.operationInvalid, LIBVIRT_ERROR.noDomain, LIBVIRT_ERROR.noBackup];
  try {
    await daemon.machines.call(CALL.abortJob, { domain: ref }, `ending the backup of ${ref.name}`);
  } catch (error) {
    if (!isLibvirtError(error, ...gone)) throw error;
  }
  // libvirt answers before QEMU has let go of the scratch files.
  for (let waited = 0; await stands(); waited += ENDING_STEP_MS) {
    if (waited > ENDING_MS) throw new AppError("source.busy", `The backup job of ${ref.name} does not end.`);
    await sleep(ENDING_STEP_MS);
  }
}

/** Removes files of an export that libvirt left (it does when a machine crashes); not the note that a guest is frozen (freeze.ts). */
export async function removeMarkedFiles({ host, address }: Daemon, base: string): Promise<void> {
  for (const name of await host.listFolder(address.scratchFolder)) {
    const marked = parseMarked(name);
    if (marked !== null && marked.extension !== "frozen" && `${marked.mark}-${marked.machine}` === base)
      await host.removeFile(`${address.scratchFolder}/${name}`);
  }
}
