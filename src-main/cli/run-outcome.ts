/** What a conversion came to, whoever did it. */
import { AppError } from "../../src-core/model/error.ts";
import type { Run } from "../../src-core/model/run.ts";
import type { ConvertResult, VerifyResult } from "../../src-core/model/task.ts";

export interface ConversionOutcome {
  readonly convert: ConvertResult;
  /** Null when no verification was asked for. */
  readonly verify: VerifyResult | null;
}

/** What a succeeded run came to. @throws AppError the run's own, or job.canceled */
export function outcomeOf(run: Run): ConversionOutcome {
  if (run.state === "canceled") throw new AppError("job.canceled", `Run ${run.id} was canceled.`);
  if (run.error !== null) throw AppError.fromData(run.error);
  const results = run.tasks.map((task) => task.result);
  const converted = results.find((result) => result?.kind === "convert");
  if (run.state !== "succeeded" || converted?.kind !== "convert") {
    throw new AppError("internal.bug", `Run ${run.id} ended as ${run.state} without a result.`);
  }
  const verified = results.find((result) => result?.kind === "verify");
  return { convert: converted, verify: verified?.kind === "verify" ? verified : null };
}
