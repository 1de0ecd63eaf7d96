/** Calls of HttpNfcLease: whole disks as streams. */
import type { Session } from "../session.ts";
import { childrenOf, needRef, needText, type Ref, sizeAt, textAt } from "../soap/read-value.ts";
import { value } from "../soap/write-request.ts";
import type { XmlNode } from "../soap/xml-node.ts";
import { retrieveOne } from "./properties.ts";

/** Where a lease gives out one file. */
export interface DeviceUrl {
  /** Names the device: "/vm-42/ParaVirtualSCSIController0:0". */
  readonly key: string;
  /** The host may be `*`: the one that is connected to. */
  readonly url: string;
  readonly isDisk: boolean;
  /** Of the certificate of the URL's host; SHA-1, or SHA-256 on newer servers. Null = not told. */
  readonly thumbprint: string | null;
}

export interface LeaseState {
  readonly state: "initializing" | "ready" | "done" | "error" | "unknown";
  /** A LocalizedMethodFault. */
  readonly error: XmlNode | null;
  readonly timeoutSeconds: number | null;
  readonly urls: readonly DeviceUrl[];
}

/** What the host says of a file that it gave out. */
export interface ManifestEntry {
  readonly key: string;
  readonly sha1: string | null;
  /** "sha256" and the like, where the server tells more than SHA-1. */
  readonly checksumType: string | null;
  readonly checksum: string | null;
  readonly sizeBytes: number | null;
}

/** @param of a machine that is off, or a snapshot */
export async function exportLease(session: Session, of: Ref, signal: AbortSignal): Promise<Ref> {
  const method = of.type === "VirtualMachine" ? "ExportVm" : "ExportSnapshot";
  return needRef(await session.call({ method, target: of, content: [], reads: false }, signal), "returnval");
}

export async function leaseState(session: Session, lease: Ref, signal: AbortSignal): Promise<LeaseState> {
  const properties = await retrieveOne(session, lease, ["state", "error", "info"], signal);
  const state = properties.get("state")?.text ?? "";
  const info = properties.get("info") ?? null;
  return {
    state: state === "initializing" || state === "ready" || state === "done" || state === "error" ? state : "unknown",
    error: properties.get("error") ?? null,
    timeoutSeconds: sizeAt(info, "leaseTimeout"),
    urls: childrenOf(info, "deviceUrl").map((one) => ({
      key: needText(one, "key"),
      url: needText(one, "url"),
      isDisk: textAt(one, "disk") === "true",
      thumbprint: textAt(one, "sslThumbprint") || null,
    })),
  };
}

export async function leaseProgress(session: Session, lease: Ref, percent: number, signal: AbortSignal): Promise<void> {
  const content = [value("percent", percent)];
  await session.call({ method: "HttpNfcLeaseProgress", target: lease, content, reads: false }, signal);
}

export async function leaseManifest(session: Session, lease: Ref, signal: AbortSignal): Promise<ManifestEntry[]> {
  const answer = await session.call(
    { method: "HttpNfcLeaseGetManifest", target: lease, content: [], reads: true },
    signal,
  );
  return childrenOf(answer, "returnval").map((one) => ({
    key: needText(one, "key"),
    sha1: textAt(one, "sha1")?.trim().toLowerCase() || null,
    checksumType: textAt(one, "checksumType")?.trim().toLowerCase() || null,
    checksum: textAt(one, "checksum")?.trim().toLowerCase() || null,
    sizeBytes: sizeAt(one, "size"),
  }));
}

export async function completeLease(session: Session, lease: Ref, signal: AbortSignal): Promise<void> {
  await session.call({ method: "HttpNfcLeaseComplete", target: lease, content: [], reads: false }, signal);
}

export async function abortLease(session: Session, lease: Ref, signal: AbortSignal): Promise<void> {
  await session.call({ method: "HttpNfcLeaseAbort", target: lease, content: [], reads: false }, signal);
}
