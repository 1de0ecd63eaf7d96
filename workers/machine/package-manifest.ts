/**
 * The manifest of an OVF package (DSP0243, "OVF package structure"): lines of `ALGORITHM(file name)= digest in hex`, one a file. SHA1 stands in
 * packages of OVF 1, SHA256 in those of OVF 2; some writers use SHA512. Names are untrusted text; tasks/ resolves them.
 */
import type { PackageDigest } from "../../src-core/model/export.ts";
import { damagedMachine, decodeText } from "./machine.ts";

/** Larger files are refused before they are read. */
export const MAX_MANIFEST_BYTES = 1024 * 1024;
const MAX_LINES = 20_000;

/** Hex digits of each digest. */
export const DIGEST_DIGITS: Readonly<Record<PackageDigest, number>> = { sha1: 40, sha256: 64, sha512: 128 };

export interface ManifestEntry {
  readonly algorithm: PackageDigest;
  readonly name: string;
  /** Lower-case hex. */
  readonly digest: string;
}

/** @throws AppError machine.damaged naming the line that is none, names an unknown algorithm or a file for the second time */
export function parsePackageManifest(file: string, bytes: Uint8Array): ManifestEntry[] {
  if (bytes.length > MAX_MANIFEST_BYTES) throw damagedMachine(file, `larger than ${MAX_MANIFEST_BYTES} bytes`);
  const entries = new Map<string, ManifestEntry>();
  const lines = decodeText(file, bytes, "utf-8").split(/\r\n|\n|\r/);
  if (lines.length > MAX_LINES) throw damagedMachine(file, `more than ${MAX_LINES} lines`);
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const refuse = (what: string) => damagedMachine(file, what, index + 1);
    // The name may hold brackets itself: the last ")=" ends it.
    const match = /^([A-Za-z0-9-]{1,20})\s*\((.+)\)\s*=\s*([0-9A-Fa-f]+)\s*$/.exec(line);
    const [, word = "", name = "", hex = ""] = match ?? [];
    if (match === null) throw refuse("not a line of a manifest");
    const algorithm = algorithmOf(word);
    if (algorithm === null) throw refuse(`the digest ${word} is not known; SHA1, SHA256 and SHA512 are`);
    if (hex.length !== DIGEST_DIGITS[algorithm])
      throw refuse(`a ${word} has ${DIGEST_DIGITS[algorithm]} hex digits, not ${hex.length}`);
    if (entries.has(name)) throw refuse(`${JSON.stringify(name.slice(0, 200))} is listed twice`);
    entries.set(name, { algorithm, name, digest: hex.toLowerCase() });
  }
  return [...entries.values()];
}

/** A manifest as ovftool writes it. @param files names without line ends, sums by `digest` in hex */
export function packageManifest(
  digest: PackageDigest,
  files: readonly { readonly name: string; readonly manifestSum: string }[],
): string {
  return files.map(({ name, manifestSum }) => `${digest.toUpperCase()}(${name})= ${manifestSum}\n`).join("");
}

function algorithmOf(word: string): PackageDigest | null {
  const plain = word.toLowerCase().replace("-", "");
  return plain === "sha1" || plain === "sha256" || plain === "sha512" ? plain : null;
}
