/** What the export of one machine would be, and what stands in its way. */
import type { ExportProblem, PlannedExport } from "../../src-core/contract/exports.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { ExportedMachine, ExportOptions } from "../../src-core/model/export.ts";
import type { MachineDetail } from "../../src-core/model/inventory.ts";
import { packageStem } from "../../src-core/model/package-names.ts";
import { fileFactsOrNull } from "../files/real-file.ts";
import type { JobEngine } from "../jobs/engine.ts";
import { type ExportFiles, exportFiles } from "./export-names.ts";
import { exportEstimate } from "./export-space.ts";
import { exportGroups } from "./run-groups.ts";
import type { SourcesService } from "./sources.ts";
import type { SystemService } from "./system.ts";

export interface ExportDeps {
  readonly engine: Pick<JobEngine, "busyTarget" | "accept" | "findByIdempotencyKey">;
  readonly sources: Pick<SourcesService, "get" | "live">;
  readonly system: Pick<SystemService, "formats" | "companions">;
  readonly version: string;
  now(): number;
}

export interface ExportGround extends ExportDeps {
  readonly options: ExportOptions;
  /** Files of the machines planned before. */
  readonly taken: Set<string>;
}

export interface PlannedMachine {
  readonly plan: PlannedExport;
  readonly files: ExportFiles;
  /** Of the disks that would be exported, in the machine's order. */
  readonly diskKeys: readonly string[];
  /** Concurrency groups of its run. */
  readonly groups: readonly string[];
}

/** Names that are tried for a machine whose own one is taken. */
const MOST_NAMES = 100;

/** @param read the machine, or why it could not be read */
export async function planMachine(
  ground: ExportGround,
  asked: ExportedMachine,
  read: MachineDetail | AppError,
): Promise<PlannedMachine> {
  const problems: ExportProblem[] = [];
  const add = (severity: ExportProblem["severity"], error: AppError) =>
    problems.push({ severity, error: error.toData() });
  if (read instanceof AppError) add("error", read);
  const machine = read instanceof AppError ? null : asExported(read, ground.options);
  const disks = machine === null ? [] : disksOf(machine, asked.diskKeys, add);
  const wanted = disks.filter((disk) => disk.wanted);
  if (machine !== null) {
    machineProblems(machine, ground.options, add);
    if (wanted.length === 0) {
      const said = `${machine.name} has no disk that can be exported.`;
      add("error", new AppError("source.refused", said, { hint: "See what stands in the way of each disk." }));
    }
  }
  const machineName = machine?.name ?? asked.machineId;
  const { name, files, exists } = await freeName(ground, asked, machineName, wanted);
  for (const path of files.all) {
    const busy = ground.engine.busyTarget(path);
    if (busy !== null) add("error", busy);
    else if (ground.taken.has(path)) {
      add("error", new AppError("target.busy", `Two machines of the selection would be made as ${path}.`));
    } else if (exists.has(path) && !ground.options.overwrite) {
      add("error", new AppError("target.exists", `${path} exists already.`, { details: { path } }));
    }
  }
  for (const path of files.all) ground.taken.add(path);
  const { sourceId, machineId } = asked;
  const estimate = exportEstimate(wanted, ground.options.output);
  const diskKeys = wanted.map(({ key }) => key);
  return {
    plan: { sourceId, machineId, machineName, name, files: [...files.all], disks, estimate, problems },
    files,
    diskKeys,
    groups: machine === null ? [] : exportGroups(sourceId, machine, diskKeys, ground.options.folder),
  };
}

/** The machine with what will stand in the way when it is read: one that is shut down first has fewer obstacles. */
function asExported(machine: MachineDetail, { power }: ExportOptions): MachineDetail {
  if (power === "leave") return machine;
  return { ...machine, obstacles: machine.obstacles.filter(({ whileOn }) => whileOn !== true) };
}

type Add = (severity: ExportProblem["severity"], error: AppError) => void;

function machineProblems(machine: MachineDetail, { quiesce, power }: ExportOptions, add: Add): void {
  for (const { severity, diskKey, message, remedy } of machine.obstacles) {
    if (diskKey !== null) continue;
    const error = new AppError("source.refused", `${machine.name}: ${message}`, { hint: remedy });
    add(severity === "blocking" ? "error" : "warning", error);
  }
  if (machine.power === "on" && power === "leave" && quiesce !== "no" && machine.agent !== "running") {
    const said = `${machine.name}: the guest's help (VMware Tools, guest agent) does not run, so its file systems cannot be put in order first.`;
    const hint = "Start it in the guest, shut the machine down first, or export it without quiescing.";
    add(quiesce === "require" ? "error" : "warning", new AppError("source.unsupported", said, { hint }));
  }
  if (machine.power !== "on" && quiesce === "require") {
    const said = `${machine.name} does not run: there is nothing to quiesce.`;
    add("error", new AppError("source.unsupported", said, { hint: "Export it without quiescing." }));
  }
}

function disksOf(machine: MachineDetail, asked: readonly string[] | undefined, add: Add): PlannedExport["disks"] {
  for (const key of asked ?? []) {
    if (!machine.disks.some((disk) => disk.key === key)) {
      add("error", new AppError("request.invalid", `${machine.name} has no disk ${key}.`));
    }
  }
  return machine.disks.map(({ key, label, capacityBytes, usedBytes }) => {
    const found = machine.obstacles.find(({ diskKey, severity }) => diskKey === key && severity === "blocking");
    const chosen = asked?.includes(key) ?? true;
    if (found !== undefined && chosen) {
      const said = `${machine.name}, ${label}${asked === undefined ? " is left out" : ""}: ${found.message}`;
      const error = new AppError("source.refused", said, { hint: found.remedy });
      add(asked === undefined ? "warning" : "error", error);
    }
    const obstacle = found?.message ?? null;
    return { key, label, capacityBytes, usedBytes, wanted: chosen && obstacle === null, obstacle };
  });
}

/** The name asked for, else the machine's, with a number behind it where its files are there already. */
async function freeName(
  ground: ExportGround,
  asked: ExportedMachine,
  machineName: string,
  wanted: PlannedExport["disks"],
): Promise<{ name: string; files: ExportFiles; exists: ReadonlySet<string> }> {
  const stem = packageStem(asked.name ?? machineName);
  const keys = wanted.map(({ key }) => key);
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? stem : `${stem}-${number}`;
    const files = await exportFiles(ground.system, ground.options, name, keys);
    const exists = new Set<string>();
    for (const path of files.all) if (await isThere(path)) exists.add(path);
    const isFree = (path: string) => !ground.taken.has(path) && ground.engine.busyTarget(path) === null;
    const free = files.all.every(isFree) && (exists.size === 0 || ground.options.overwrite);
    if (free || asked.name !== undefined || number >= MOST_NAMES) return { name, files, exists };
  }
}

/** What cannot be looked at is there for all we know. */
async function isThere(path: string): Promise<boolean> {
  return (await fileFactsOrNull(path).catch(() => "denied")) !== null;
}
