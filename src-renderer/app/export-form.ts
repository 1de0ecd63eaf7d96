/** What the export dialog holds, and how it becomes questions and orders. Pure. */
import type { FormatId } from "../../src-core/model/disk.ts";
import type { ExportedMachine, ExportOptions, ExportOutput, PackageDigest } from "../../src-core/model/export.ts";
import type { FormatChoices } from "../components/variant-choices.tsx";
import { mibRate } from "../format/bytes.ts";
import type { ExportTaste } from "../ui-state/export-taste.ts";
import type { ExportSubject } from "../ui-state/overlays.ts";

/** What is particular to one machine. */
export interface MachineForm {
  readonly subject: ExportSubject;
  /** What its files are called, as typed; "" = as the machine. */
  readonly name: string;
  /** Null: all disks that can be read. */
  readonly diskKeys: readonly string[] | null;
}

/** A limit on speed within hours of the day, as typed. */
export interface TimedForm {
  /** Tells rows apart while they come and go. */
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly limitMib: string;
}

export interface ExportForm {
  readonly machines: readonly MachineForm[];
  readonly output: ExportOutput["kind"];
  /** Of output "disks". */
  readonly format: FormatId;
  readonly choices: FormatChoices;
  /** Of packages; null = as usual. */
  readonly compressionLevel: number | null;
  /** Of the manifest of packages. */
  readonly digest: PackageDigest;
  readonly folder: string;
  readonly overwrite: boolean;
  readonly quiesce: ExportOptions["quiesce"];
  readonly power: ExportOptions["power"];
  readonly disksAtOnce: number;
  readonly connectionsPerHost: number;
  readonly priority: number;
  /** MiB a second that may be read, as typed; "" = no limit. */
  readonly limitMib: string;
  readonly timed: readonly TimedForm[];
}

/** Most hours of the day that can have a limit of their own, as the contract has it. */
export const MAX_TIMED = 24;
/** Most machines of one order, as the contract has it. */
export const MAX_MACHINES = 500;

/** What the contract takes for granted. */
const USUAL_DIGEST: PackageDigest = "sha256";

/** The form that everything is as usual in. */
export function newForm(subjects: readonly ExportSubject[], taste: ExportTaste): ExportForm {
  return {
    machines: subjects.map((subject) => ({ subject, name: "", diskKeys: null })),
    output: taste.output,
    format: taste.format,
    choices: {},
    compressionLevel: null,
    digest: taste.digest,
    folder: taste.folder,
    overwrite: false,
    quiesce: "try",
    power: "leave",
    disksAtOnce: 2,
    connectionsPerHost: 4,
    priority: 50,
    limitMib: "",
    timed: [],
  };
}

/** Tells machines apart: their ids are unique within their source only. */
export function machineKey({ sourceId, machineId }: Pick<ExportSubject, "sourceId" | "machineId">): string {
  return `${sourceId} ${machineId}`;
}

export function withMachine(form: ExportForm, key: string, change: Partial<MachineForm>): ExportForm {
  return {
    ...form,
    machines: form.machines.map((one) => (machineKey(one.subject) === key ? { ...one, ...change } : one)),
  };
}

export function withoutMachines(form: ExportForm, keys: ReadonlySet<string>): ExportForm {
  return { ...form, machines: form.machines.filter(({ subject }) => !keys.has(machineKey(subject))) };
}

/** With a further limit: of the working day first, then of what follows on the last. */
export function withTimed(form: ExportForm): ExportForm {
  const last = form.timed.at(-1);
  const id = Math.max(-1, ...form.timed.map((row) => row.id)) + 1;
  const hours = last === undefined ? { from: "08:00", to: "18:00" } : { from: last.to, to: last.from };
  return { ...form, timed: [...form.timed, { id, ...hours, limitMib: "" }] };
}

function outputOf({ output, format, choices, compressionLevel, digest }: ExportForm): ExportOutput {
  if (output === "disks") return { kind: output, format, options: choices };
  return {
    kind: output,
    ...(compressionLevel === null ? {} : { compressionLevel }),
    ...(digest === USUAL_DIGEST ? {} : { digest }),
  };
}

function machinesOf(form: ExportForm): ExportedMachine[] {
  return form.machines.map(({ subject, name, diskKeys }) => ({
    sourceId: subject.sourceId,
    machineId: subject.machineId,
    ...(name.trim() === "" ? {} : { name: name.trim() }),
    ...(diskKeys === null ? {} : { diskKeys: [...diskKeys] }),
  }));
}

export interface ExportErrors {
  readonly machines?: string;
  readonly folder?: string;
  readonly disks?: string;
  readonly limit?: string;
  /** By the id of the row. */
  readonly timed: ReadonlyMap<number, string>;
}

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

/** What is wrong with the fields themselves, before asking the program. */
export function formErrors(form: ExportForm): ExportErrors {
  const limit = form.limitMib.trim();
  const timed = new Map<number, string>();
  for (const { id, from, to, limitMib } of form.timed) {
    if (!CLOCK.test(from) || !CLOCK.test(to)) timed.set(id, "Give both times.");
    else if (from === to) timed.set(id, "The two times are the same.");
    else if (!(Number(limitMib) > 0)) timed.set(id, "Give a number above 0.");
  }
  const count = form.machines.length;
  return {
    ...(count === 0
      ? { machines: "No machine is left." }
      : count > MAX_MACHINES
        ? { machines: `At most ${MAX_MACHINES} machines can be exported by one order; ${count} are selected.` }
        : {}),
    ...(form.folder.trim() === "" ? { folder: "Choose a folder." } : {}),
    ...(form.machines.some(({ diskKeys }) => diskKeys?.length === 0) ? { disks: "Choose at least one disk." } : {}),
    ...(limit === "" || Number(limit) > 0 ? {} : { limit: "Give a number above 0." }),
    timed,
  };
}

/** Whether the form can become an order at all. */
export function isComplete(form: ExportForm): boolean {
  const { timed, ...errors } = formErrors(form);
  return timed.size === 0 && Object.keys(errors).length === 0;
}

type ExportOrder = ExportOptions & { machines: ExportedMachine[] };

/**
 * What `exports.plan` is asked; null where a field says already what is missing. What its answer does
 * not depend on is as usual in it, so that it is not asked anew for that: it reads every machine.
 */
export function planInput(form: ExportForm): ExportOrder | null {
  const { machines, folder, disks } = formErrors(form);
  if (machines !== undefined || folder !== undefined || disks !== undefined) return null;
  return exportDraft({ ...form, digest: USUAL_DIGEST, priority: 50, limitMib: "", timed: [] });
}

/** The order itself. Null while the form is not complete. */
export function exportOrder(form: ExportForm): ExportOrder | null {
  return isComplete(form) ? exportDraft(form) : null;
}

/** What is said so far, right or not. */
export function exportDraft(form: ExportForm): ExportOrder {
  const { overwrite, quiesce, power, disksAtOnce, connectionsPerHost, priority } = form;
  const limit = form.limitMib.trim();
  return {
    output: outputOf(form),
    folder: form.folder.trim(),
    overwrite,
    quiesce,
    power,
    disksAtOnce,
    connectionsPerHost,
    priority,
    maxBytesPerSecond: limit === "" ? null : mibRate(Number(limit)),
    limitsByTime: form.timed.map(({ from, to, limitMib }) => ({
      from,
      to,
      maxBytesPerSecond: mibRate(Number(limitMib)),
    })),
    machines: machinesOf(form),
  };
}

/** The form that says these options. `machines` with the names they are known by. */
export function exportFormOf(options: ExportOptions, machines: readonly MachineForm[]): ExportForm {
  const { output, limitsByTime, maxBytesPerSecond } = options;
  const disks = output.kind === "disks" ? { format: output.format, choices: output.options } : {};
  const level = output.kind === "disks" ? undefined : output.compressionLevel;
  const digest = (output.kind === "disks" ? undefined : output.digest) ?? USUAL_DIGEST;
  const fresh = newForm([], { folder: options.folder, output: output.kind, format: "qcow2", digest });
  return {
    ...fresh,
    ...disks,
    machines,
    compressionLevel: level ?? null,
    overwrite: options.overwrite,
    quiesce: options.quiesce,
    power: options.power,
    disksAtOnce: options.disksAtOnce,
    connectionsPerHost: options.connectionsPerHost,
    priority: options.priority,
    limitMib: maxBytesPerSecond === null ? "" : mibWords(maxBytesPerSecond),
    timed: limitsByTime.map(({ from, to, maxBytesPerSecond: limit }, id) => ({
      id,
      from,
      to,
      limitMib: mibWords(limit),
    })),
  };
}

function mibWords(bytesPerSecond: number): string {
  return String(bytesPerSecond / 1024 ** 2);
}
