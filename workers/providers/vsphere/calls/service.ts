/** Calls of ServiceInstance and SessionManager (vSphere Web Services API). */
import { clip } from "../../../../src-core/model/inventory-limits.ts";
import { at, needRef, needText, type Ref, refAt, textAt } from "../soap/read-value.ts";
import type { SoapCall } from "../soap/soap-client.ts";
import { value } from "../soap/write-request.ts";
import type { XmlNode } from "../soap/xml-node.ts";

/** The one object whose id is known beforehand. */
export const SERVICE_INSTANCE: Ref = { type: "ServiceInstance", id: "ServiceInstance" };

/** Where everything begins. */
export interface ServiceContent {
  readonly rootFolder: Ref;
  readonly propertyCollector: Ref;
  readonly viewManager: Ref;
  readonly sessionManager: Ref;
  readonly authorizationManager: Ref | null;
  readonly eventManager: Ref | null;
  readonly taskManager: Ref | null;
  /** "VMware vCenter Server 8.0.2 build-1". */
  readonly fullName: string;
  readonly version: string;
  readonly apiVersion: string;
  /** A vCenter, in contrast to a host of its own. */
  readonly isVCenter: boolean;
}

export function retrieveServiceContent(): SoapCall {
  return { method: "RetrieveServiceContent", target: SERVICE_INSTANCE, content: [], reads: true, answerMs: 60_000 };
}

export function readServiceContent(response: XmlNode): ServiceContent {
  const content = at(response, "returnval");
  const about = at(content, "about");
  return {
    rootFolder: needRef(content, "rootFolder"),
    propertyCollector: needRef(content, "propertyCollector"),
    viewManager: needRef(content, "viewManager"),
    sessionManager: needRef(content, "sessionManager"),
    authorizationManager: refAt(content, "authorizationManager"),
    eventManager: refAt(content, "eventManager"),
    taskManager: refAt(content, "taskManager"),
    fullName: clip(textAt(about, "fullName") ?? textAt(about, "name") ?? "vSphere", 256),
    version: clip(textAt(about, "version") ?? "", 256),
    apiVersion: needText(about, "apiVersion"),
    isVCenter: textAt(about, "apiType") === "VirtualCenter",
  };
}

/** The newest version of the API that types of ours are from and the server knows. */
export function versionToUse(apiVersion: string): string {
  const [major = 0, minor = 0] = apiVersion.split(".").map(Number);
  const known = ["6.7", "6.5", "6.0"];
  return known.find((version) => Number(version) <= Number(`${major}.${Math.min(9, minor)}`)) ?? "5.5";
}

/** Messages are asked for in English: the program's pages are. */
export function login(sessionManager: Ref, userName: string, password: string): SoapCall {
  const content = [value("userName", userName), value("password", password), value("locale", "en_US")];
  return { method: "Login", target: sessionManager, content, reads: false, answerMs: 120_000, anonymous: true };
}

export function logout(sessionManager: Ref): SoapCall {
  return { method: "Logout", target: sessionManager, content: [], reads: false, answerMs: 5000 };
}

/** The cheapest of calls: it keeps the session alive, and tells the server's clock. */
export function currentTime(): SoapCall {
  return { method: "CurrentTime", target: SERVICE_INSTANCE, content: [], reads: true, answerMs: 60_000 };
}
