/** Whom TLS connections trust: Node's own authorities and those that the system's administrator added. */
import { getCACertificates } from "node:tls";

let roots: string[] | null = null;

/** PEM texts, read once. */
export function trustedRoots(): string[] {
  roots ??= [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
  return roots;
}
