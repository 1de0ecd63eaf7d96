/** Words for kinds and states of sources. */
import type { Source, SourceKind } from "../../../src-core/model/source.ts";

export const KIND_LABELS: Record<SourceKind, string> = {
  vsphere: "VMware vSphere",
  libvirt: "libvirt / KVM",
  local: "Folder on this computer",
};

export type SourceLook = "connected" | "reading" | "connecting" | "waiting" | "trouble" | "disabled";

/** How a source is shown: what it does, or what it waits for. */
export function sourceLook({ connection, inventory }: Pick<Source, "connection" | "inventory">): SourceLook {
  if (connection.state === "connected") return inventory.settled ? "connected" : "reading";
  if (connection.state === "failed") return connection.retryAt === null ? "trouble" : "waiting";
  return connection.state;
}

/** 64 hexadecimal digits as pairs, as other programs show them. */
export function fingerprintText(fingerprint: string): string {
  return fingerprint.toUpperCase().match(/../g)?.join(":") ?? fingerprint;
}
