/** Switching machines, and their snapshots. */
import { AppError } from "../../../src-core/model/error.ts";
import type { PowerAction, SnapshotOptions } from "../provider.ts";
import { type Daemon, findDomain } from "./daemon.ts";
import { isLibvirtError, LIBVIRT_ERROR } from "./rpc/errors.ts";
import { CALL, type DomainRef } from "./rpc/procedures.ts";
import { escapeXml } from "./xml-tree.ts";

/** virDomainSnapshotCreateFlags. */
const CREATE = { diskOnly: 16, quiesce: 64, atomic: 128 } as const;

const isOn = ({ id }: DomainRef) => id !== -1;

/** @throws AppError as Connection.power */
export async function switchPower(daemon: Daemon, id: string, action: PowerAction, signal: AbortSignal): Promise<void> {
  const { machines } = daemon;
  const domain = await findDomain(machines, id);
  if ((action === "on") === isOn(domain)) return;
  const call = { on: CALL.start, off: CALL.destroy, shutdown: CALL.shutdown }[action];
  const verb = { on: "starting", off: "switching off", shutdown: "shutting down" }[action];
  try {
    await machines.call<{ domain: DomainRef; flags: number }, unknown>(
      call,
      { domain, flags: 0 },
      `${verb} ${domain.name}`,
      signal,
    );
  } catch (error) {
    // Somebody else was quicker.
    if (!isLibvirtError(error, LIBVIRT_ERROR.operationInvalid)) throw error;
    if (isOn(await findDomain(machines, id)) !== (action === "on")) throw error;
  }
}

/**
 * Of a machine that is off, or with memory: inside its images. Of a running one without memory: a new top file for each disk, which
 * only libvirt 9.9 and later can take away again.
 * @throws AppError as Connection.createSnapshot
 */
export async function createSnapshot(
  daemon: Daemon,
  id: string,
  options: SnapshotOptions,
  signal: AbortSignal,
): Promise<string> {
  const { machines, libvirtVersion } = daemon;
  const domain = await findDomain(machines, id);
  const diskOnly = isOn(domain) && !options.memory;
  if (options.quiesce && !diskOnly) {
    throw new AppError(
      "source.unsupported",
      "Only a snapshot of a running machine without its memory can be quiesced.",
    );
  }
  if (diskOnly && !canRemoveExternal(libvirtVersion)) {
    throw new AppError(
      "source.unsupported",
      `libvirt ${libvirtVersion} could not remove a snapshot of a running machine without its memory.`,
      { hint: "Take it with memory, or of the machine switched off." },
    );
  }
  const name = escapeXml(options.name);
  const xml = `<domainsnapshot><name>${name}</name><description>${escapeXml(options.description)}</description></domainsnapshot>`;
  const flags = diskOnly ? CREATE.diskOnly + CREATE.atomic + (options.quiesce ? CREATE.quiesce : 0) : 0;
  const { snapshot } = await machines.call(
    CALL.createSnapshot,
    { domain, xml, flags },
    `a snapshot of ${domain.name}`,
    signal,
  );
  return snapshot.name;
}

function canRemoveExternal(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 9 || (major === 9 && minor >= 9);
}

/** @throws AppError as Connection.removeSnapshot */
export async function removeSnapshot(daemon: Daemon, id: string, name: string, signal: AbortSignal): Promise<void> {
  const { domain, snapshot } = await findSnapshot(daemon, id, name);
  const what = `removing snapshot ${name} of ${domain.name}`;
  await daemon.machines.call(CALL.deleteSnapshot, { snapshot, flags: 0 }, what, signal);
}

/** @throws AppError as Connection.revertSnapshot */
export async function revertSnapshot(daemon: Daemon, id: string, name: string, signal: AbortSignal): Promise<void> {
  const { domain, snapshot } = await findSnapshot(daemon, id, name);
  const what = `going back to snapshot ${name} of ${domain.name}`;
  await daemon.machines.call(CALL.revertSnapshot, { snapshot, flags: 0 }, what, signal);
}

async function findSnapshot({ machines }: Daemon, id: string, name: string) {
  const domain = await findDomain(machines, id);
  const what = `snapshot ${name.slice(0, 200)} of ${domain.name}`;
  return { domain, ...(await machines.call(CALL.snapshotByName, { domain, name, flags: 0 }, what)) };
}
