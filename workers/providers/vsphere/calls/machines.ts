/** Calls on virtual machines and their snapshots. */

import type { Session } from "../session.ts";
import { at, childrenOf, needInteger, type Ref } from "../soap/read-value.ts";
import type { SoapCall } from "../soap/soap-client.ts";
import { ref, value, type Xml } from "../soap/write-request.ts";

export const machineRef = (id: string): Ref => ({ type: "VirtualMachine", id });
export const snapshotRef = (id: string): Ref => ({ type: "VirtualMachineSnapshot", id });

const change = (method: string, target: Ref, content: readonly Xml[] = []): SoapCall => ({
  method,
  target,
  content,
  reads: false,
});

export const powerOn = (machine: Ref): SoapCall => change("PowerOnVM_Task", machine);
export const powerOff = (machine: Ref): SoapCall => change("PowerOffVM_Task", machine);
/** No task: the guest is asked, and does it in its own time. */
export const shutdownGuest = (machine: Ref): SoapCall => change("ShutdownGuest", machine);

export function createSnapshot(
  machine: Ref,
  options: { name: string; description: string; memory: boolean; quiesce: boolean },
): SoapCall {
  return change("CreateSnapshot_Task", machine, [
    value("name", options.name),
    value("description", options.description),
    value("memory", options.memory),
    value("quiesce", options.quiesce),
  ]);
}

/** Children stay; their disks are consolidated where that is due. */
export const removeSnapshot = (snapshot: Ref): SoapCall =>
  change("RemoveSnapshot_Task", snapshot, [value("removeChildren", false), value("consolidate", true)]);

export const revertToSnapshot = (snapshot: Ref): SoapCall => change("RevertToSnapshot_Task", snapshot);

/** Bytes of a disk that changed. */
export interface DiskArea {
  readonly start: number;
  readonly length: number;
}

export interface DiskChanges {
  /** What the answer is about: a part of the disk, from the offset that was asked for on. */
  readonly start: number;
  readonly length: number;
  readonly areas: readonly DiskArea[];
}

/** QueryChangedDiskAreas. @param changeId "*" = the allocated areas. Numbers are as the server says, not judged. */
export async function queryChangedDiskAreas(
  session: Session,
  machine: Ref,
  snapshot: Ref | null,
  deviceKey: number,
  startOffset: number,
  changeId: string,
  signal: AbortSignal,
): Promise<DiskChanges> {
  const content = [
    ...(snapshot === null ? [] : [ref("snapshot", snapshot)]),
    value("deviceKey", deviceKey),
    value("startOffset", startOffset),
    value("changeId", changeId),
  ];
  const answer = await session.call({ method: "QueryChangedDiskAreas", target: machine, content, reads: true }, signal);
  const info = at(answer, "returnval");
  return {
    start: needInteger(info, "startOffset"),
    length: needInteger(info, "length"),
    areas: childrenOf(info, "changedArea").map((area) => ({
      start: needInteger(area, "start"),
      length: needInteger(area, "length"),
    })),
  };
}
