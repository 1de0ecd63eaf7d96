/** Whatever was thrown, as the plain error the pages show. Checked by hand: the schema library is not shipped to the pages. */
import { ORPCError } from "@orpc/client";
import type { AppErrorData } from "../../src-core/model/error.ts";

/** True when `value` has the members of {@link AppErrorData}. */
export function isErrorData(value: unknown): value is AppErrorData {
  return (
    typeof value === "object" &&
    value !== null &&
    "code" in value &&
    typeof value.code === "string" &&
    "message" in value &&
    typeof value.message === "string"
  );
}

/** The error behind `thrown`. What the program did not foresee becomes `internal.bug` with its own words. */
export function toErrorData(thrown: unknown): AppErrorData {
  if (thrown instanceof ORPCError && isErrorData(thrown.data)) return thrown.data;
  // An ORPCError has a code and a message of its own, so it comes before the plain error.
  if (thrown instanceof ORPCError)
    return { code: "internal.bug", message: thrown.message, retryable: false, details: { answer: thrown.code } };
  if (isErrorData(thrown)) return { ...thrown, retryable: thrown.retryable === true };
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "internal.bug", message, retryable: false };
}
