/** What every call shares: the error map made from the catalogue, and the statuses any call may answer with. */
import { oc } from "@orpc/contract";
import { ERROR_CATALOGUE, type ErrorCode } from "../model/error.ts";
import { AppErrorData } from "../model/error-data.ts";

type ErrorMap<C extends ErrorCode> = { [K in C]: { status: number; message: string; data: typeof AppErrorData } };

/** The oRPC error map for these codes: one schema per code, so that OpenAPI and clients know what can go wrong. */
export function failsWith<const C extends ErrorCode>(...codes: C[]): ErrorMap<C> {
  const map = {} as ErrorMap<C>;
  for (const code of codes) {
    const { status, message } = ERROR_CATALOGUE[code];
    map[code] = { status, message, data: AppErrorData };
  }
  return map;
}

/** What can be wrong with a disk that is to be looked into. */
export const DISK_CODES = [
  "path.not-found",
  "path.not-file",
  "path.denied",
  "path.outside",
  "disk.unknown-format",
  "disk.truncated",
  "disk.damaged",
  "disk.unsupported",
  "disk.too-large",
  "disk.backing-missing",
  "disk.backing-cycle",
  "disk.in-use",
  "io.read",
  "io.vanished",
  "job.crashed",
] as const satisfies ErrorCode[];

/**
 * Start of every procedure. The errors here are those any call can meet: the guard's, the parser's, a path beyond the system's limit,
 * a full disk under the database.
 */
export const base = oc.errors(
  failsWith(
    "auth.missing",
    "auth.invalid",
    "request.invalid",
    "request.host",
    "request.origin",
    "request.too-large",
    "request.rate",
    "path.too-long",
    "io.write",
    "internal.bug",
  ),
);
