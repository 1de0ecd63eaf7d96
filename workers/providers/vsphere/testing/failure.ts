/** The AppError that work must end in. */
import { AppError } from "../../../../src-core/model/error.ts";

export async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof AppError) return thrown;
  throw new Error(thrown === null ? "it did not fail" : `it failed with ${String(thrown)}`, { cause: thrown });
}
