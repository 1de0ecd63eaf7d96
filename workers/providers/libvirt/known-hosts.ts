/** The user's list of host keys, as OpenSSH keeps it (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
import { createHmac } from "node:crypto";

/** "known": the host's key is in the list. "changed": another one of the same type is. "revoked": it must not be used. */
export type HostKeyVerdict = "known" | "unknown" | "changed" | "revoked";

/** @param list text of known_hosts @param key the blob that the host showed */
export function lookUpHostKey(list: string, host: string, port: number, key: Buffer): HostKeyVerdict {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  const type = keyType(key);
  let verdict: HostKeyVerdict = "unknown";
  for (const line of list.split("\n")) {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith("@") === true ? words.shift() : undefined;
    const [hosts, statedType, blob] = words;
    if (hosts === undefined || blob === undefined || hosts.startsWith("#") || !names(hosts, name)) continue;
    const same = Buffer.from(blob, "base64").equals(key);
    if (marker === "@revoked" && same) return "revoked";
    // Certificate authorities sign host certificates, which are not asked for.
    if (marker !== undefined || verdict === "known") continue;
    if (same) verdict = "known";
    else if (statedType === type) verdict = "changed";
  }
  return verdict;
}

/** The first text of a key blob, e.g. "ssh-ed25519"; "" where it is none. */
export function keyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return length > 0 && length <= 64 && 4 + length <= key.length ? key.toString("latin1", 4, 4 + length) : "";
}

/** Comma-separated patterns with * and ?, ! before one that excludes; or one hashed name: |1|salt|hash. */
function names(patterns: string, name: string): boolean {
  if (patterns.startsWith("|1|")) {
    const [, , salt = "", hash = ""] = patterns.split("|");
    return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
  }
  let found = false;
  for (const pattern of patterns.toLowerCase().split(",")) {
    const excludes = pattern.startsWith("!");
    if (!matches(excludes ? pattern.slice(1) : pattern, name)) continue;
    if (excludes) return false;
    found = true;
  }
  return found;
}

function matches(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(name);
}
