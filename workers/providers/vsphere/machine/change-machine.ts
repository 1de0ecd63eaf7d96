/** Power and snapshots of a machine. */
import { AppError } from "../../../../src-core/model/error.ts";
import type { MachineSnapshot } from "../../../../src-core/model/inventory.ts";
import type { PowerAction, SnapshotOptions } from "../../provider.ts";
import * as machines from "../calls/machines.ts";
import { retrieveOne } from "../calls/properties.ts";
import { runTask } from "../calls/tasks.ts";
import type { Session } from "../session.ts";
import { faultOf } from "../soap/fault.ts";
import { refOf } from "../soap/read-value.ts";
import type { XmlNode } from "../soap/xml-node.ts";
import { checkedId, noMachine } from "./read-machine.ts";
import { snapshotsOf } from "./snapshot-tree.ts";

/** Some properties of a machine. @throws AppError source.no-machine */
export async function lookAt(
  session: Session,
  id: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, XmlNode>> {
  try {
    const properties = await retrieveOne(session, machines.machineRef(checkedId(id)), ["name", ...paths], signal);
    if (properties.size > 0) return properties;
  } catch (error) {
    if (faultOf(error) !== "ManagedObjectNotFound") throw error;
  }
  throw noMachine(id);
}

/** @throws AppError as Connection.power */
export async function switchPower(
  session: Session,
  id: string,
  action: PowerAction,
  signal: AbortSignal,
): Promise<void> {
  const wanted = action === "on" ? "poweredOn" : "poweredOff";
  const properties = await lookAt(session, id, ["runtime.powerState", "summary.config.template"], signal);
  if (properties.get("runtime.powerState")?.text === wanted) return;
  if (properties.get("summary.config.template")?.text === "true") {
    throw new AppError("source.unsupported", "A template cannot be switched on");
  }
  const machine = machines.machineRef(id);
  try {
    if (action === "shutdown") await session.call(machines.shutdownGuest(machine), signal);
    else await runTask(session, action === "on" ? machines.powerOn(machine) : machines.powerOff(machine), signal);
  } catch (error) {
    // Somebody else was quicker.
    if (faultOf(error) === "InvalidPowerState" && error instanceof AppError && error.details?.existingState === wanted)
      return;
    throw gone(error, () => noMachine(id));
  }
}

/** @returns the new snapshot's id; also where it was made although it was told to stop: `stopped` says so */
export async function makeSnapshot(
  session: Session,
  id: string,
  options: SnapshotOptions,
  signal: AbortSignal,
): Promise<{ id: string; stopped: boolean }> {
  await lookAt(session, id, [], signal);
  try {
    const end = await runTask(session, machines.createSnapshot(machines.machineRef(id), options), signal);
    const made = refOf(end.result);
    if (made === null)
      throw new AppError("source.protocol", `the snapshot of ${id} was made, but the server does not tell which it is`);
    return { id: made.id, stopped: end.stopped };
  } catch (error) {
    throw gone(error, () => noMachine(id));
  }
}

/** @throws AppError source.no-machine, source.no-snapshot, source.* */
export async function removeSnapshot(
  session: Session,
  id: string,
  snapshotId: string,
  signal: AbortSignal,
): Promise<void> {
  await changeSnapshot(session, id, snapshotId, machines.removeSnapshot(machines.snapshotRef(snapshotId)), signal);
}

/** @throws AppError source.no-machine, source.no-snapshot, source.* */
export async function revertSnapshot(
  session: Session,
  id: string,
  snapshotId: string,
  signal: AbortSignal,
): Promise<void> {
  await changeSnapshot(session, id, snapshotId, machines.revertToSnapshot(machines.snapshotRef(snapshotId)), signal);
}

async function changeSnapshot(
  session: Session,
  id: string,
  snapshotId: string,
  change: ReturnType<typeof machines.removeSnapshot>,
  signal: AbortSignal,
): Promise<void> {
  await needSnapshot(session, id, snapshotId, signal);
  try {
    await runTask(session, change, signal);
  } catch (error) {
    throw gone(error, () => noSnapshot(id, snapshotId));
  }
}

export async function needSnapshot(
  session: Session,
  id: string,
  snapshotId: string,
  signal: AbortSignal,
): Promise<MachineSnapshot> {
  const properties = await lookAt(session, id, ["snapshot"], signal);
  const found = snapshotsOf(properties.get("snapshot")).find((one) => one.id === snapshotId);
  if (found === undefined) throw noSnapshot(id, snapshotId);
  return found;
}

function noSnapshot(id: string, snapshotId: string): AppError {
  return new AppError("source.no-snapshot", `The machine ${id} has no snapshot ${snapshotId.slice(0, 100)}`, {
    details: { machineId: id },
  });
}

/** What was there a moment ago and is not any more. */
function gone(error: unknown, instead: () => AppError): unknown {
  return faultOf(error) === "ManagedObjectNotFound" ? instead() : error;
}
