/** What the convert dialog holds, and how it becomes questions and orders. Pure. */
import type { ConvertPlan } from "../../../src-core/contract/runs.ts";
import type { FormatId, FormatInfo } from "../../../src-core/model/disk.ts";
import type { JobRequest } from "../../../src-core/model/run.ts";
import type { VerifyMode } from "../../../src-core/model/task.ts";
import { baseName, folderOf, joinPath, withExtension } from "../../format/path.ts";

export interface ConvertForm {
  /** Null until the first plan proposed one. */
  readonly format: FormatId | null;
  readonly folder: string;
  readonly name: string;
  readonly overwrite: boolean;
  readonly verify: VerifyMode["mode"];
  /** Percent of the disk, for verify "sample". */
  readonly samplePercent: number;
  readonly priority: number;
}

/** The form before anything is known; `null` folder settings mean "beside the source", which the plan fills in. */
export function emptyForm(verify: VerifyMode): ConvertForm {
  return {
    format: null,
    folder: "",
    name: "",
    overwrite: false,
    verify: verify.mode,
    samplePercent: verify.mode === "sample" ? Math.max(1, Math.round(verify.fraction * 100)) : 5,
    priority: 50,
  };
}

/** Fills what nobody chose yet from what the program proposes. */
export function withProposal(form: ConvertForm, plan: ConvertPlan): ConvertForm {
  if (form.format !== null) return form;
  return {
    ...form,
    format: plan.targetFormat,
    folder: folderOf(plan.targetPath),
    name: baseName(plan.targetPath),
  };
}

/** Another format gives the file the format's extension; a name without a known extension keeps its own. */
export function withFormat(form: ConvertForm, format: FormatId, formats: readonly FormatInfo[]): ConvertForm {
  const extension = formats.find((info) => info.id === format)?.extensions[0];
  const lower = form.name.toLowerCase();
  const known = formats.some((info) => info.extensions.some((e) => lower.endsWith(`.${e.toLowerCase()}`)));
  const name = known && extension !== undefined ? withExtension(form.name, extension) : form.name;
  return { ...form, format, name, overwrite: false };
}

/** Input of `jobs.plan`. Before the first answer nothing but the source is said, so that the program proposes the rest. */
export function planInput(sourcePath: string, form: ConvertForm) {
  if (form.format === null) return { sourcePath };
  return {
    sourcePath,
    targetFormat: form.format,
    targetPath: joinPath(form.folder.trim(), form.name.trim()),
    overwrite: form.overwrite,
  };
}

/** What is wrong with the fields themselves, before asking the program. */
export function fieldErrors(form: ConvertForm): { folder?: string; name?: string; samplePercent?: string } {
  if (form.format === null) return {};
  const name = form.name.trim();
  return {
    ...(form.folder.trim() === "" ? { folder: "Choose a folder." } : {}),
    ...(name === ""
      ? { name: "Name the file." }
      : /[/\\]/.test(name)
        ? { name: "A name has no slashes; the folder stands above." }
        : {}),
    ...(form.verify === "sample" && !(form.samplePercent >= 1 && form.samplePercent <= 100)
      ? { samplePercent: "From 1 to 100 percent." }
      : {}),
  };
}

/** The order itself. `seed` picks the sample. Null while the form is not complete. */
export function jobRequest(sourcePath: string, form: ConvertForm, seed: number): JobRequest | null {
  if (form.format === null || Object.keys(fieldErrors(form)).length > 0) return null;
  const verify: VerifyMode =
    form.verify === "sample" ? { mode: "sample", fraction: form.samplePercent / 100, seed } : { mode: form.verify };
  return {
    kind: "convert",
    sourcePath,
    targetPath: joinPath(form.folder.trim(), form.name.trim()),
    targetFormat: form.format,
    overwrite: form.overwrite,
    verify,
    priority: form.priority,
  };
}
