/** What finished work came to, whoever did it. */
import { AppError } from "../../src-core/model/error.ts";
import type { ExportResult } from "../../src-core/model/export.ts";
import type { Run } from "../../src-core/model/run.ts";
import type { CheckResult, CompareResult, ConvertResult, VerifyResult } from "../../src-core/model/task.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

export interface ConversionOutcome {
  readonly convert: ConvertResult;
  /** One for each target, in their order; none when no verification was asked for. */
  readonly verify: readonly VerifyResult[];
}

export type Outcome =
  | ConversionOutcome
  | { readonly export: ExportResult }
  | { readonly check: CheckResult }
  | { readonly compare: CompareResult };

/** What a succeeded run came to. @throws AppError the run's own, or job.canceled */
export function outcomeOf(run: Run): Outcome {
  if (run.state === "canceled") throw new AppError("job.canceled", `Run ${run.id} was canceled.`);
  if (run.error !== null) throw AppError.fromData(run.error);
  const results = run.state === "succeeded" ? run.tasks.flatMap((task) => task.result ?? []) : [];
  const verify: VerifyResult[] = results.filter((result) => result.kind === "verify");
  for (const result of results) {
    if (result.kind === "convert") return { convert: result, verify };
    if (result.kind === "export") return { export: result };
    if (result.kind === "check") return { check: result };
    if (result.kind === "compare") return { compare: result };
  }
  throw new AppError("internal.bug", `Run ${run.id} ended as ${run.state} without a result.`);
}

/** What a script is told of it: for what looks rather than makes, what was found. */
export function verdictOf(outcome: Outcome): ExitCode {
  if ("compare" in outcome) return outcome.compare.equal ? EXIT.done : EXIT.bad;
  if (!("check" in outcome)) return EXIT.done;
  const { errors, leaks } = outcome.check.report;
  if (errors > 0) return EXIT.bad;
  return leaks > 0 ? EXIT.leaks : EXIT.done;
}
