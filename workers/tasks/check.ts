/** The structural check of one image: counts everything its format finds, keeps the first findings. Parents are not looked at. */
import type { CheckFinding, CheckReport } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { CheckSpec } from "../../src-core/model/task.ts";
import type { Format } from "../formats/format.ts";
import { detectFormat, formatById } from "../formats/registry.ts";
import { extentFileOpener } from "../image/open-disk.ts";
import { openPointedAt } from "../image/source-file.ts";
import type { FileSource } from "../io/file.ts";
import type { TaskContext, TaskRunner } from "../task.ts";

/** Findings that are kept; the rest is counted. */
export const KEPT_FINDINGS = 1000;

const COUNTED = { error: "errors", leak: "leaks", warning: "warnings" } as const satisfies Record<
  CheckFinding["severity"],
  keyof CheckReport
>;

export const check: TaskRunner<"check"> = async (spec, ctx) => {
  const beganAtMs = ctx.now();
  ctx.started(null);
  const source = await openPointedAt(spec.path);
  const extentFiles: FileSource[] = [];
  try {
    const format = spec.format === undefined ? (await detectFormat(source)).format : formatById(spec.format);
    if (format.check === undefined && format.info.id !== "raw") {
      throw new AppError("disk.unsupported", `There is no structural check for a ${format.info.label}.`);
    }
    const report: CheckReport = {
      path: spec.path,
      format: format.info.id,
      findings: [],
      errors: 0,
      leaks: 0,
      warnings: 0,
      statement: statementFor(format),
    };
    for await (const finding of findingsOf(format, source, spec, extentFiles, ctx)) {
      report[COUNTED[finding.severity]] += 1;
      if (report.findings.length < KEPT_FINDINGS) report.findings.push(finding);
      await ctx.gate();
    }
    // What is found in an image that somebody writes to may be nothing but a moment between two writes.
    for (const file of [source, ...extentFiles]) file.assertUnchanged();
    return { kind: "check", report, durationMs: ctx.now() - beganAtMs };
  } finally {
    for (const file of extentFiles) await file.close();
    await source.close();
  }
};

/** Damage that the format could not walk past is the last finding. @throws AppError io.*, path.*, disk.unsupported, job.canceled */
async function* findingsOf(
  format: Format,
  source: FileSource,
  spec: CheckSpec,
  extentFiles: FileSource[],
  ctx: TaskContext,
): AsyncIterable<CheckFinding> {
  if (format.check === undefined) return;
  try {
    yield* format.check(source, {
      openExtentFile: extentFileOpener(source, spec.roots, extentFiles),
      gate: ctx.gate,
      progress: (done, total) => ctx.progress(done, total, "checking"),
    });
  } catch (thrown) {
    if (!(thrown instanceof AppError && /^disk\.(truncated|damaged|too-large|backing-missing)$/.test(thrown.code))) {
      throw thrown;
    }
    const { structure, offset } = thrown.details ?? {};
    yield {
      severity: "error",
      structure: typeof structure === "string" ? structure : format.info.label,
      offsetBytes: typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0 ? offset : null,
      message: `${thrown.message} (the check ended here)`,
    };
  }
}

function statementFor({ check: walk, info }: Format): string {
  return walk === undefined
    ? "A raw image has no structures of its own: there is nothing to check."
    : `Headers and tables of the ${info.label} were followed to all that they name. The guest's data itself was not read.`;
}
