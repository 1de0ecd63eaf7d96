/**
 * An export of one machine: a snapshot with our mark (or, where there can be none, a lease on the machine that is off), each disk read
 * in the best way there is, and everything gone again at the end.
 */
import { AppError } from "../../../../src-core/model/error.ts";
import type { ExportDisk, ExportOptions, ExportSession } from "../../provider.ts";
import { machineRef, snapshotRef } from "../calls/machines.ts";
import { retrieveOne } from "../calls/properties.ts";
import type { FolderAccess } from "../http/range-file.ts";
import { makeSnapshot, needSnapshot, removeSnapshot } from "../machine/change-machine.ts";
import { disksOf, type HostDisk, hardwareOf } from "../machine/devices.ts";
import { type HostMachine, readMachine } from "../machine/read-machine.ts";
import { pause } from "../pause.ts";
import type { Session } from "../session.ts";
import { AreaMap } from "../transport/disk-areas.ts";
import { remoteDisk } from "../transport/remote-disk.ts";
import { type Choice, chooseTransport } from "./choose-transport.ts";
import { planDisks } from "./plan-disks.ts";
import { StreamDisks } from "./stream-disks.ts";

/** A host that is asked for more at once gives no more, and has others to serve. */
const MOST_CONNECTIONS = 8;

/** @throws AppError as Connection.openExport */
export async function openExport(
  session: Session,
  id: string,
  options: ExportOptions,
  signal: AbortSignal,
): Promise<ExportSession> {
  const machine = await readMachine(session, id, signal);
  const plan = planDisks(machine, options.diskKeys);
  const warnings = [...plan.warnings];
  if (plan.hold === "lease" && options.resume === null) {
    return await exportByLease(session, machine, plan.disks, warnings, signal);
  }
  const snapshotId =
    options.resume === null
      ? await takeSnapshot(session, machine, options, warnings, signal)
      : await snapshotOfState(session, id, options, signal);
  const connections = Math.min(MOST_CONNECTIONS, Math.max(1, Math.floor(options.connectionsPerHost)));
  const opened: Opened = {
    access: folderAccess(session),
    connections,
    freeConnections: session.files.gate.limit(connections),
    stop: new AbortController(),
    streams: null,
    streamed: [],
  };
  const close = closer(session, id, snapshotId, opened);
  try {
    const disks = await exportSnapshot(session, machine, snapshotId, plan.disks, opened, warnings, signal);
    return { machine: machine.detail, disks, resume: { snapshotId, mark: options.mark }, warnings, close };
  } catch (error) {
    // What an earlier attempt left is kept for the next one, unless it is of no use any more.
    await close(options.resume !== null).catch((left: unknown) =>
      session.context.log(
        "error",
        `the snapshot ${snapshotId} of ${id} is left behind: ${AppError.from(left).message}`,
      ),
    );
    throw error;
  }
}

interface Opened {
  readonly access: FolderAccess;
  readonly connections: number;
  readonly freeConnections: () => void;
  /** Ends what is still being read when the export is closed. */
  readonly stop: AbortController;
  streams: StreamDisks | null;
  streamed: readonly HostDisk[];
}

/** Off, and kept off by the lease: all disks are streams. */
async function exportByLease(
  session: Session,
  machine: HostMachine,
  disks: readonly HostDisk[],
  warnings: readonly string[],
  signal: AbortSignal,
): Promise<ExportSession> {
  const streams = new StreamDisks(
    session,
    machineRef(machine.detail.id),
    machine.disks,
    expectedBytes(machine, machine.disks),
  );
  try {
    if (disks.length > 0) await streams.prepare(disks, signal);
  } catch (error) {
    await streams.close(disks);
    throw error;
  }
  const reason =
    "It is read as a stream: snapshots of the machine cannot be made or would leave it out, so a lease keeps the machine off.";
  return {
    machine: machine.detail,
    disks: disks.map((disk) => streamDisk(streams, disk, "export of the machine, stream", reason)),
    resume: null,
    warnings,
    close: () => streams.close(disks),
  };
}

async function exportSnapshot(
  session: Session,
  machine: HostMachine,
  snapshotId: string,
  wanted: readonly HostDisk[],
  opened: Opened,
  warnings: string[],
  signal: AbortSignal,
): Promise<ExportDisk[]> {
  const properties = await retrieveOne(session, snapshotRef(snapshotId), ["config"], signal);
  const frozen = disksOf(hardwareOf(properties.get("config")));
  const choices: { disk: HostDisk; choice: Choice }[] = [];
  for (const { deviceKey, label } of wanted) {
    const disk = frozen.find((one) => one.deviceKey === deviceKey);
    if (disk === undefined) warnings.push(`${label} is not part of the snapshot: it is left out.`);
    else
      choices.push({ disk, choice: await chooseTransport(session, opened.access, machine, snapshotId, disk, signal) });
  }
  if (wanted.length > 0 && choices.length === 0) {
    throw new AppError("source.refused", `No disk of ${machine.detail.name} is part of its snapshot`);
  }
  const streamed = choices.filter(({ choice }) => choice.kind === "stream").map(({ disk }) => disk);
  const streams = new StreamDisks(session, snapshotRef(snapshotId), frozen, expectedBytes(machine, frozen));
  opened.streams = streams;
  opened.streamed = streamed;
  if (streamed.length > 0) await streams.prepare(streamed, signal);
  return choices.map(({ disk, choice }) =>
    choice.kind === "stream"
      ? streamDisk(streams, disk, "export of the snapshot, stream", choice.reason)
      : fileDisk(session, disk, choice, opened),
  );
}

function streamDisk(streams: StreamDisks, disk: HostDisk, transport: string, reason: string): ExportDisk {
  return {
    key: String(disk.deviceKey),
    capacityBytes: disk.capacityBytes,
    transport,
    reason,
    open: (signal) => streams.open(disk, signal),
  };
}

function fileDisk(
  session: Session,
  disk: HostDisk,
  choice: Choice & { kind: "file" },
  { connections, stop }: Opened,
): ExportDisk {
  const { rangeBytes } = session.tuning;
  return {
    key: String(disk.deviceKey),
    capacityBytes: disk.capacityBytes,
    transport: "datastore, ranges",
    reason: choice.reason,
    async open(signal) {
      const failed = (error: AppError) =>
        session.context.log("warning", `${choice.file.name}: its allocated areas are no longer told: ${error.message}`);
      const { areas } = choice;
      const options = {
        capacityBytes: disk.capacityBytes,
        areas: areas === null ? null : new AreaMap(areas.query, disk.capacityBytes, areas.first, failed),
        pieceBytes: rangeBytes,
        // While some are on their way, others wait to be read.
        piecesAhead: 2 * connections,
      };
      const reader = remoteDisk(choice.file, options, AbortSignal.any([signal, stop.signal, session.context.signal]));
      return { kind: "random", reader, close: () => reader.close() };
    },
  };
}

function folderAccess(session: Session): FolderAccess {
  return {
    ...session.files,
    cookie: () => session.cookie(),
    renew: (cookie, signal) => session.renew(cookie, signal),
    retryMs: session.tuning.retryMs,
    random: Math.random,
  };
}

async function takeSnapshot(
  session: Session,
  machine: HostMachine,
  { mark, quiesce }: ExportOptions,
  warnings: string[],
  signal: AbortSignal,
): Promise<string> {
  const { detail } = machine;
  const description = "Made by HyperSDK Desktop to export the machine; it is removed when that has ended.";
  const make = async (quiet: boolean) => {
    const made = await makeSnapshot(
      session,
      detail.id,
      { name: mark, description, quiesce: quiet, memory: false },
      signal,
    );
    if (!signal.aborted && !made.stopped) return made.id;
    await removeWhenFree(session, detail.id, made.id);
    throw new AppError("job.canceled");
  };
  const plainly = () => make(false).catch((error: unknown) => Promise.reject(explained(error, machine)));
  if (quiesce === "no" || detail.power !== "on") return await plainly();
  try {
    return await make(true);
  } catch (error) {
    const { code, message } = AppError.from(error);
    if (quiesce === "require" || code !== "source.refused") throw error;
    const id = await plainly();
    warnings.push(`The guest could not be made quiet (${message}): its disks are as after a power loss.`);
    return id;
  }
}

/** A device that is a disk keeps some servers from making snapshots while the machine runs. */
function explained(error: unknown, { detail }: HostMachine): unknown {
  const { code, message } = AppError.from(error);
  if (code !== "source.refused" || !detail.disks.some(({ mode }) => mode === "raw-physical")) return error;
  const hint =
    "The machine has a physical raw device mapping: shut it down for the export, or make that disk independent.";
  return new AppError(code, message, { cause: error, hint });
}

/** @throws AppError state.conflict where the point in time is no longer there */
async function snapshotOfState(
  session: Session,
  id: string,
  { mark, resume }: ExportOptions,
  signal: AbortSignal,
): Promise<string> {
  const { snapshotId } = resume ?? {};
  const refuse = (cause: unknown) =>
    new AppError("state.conflict", `The snapshot that the export of ${id} was read from is gone`, {
      cause,
      hint: "Begin the export anew.",
    });
  if (typeof snapshotId !== "string" || !/^[\w.:-]{1,256}$/.test(snapshotId)) throw refuse(null);
  try {
    const { name } = await needSnapshot(session, id, snapshotId, signal);
    if (name === mark || name === resume?.mark) return snapshotId;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "source.no-snapshot") throw error;
    throw refuse(error);
  }
  throw refuse(null);
}

function closer(session: Session, id: string, snapshotId: string, opened: Opened): ExportSession["close"] {
  let left = true;
  return async (keep) => {
    await opened.streams?.close(opened.streamed);
    opened.stop.abort();
    opened.freeConnections();
    if (keep || !left) return;
    await removeWhenFree(session, id, snapshotId);
    left = false;
  };
}

const BUSY_TRIES = 5;
const BUSY_MS = 2000;

/** A machine is at one task at a time: others end. One that is gone already is fine. */
export async function removeWhenFree(session: Session, id: string, snapshotId: string): Promise<void> {
  // Also after a cancel: this is what makes it undone.
  const { signal } = session.context;
  for (let tries = 1; ; tries++) {
    try {
      return await removeSnapshot(session, id, snapshotId, signal);
    } catch (error) {
      const { code } = AppError.from(error);
      if (code === "source.no-snapshot" || code === "source.no-machine") return;
      if (code !== "source.busy" || tries >= BUSY_TRIES) throw error;
      await pause(BUSY_MS * tries, signal);
    }
  }
}

/** What streams are expected to bring: what the disks take. */
function expectedBytes(machine: HostMachine, disks: readonly HostDisk[]): number {
  return disks.reduce(
    (sum, { deviceKey, capacityBytes }) => sum + (machine.files.get(deviceKey)?.usedBytes ?? capacityBytes),
    0,
  );
}
