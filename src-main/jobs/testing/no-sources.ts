/** Of an engine that exports nothing. */
import { AppError } from "../../../src-core/model/error.ts";

export function noSources(sourceId: string): never {
  throw new AppError("request.not-found", `There is no source ${sourceId} here.`);
}
