/** What a schedule does, as the form asks it: one of five kinds, each with the fields that doing it by hand has. Pure. */
import type { ExportRequest } from "../../../../src-core/model/export.ts";
import type { JobRequest } from "../../../../src-core/model/run.ts";
import type { MachineRule, ScheduledWork } from "../../../../src-core/model/scheduled-work.ts";
import { type ConvertForm, convertDraft, convertFormOf, emptyForm } from "../../../app/convert-form.ts";
import { type ExportForm, exportDraft, exportFormOf, newForm } from "../../../app/export-form.ts";
import { baseName, folderOf, withExtension } from "../../../format/path.ts";

export const WORK_KINDS = [
  { value: "export", label: "Export machines" },
  { value: "selection", label: "Export by rule" },
  { value: "convert", label: "Convert a disk" },
  { value: "check", label: "Check a disk" },
  { value: "compare", label: "Compare two disks" },
] as const;
export type WorkKind = (typeof WORK_KINDS)[number]["value"];

export interface WorkForm {
  readonly kind: WorkKind;
  /** Of a conversion and of a check. */
  readonly path: string;
  readonly convert: ConvertForm;
  /** Of a comparison. */
  readonly aPath: string;
  readonly bPath: string;
  /** Of machines chosen by hand, and of those a rule finds. */
  readonly export: ExportForm;
  readonly rule: MachineRule;
  /** Picks the sample of a verification: the same each time the form is sent. */
  readonly seed: number;
  /** What was read: what the form does not ask of it is kept. */
  readonly base: ScheduledWork | null;
}

export const NO_RULE: MachineRule = {
  sourceIds: [],
  tags: [],
  folders: [],
  datastores: [],
  power: [],
  families: [],
  nameContains: [],
  onlyIds: [],
  exceptIds: [],
  exceptTags: [],
  atMost: 1_000,
};

/**
 * @param folder where exports are put when nothing else is said; "" = not known
 * @param besides where converted disks are put; "" = beside their sources
 */
export function newWork(folder: string, seed: number, besides = ""): WorkForm {
  const empty = emptyForm({ mode: "full" });
  return {
    kind: "export",
    path: "",
    convert: {
      ...empty,
      targets: empty.targets.map((target) => ({ ...target, format: "qcow2" as const, folder: besides })),
    },
    aPath: "",
    bPath: "",
    export: newForm([], { folder, output: "ova", format: "qcow2", digest: "sha256" }),
    rule: NO_RULE,
    seed,
    base: null,
  };
}

/** With another source disk. A target nobody named gets a name with the day in it: each run makes a file of its own. */
export function withSource(form: WorkForm, path: string, extension: string): WorkForm {
  const proposed = (of: string) =>
    of === "" ? "" : withExtension(baseName(of), extension).replace(/(\.[^.]+)?$/, (end) => `-{date}${end}`);
  const targets = form.convert.targets.map((target, index) => {
    if (index > 0 || (target.name !== "" && target.name !== proposed(form.path))) return target;
    return { ...target, name: proposed(path), folder: target.folder === "" ? folderOf(path) : target.folder };
  });
  return { ...form, path, convert: { ...form.convert, targets } };
}

/** What is sent: also where it is not right yet, so that the program says what is wrong. */
export function workOf(form: WorkForm, priority: number): ScheduledWork {
  const { kind } = form;
  const options = { ...exportDraft({ ...form.export, priority }), machines: undefined };
  delete (options as { machines?: unknown }).machines;
  if (kind === "selection") return { kind: "export-selection", rule: form.rule, options };
  const [machine, ...others] = exportDraft(form.export).machines;
  if (kind === "export" && others.length > 0 && machine !== undefined) {
    const machines = [machine, ...others];
    const rule = {
      ...NO_RULE,
      sourceIds: [...new Set(machines.map(({ sourceId }) => sourceId))],
      onlyIds: machines.map(({ machineId }) => machineId),
    };
    return { kind: "export-selection", rule, options };
  }
  return { kind: "job", request: { ...keptOf(form), ...requestOf(form, priority, options, machine) } as JobRequest };
}

function requestOf(
  form: WorkForm,
  priority: number,
  options: Omit<ExportRequest, "kind" | "sourceId" | "machineId">,
  machine: ReturnType<typeof exportDraft>["machines"][number] | undefined,
): JobRequest {
  switch (form.kind) {
    case "convert":
      return { ...convertDraft({ path: form.path, snapshot: null }, form.convert, form.seed), priority };
    case "check":
      return { kind: "check", path: form.path, priority };
    case "compare":
      return { kind: "compare", aPath: form.aPath, bPath: form.bPath, mode: { mode: "full" }, priority };
    default:
      return {
        kind: "export",
        ...options,
        sourceId: machine?.sourceId ?? "",
        machineId: machine?.machineId ?? "",
        ...machine,
      };
  }
}

/** Members of the request that was read which the form has no field for, where it is still about the same thing. */
function keptOf(form: WorkForm): Partial<JobRequest> {
  const before = form.base?.kind === "job" ? form.base.request : null;
  if (before === null || before.kind !== form.kind) return {};
  if (before.kind === "convert" && before.sourcePath === form.path) {
    const { sourceFormat, sourceSnapshot } = before;
    return given({ sourceFormat, sourceSnapshot });
  }
  if (before.kind === "check" && before.path === form.path) return given({ format: before.format });
  if (before.kind === "compare" && before.aPath === form.aPath && before.bPath === form.bPath) {
    const { aFormat, aSnapshot, bFormat, bSnapshot } = before;
    return given({ aFormat, aSnapshot, bFormat, bSnapshot });
  }
  return {};
}

function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/**
 * The form that says this work.
 * @param nameOf what a machine is called; its id where nobody knows
 */
export function workFormOf(work: ScheduledWork, nameOf: (machineId: string) => string, seed: number): WorkForm {
  const fresh = { ...newWork("", seed), base: work };
  if (work.kind === "export-selection") {
    const { rule, options } = work;
    const chosen = isChoice(rule);
    const [sourceId = ""] = rule.sourceIds;
    const machines = chosen
      ? rule.onlyIds.map((machineId) => ({
          subject: { sourceId, machineId, name: nameOf(machineId) },
          name: "",
          diskKeys: null,
        }))
      : [];
    return { ...fresh, kind: chosen ? "export" : "selection", export: exportFormOf(options, machines), rule };
  }
  const { request } = work;
  switch (request.kind) {
    case "convert":
      return {
        ...fresh,
        kind: "convert",
        path: request.sourcePath,
        convert: convertFormOf(request),
        seed: request.verify.mode === "sample" ? request.verify.seed : seed,
      };
    case "check":
      return { ...fresh, kind: "check", path: request.path };
    case "compare":
      return { ...fresh, kind: "compare", aPath: request.aPath, bPath: request.bPath };
    case "export": {
      const { sourceId, machineId, name, diskKeys } = request;
      const subject = { sourceId, machineId, name: nameOf(machineId) };
      const machine = { subject, name: name ?? "", diskKeys: diskKeys ?? null };
      return { ...fresh, kind: "export", export: exportFormOf(request, [machine]) };
    }
  }
}

/** A rule that is nothing but a list of machines of one source. */
function isChoice(rule: MachineRule): boolean {
  const { sourceIds, onlyIds, ...rest } = rule;
  const { sourceIds: _, onlyIds: __, ...usual } = NO_RULE;
  return sourceIds.length === 1 && onlyIds.length > 1 && JSON.stringify(rest) === JSON.stringify({ ...usual });
}
