/** What the convert dialog holds, and how it becomes questions and orders. Pure. */
import type { ConvertPlan } from "../../src-core/contract/runs.ts";
import type { FormatId, FormatInfo } from "../../src-core/model/disk.ts";
import type { ConvertRequest, TargetRequest } from "../../src-core/model/run.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import type { VerifyMode } from "../../src-core/model/task.ts";
import type { FormatChoices } from "../components/variant-choices.tsx";
import { mibRate } from "../format/bytes.ts";
import { baseName, folderOf, joinPath, withExtension } from "../format/path.ts";
import type { ConvertSubject } from "../ui-state/overlays.ts";

/** One output. */
export interface TargetForm {
  /** Tells outputs apart while they come and go. */
  readonly id: number;
  /** Null until a plan proposed one. */
  readonly format: FormatId | null;
  readonly folder: string;
  readonly name: string;
  readonly overwrite: boolean;
  /** What was chosen from the format's lists; the rest is as usual. */
  readonly choices: FormatChoices;
  /** A larger size of the disk in GiB, as typed; "" = the source's. */
  readonly sizeGib: string;
  /** The disk of which this becomes a delta; "" = it stands alone. */
  readonly backing: string;
}

export interface ConvertForm {
  /** At least one. */
  readonly targets: readonly TargetForm[];
  readonly verify: VerifyMode["mode"];
  /** Percent of the disk, for verify "sample". */
  readonly samplePercent: number;
  readonly priority: number;
  /** MiB a second that may be read, as typed; "" = no limit. */
  readonly limitMib: string;
  /** Leave the result to the system's cache. */
  readonly noSync: boolean;
}

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

function emptyTarget(id: number): TargetForm {
  return { id, format: null, folder: "", name: "", overwrite: false, choices: {}, sizeGib: "", backing: "" };
}

/** The form before anything is known: one output, of which the plan proposes everything. */
export function emptyForm(verify: VerifyMode): ConvertForm {
  return {
    targets: [emptyTarget(0)],
    verify: verify.mode,
    samplePercent: verify.mode === "sample" ? Math.max(1, Math.round(verify.fraction * 100)) : 5,
    priority: 50,
    limitMib: "",
    noSync: false,
  };
}

/** With one more output, for which a name is proposed. */
export function withAnother(form: ConvertForm): ConvertForm {
  const id = Math.max(...form.targets.map((target) => target.id)) + 1;
  return { ...form, targets: [...form.targets, emptyTarget(id)] };
}

export function without(form: ConvertForm, id: number): ConvertForm {
  return { ...form, targets: form.targets.filter((target) => target.id !== id) };
}

export function withTarget(form: ConvertForm, id: number, change: Partial<TargetForm>): ConvertForm {
  return { ...form, targets: form.targets.map((target) => (target.id === id ? { ...target, ...change } : target)) };
}

/** Fills what nobody chose yet from what the program proposes. The same form (===) where there is nothing to fill. */
export function withProposal(form: ConvertForm, plan: ConvertPlan): ConvertForm {
  // The answer to another question: outputs came or went since.
  if (plan.targets.length !== form.targets.length || form.targets.every(({ format }) => format !== null)) return form;
  const targets = form.targets.map((target, index) => {
    const proposed = plan.targets[index];
    if (target.format !== null || proposed === undefined) return target;
    return { ...target, format: proposed.format, folder: folderOf(proposed.path), name: baseName(proposed.path) };
  });
  return { ...form, targets };
}

/** Another format gives the file the format's extension (a name without a known one keeps its own) and offers other choices. */
export function withFormat(target: TargetForm, format: FormatId, formats: readonly FormatInfo[]): TargetForm {
  const extension = formats.find((info) => info.id === format)?.extensions[0];
  const lower = target.name.toLowerCase();
  const known = formats.some((info) => info.extensions.some((e) => lower.endsWith(`.${e.toLowerCase()}`)));
  const name = known && extension !== undefined ? withExtension(target.name, extension) : target.name;
  return { ...target, format, name, overwrite: false, choices: {}, backing: "" };
}

function pathOf({ folder, name }: TargetForm): string {
  return joinPath(folder.trim(), name.trim());
}

function optionsOf({ choices, sizeGib, backing }: TargetForm): TargetOptions {
  const size = Number(sizeGib);
  return {
    ...choices,
    ...(sizeGib.trim() === "" || !(size > 0) ? {} : { virtualSizeBytes: Math.round(size * GIB) }),
    ...(backing.trim() === "" ? {} : { backingPath: backing.trim() }),
  };
}

/** Input of `jobs.plan`. Of an output nobody has said anything about nothing is said, so that the program proposes it. */
export function planInput({ path, snapshot }: ConvertSubject, form: ConvertForm) {
  return {
    sourcePath: path,
    ...(snapshot === null ? {} : { sourceSnapshot: snapshot }),
    targets: form.targets.map((target) =>
      target.format === null
        ? {}
        : { format: target.format, path: pathOf(target), options: optionsOf(target), overwrite: target.overwrite },
    ),
  };
}

export interface TargetErrors {
  readonly folder?: string;
  readonly name?: string;
  readonly size?: string;
}

/** What is wrong with the fields of an output themselves, before asking the program. */
export function targetErrors(target: TargetForm): TargetErrors {
  if (target.format === null) return {};
  const name = target.name.trim();
  const size = target.sizeGib.trim();
  return {
    ...(target.folder.trim() === "" ? { folder: "Choose a folder." } : {}),
    ...(name === ""
      ? { name: "Name the file." }
      : /[/\\]/.test(name)
        ? { name: "A name has no slashes; the folder stands above." }
        : {}),
    ...(size === "" || Number(size) > 0 ? {} : { size: "Give a size in GiB." }),
  };
}

/** The same for what holds for all outputs. */
export function fieldErrors(form: ConvertForm): { samplePercent?: string; limit?: string } {
  const limit = form.limitMib.trim();
  return {
    ...(form.verify === "sample" && !(form.samplePercent >= 1 && form.samplePercent <= 100)
      ? { samplePercent: "From 1 to 100 percent." }
      : {}),
    ...(limit === "" || Number(limit) > 0 ? {} : { limit: "Give a number above 0." }),
  };
}

/** Whether the form can become an order at all. */
export function isComplete(form: ConvertForm): boolean {
  const wrong = [fieldErrors(form), ...form.targets.map(targetErrors)].some((errors) => Object.keys(errors).length > 0);
  return !wrong && form.targets.every(({ format }) => format !== null);
}

/** The order itself. `seed` picks the sample. Null while the form is not complete. */
export function convertRequest(subject: ConvertSubject, form: ConvertForm, seed: number): ConvertRequest | null {
  return isComplete(form) ? convertDraft(subject, form, seed) : null;
}

/** What is said so far, right or not: of outputs without a format nothing. */
export function convertDraft(subject: ConvertSubject, form: ConvertForm, seed: number): ConvertRequest {
  const verify: VerifyMode =
    form.verify === "sample" ? { mode: "sample", fraction: form.samplePercent / 100, seed } : { mode: form.verify };
  const targets = form.targets.flatMap((target): TargetRequest[] =>
    target.format === null
      ? []
      : [{ path: pathOf(target), format: target.format, options: optionsOf(target), overwrite: target.overwrite }],
  );
  const limit = form.limitMib.trim();
  return {
    kind: "convert",
    sourcePath: subject.path,
    ...(subject.snapshot === null ? {} : { sourceSnapshot: subject.snapshot }),
    targets,
    verify,
    priority: form.priority,
    sync: !form.noSync,
    maxBytesPerSecond: limit === "" ? null : mibRate(Number(limit)),
  };
}

/** The form that says this order. */
export function convertFormOf(request: ConvertRequest): ConvertForm {
  const { targets, verify, priority, sync, maxBytesPerSecond } = request;
  return {
    ...emptyForm(verify),
    targets: targets.map(({ path, format, options, overwrite }, id): TargetForm => {
      const { virtualSizeBytes, backingPath, ...choices } = options;
      return {
        id,
        format,
        folder: folderOf(path),
        name: baseName(path),
        overwrite,
        choices,
        sizeGib: virtualSizeBytes === undefined ? "" : String(virtualSizeBytes / GIB),
        backing: backingPath ?? "",
      };
    }),
    priority,
    noSync: !sync,
    limitMib: maxBytesPerSecond === null ? "" : String(maxBytesPerSecond / MIB),
  };
}
