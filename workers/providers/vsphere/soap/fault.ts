/** SOAP faults and faults of tasks as errors: what the server said, what it means here, and what to do next. */
import { AppError, type AppErrorData, type ErrorCode } from "../../../../src-core/model/error.ts";
import { clip } from "../../../../src-core/model/inventory-limits.ts";
import { child, refAt, textAt } from "./read-value.ts";
import type { XmlNode } from "./xml-node.ts";

/** What is thrown for a fault has its type (without prefix) in `details.fault`. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  InvalidLogin: "source.auth",
  InvalidLocale: "source.auth",
  NoClientCertificate: "source.auth",
  NotAuthenticated: "source.auth",
  PasswordExpired: "source.auth",
  NoPermission: "source.privilege",
  RestrictedVersion: "source.unsupported",
  RestrictedByAdministrator: "source.refused",
  NotSupported: "source.unsupported",
  MethodNotFound: "source.unsupported",
  NotImplemented: "source.unsupported",
  HostNotReachable: "source.busy",
  HostNotConnected: "source.busy",
  HostCommunication: "source.busy",
  TaskInProgress: "source.busy",
  ConcurrentAccess: "source.busy",
  ResourceInUse: "source.busy",
  Timedout: "source.busy",
  TooManyHosts: "source.busy",
  InvalidRequest: "source.protocol",
};

const HINTS: Readonly<Record<string, string>> = {
  RestrictedVersion:
    "The host's free licence lets nobody change anything through its interface: use a licensed host or a vCenter.",
  DisabledMethod: "Another program (a backup?) has switched this off for the machine. Wait until it is done.",
  TaskInProgress: "Another task is at work on the machine. Try again when it has ended.",
  ToolsUnavailable: "VMware Tools do not run in the guest. Start them, or do it without them.",
  ApplicationQuiesceFault: "The guest could not be made quiet. Try again, or export without that.",
  InvalidPowerState: "Look at the machine's power state.",
  HostNotConnected: "The machine's host is not connected to the vCenter. Bring it back, then try again.",
  HostCommunication: "The vCenter cannot reach the machine's host. Bring it back, then try again.",
  FileLocked: "Another program or host uses the file.",
  InsufficientStorageSpace: "Free some space on the datastore.",
  NoDiskSpace: "Free some space on the datastore.",
  PasswordExpired: "Change the password in the vCenter, then edit the source.",
};

/** @param what what was asked, for people: "CreateSnapshot_Task of vm-42" */
export function faultError(what: string, fault: XmlNode | null, message: string): AppError {
  const type = fault?.xsiType ?? fault?.name ?? "unknown";
  const details: NonNullable<AppErrorData["details"]> = { fault: clip(type, 128) };
  let said = clip(message.trim(), 1000);
  const privilege = textAt(fault, "privilegeId");
  if (privilege !== null) {
    details.privilege = clip(privilege, 256);
    const object = refAt(fault, "object");
    if (object !== null) details.object = clip(object.id, 256);
    if (type === "NoPermission") said = `the account has not the privilege ${clip(privilege, 256)} (${said})`;
  }
  const state = textAt(fault, "existingState");
  if (state !== null) details.existingState = clip(state, 64);
  const property = textAt(fault, "invalidProperty");
  if (property !== null) details.invalidProperty = clip(property, 256);
  const file = textAt(fault, "file");
  if (file !== null) details.file = clip(file, 1024);
  const hint = HINTS[type];
  // Nobody who mistyped a password asked for "Login of SessionManager".
  const about = type === "InvalidLogin" ? "The user name or the password is wrong" : what;
  return new AppError(CODES[type] ?? "source.refused", `${about}: ${said === "" ? type : said}`, {
    details,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** @param fault the element Fault of a SOAP body */
export function soapFault(what: string, fault: XmlNode): AppError {
  // vCenter: detail/NAMEFault with an xsi:type, or detail/Fault.
  const inner = child(fault, "detail")?.children[0] ?? null;
  return faultError(what, inner, textAt(fault, "faultstring") ?? "");
}

/** @param fault a LocalizedMethodFault: fault and localizedMessage */
export function localizedFault(what: string, fault: XmlNode): AppError {
  return faultError(what, child(fault, "fault"), textAt(fault, "localizedMessage") ?? "");
}

/** The type of fault that an error came from; null where it came from none. */
export function faultOf(error: unknown): string | null {
  if (!(error instanceof AppError)) return null;
  const type = error.details?.fault;
  return typeof type === "string" ? type : null;
}
