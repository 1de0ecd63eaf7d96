/**
 * What a failed call looks like to its caller: always `{ defined, code, status, message, data }`, with the catalogue's status and
 * AppErrorData as data, over every transport. What nobody foresaw is logged and told as internal.bug, without its insides.
 */
import { ORPCError, ValidationError } from "@orpc/server";
import { AppError, type AppErrorData, ERROR_CATALOGUE, type ErrorCode } from "../../src-core/model/error.ts";
import type { Log } from "../log/log.ts";

export type CallError = ORPCError<ErrorCode, AppErrorData>;

/** The AppError as the call layer throws it. */
export function callError(error: AppError, defined = false): CallError {
  const data = error.toData();
  const { status } = ERROR_CATALOGUE[error.code];
  return new ORPCError(error.code, { defined, status, message: error.message, data, cause: error });
}

/** Body of a REST answer for an error met outside of any call. */
export function errorBody(error: AppError) {
  return callError(error, true).toJSON();
}

/** Whether the value is an answer {@link callError} made earlier on its way out. */
export function isCallError(thrown: unknown): thrown is CallError {
  return thrown instanceof ORPCError && thrown.code in ERROR_CATALOGUE;
}

/** Any thrown value as an AppError that may leave the program; the unforeseen is logged first. */
export function presentable(thrown: unknown, log: Log, where: string): AppError {
  if (thrown instanceof AppError) {
    if (thrown.code === "internal.bug") log.error("A call failed inside the program", { call: where, error: thrown });
    return thrown;
  }
  if (thrown instanceof ORPCError) {
    const { cause } = thrown;
    if (thrown.code === "BAD_REQUEST") {
      if (cause instanceof ValidationError) return invalidInput(cause.issues);
      return new AppError("request.invalid", "The request cannot be read: send JSON.", { cause: thrown });
    }
    if (thrown.code === "NOT_FOUND") return new AppError("request.not-found", "There is no such call.");
  }
  log.error("A call failed inside the program", { call: where, error: thrown });
  return new AppError("internal.bug");
}

function invalidInput(issues: ValidationError["issues"]): AppError {
  const said = issues.slice(0, 5).map((issue) => {
    const field = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
    return { field, text: field === "" ? issue.message : `${field}: ${issue.message}` };
  });
  const first = said.find(({ field }) => field !== "")?.field;
  return new AppError("request.invalid", said.map(({ text }) => text).join("; "), {
    details: first === undefined ? {} : { field: first },
  });
}
