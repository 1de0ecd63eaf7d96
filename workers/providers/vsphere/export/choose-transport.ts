/** How one disk of a snapshot is read: its file piece by piece where that is possible, else as a stream; and why. */
import { AppError } from "../../../../src-core/model/error.ts";
import { machineRef, snapshotRef } from "../calls/machines.ts";
import type { FolderAccess, RangeFile } from "../http/range-file.ts";
import type { HostDisk } from "../machine/devices.ts";
import type { HostMachine } from "../machine/read-machine.ts";
import type { Session } from "../session.ts";
import { faultOf } from "../soap/fault.ts";
import { type AreaPage, type AreaQuery, areaPage, areaQuery } from "../transport/disk-areas.ts";
import { datastoreFile, flatFile, folderPaths } from "../transport/folder-path.ts";
import { probeFile } from "../transport/probe-file.ts";

export interface KnownAreas {
  readonly query: AreaQuery;
  readonly first: AreaPage;
}

export type Choice =
  | { readonly kind: "file"; readonly file: RangeFile; readonly areas: KnownAreas | null; readonly reason: string }
  | { readonly kind: "stream"; readonly reason: string };

/**
 * @param disk as the snapshot holds it
 * @throws AppError source.lost, source.auth, source.busy …: what has nothing to do with the disk; job.canceled
 */
export async function chooseTransport(
  session: Session,
  access: FolderAccess,
  machine: HostMachine,
  snapshotId: string,
  disk: HostDisk,
  signal: AbortSignal,
): Promise<Choice> {
  const stream = (why: string): Choice => ({ kind: "stream", reason: `It is read as a stream: ${why}.` });
  const store = machine.datastores.get(disk.datastoreId ?? "");
  const type = store?.type.toLowerCase();
  if (type === "vsan" || type === "vvol")
    return stream(`on ${type === "vsan" ? "vSAN" : "virtual volumes"} disks are no files`);
  if (disk.mode.startsWith("raw")) return stream("it is a raw device mapping");
  if (disk.chain.length > 1)
    return stream(`it is a chain of ${disk.chain.length} files, as the machine has other snapshots`);
  const name = flatFile(disk.path ?? "");
  const file = name === null ? null : datastoreFile(name);
  if (name === null || file === null) return stream("the server tells no file of it");
  if (session.content.isVCenter && machine.datacenterPath === null)
    return stream("the account does not see the datacenter that it lies in");
  // Names in paths of files are as the guest of the server's interface writes them; the datastore is asked for as its property says.
  const paths = folderPaths({ ...file, datastore: store?.name ?? file.datastore }, machine.datacenterPath);
  const probe = await probeFile(access, paths, name, disk.capacityBytes, signal);
  if (probe.file === null) return stream(probe.why);
  const { areas, why } = await knownAreas(session, machine, snapshotId, disk, signal);
  const reason = `The host gives out ranges of its file${areas === null ? `; empty parts are read too, as ${why}` : ", and tells which parts of it are allocated"}.`;
  return { kind: "file", file: probe.file, areas, reason };
}

async function knownAreas(
  session: Session,
  machine: HostMachine,
  snapshotId: string,
  disk: HostDisk,
  signal: AbortSignal,
): Promise<{ areas: KnownAreas | null; why: string }> {
  if (disk.changeId === null) return { areas: null, why: "changed-block tracking is off" };
  const of = {
    machine: machineRef(machine.detail.id),
    snapshot: snapshotRef(snapshotId),
    deviceKey: disk.deviceKey,
    changeId: "*",
  };
  // Asked for as long as the disk is read, which outlasts what it is opened with.
  const query = areaQuery(session, of, session.context.signal);
  try {
    const first = await areaPage(areaQuery(session, of, signal), 0, disk.capacityBytes);
    return { areas: { query, first }, why: "" };
  } catch (error) {
    const { code, message } = AppError.from(error);
    // Off VMFS it can fail; what it tells is only a help.
    if (faultOf(error) === null && code !== "source.protocol") throw error;
    return { areas: null, why: `the server does not tell which are (${message})` };
  }
}
