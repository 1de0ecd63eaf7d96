/** What kind of failure an error is, from its code. */
import type { AppErrorData, ErrorCode } from "../model/error.ts";
import type { ErrorClass } from "../model/retry-policy.ts";

/** Codes whose class does not follow from whether the catalogue calls them retryable. */
const CLASSES: Partial<Record<ErrorCode, ErrorClass>> = {
  "auth.missing": "auth",
  "auth.invalid": "auth",
  "source.auth": "auth",
  "source.certificate": "auth",
  "source.host-key": "auth",
  "source.privilege": "auth",
  "vault.unavailable": "auth",
  "vault.unreadable": "auth",
  "path.denied": "auth",
  "target.no-space": "capacity",
  "target.busy": "capacity",
  "source.busy": "capacity",
  "request.rate": "capacity",
  "verify.mismatch": "integrity",
  "disk.truncated": "integrity",
  "disk.damaged": "integrity",
  "disk.backing-missing": "integrity",
  "disk.backing-cycle": "integrity",
  "machine.damaged": "integrity",
  "database.damaged": "integrity",
};

export function errorClass({ code, retryable }: Pick<AppErrorData, "code" | "retryable">): ErrorClass {
  return CLASSES[code] ?? (retryable ? "transient" : "permanent");
}
