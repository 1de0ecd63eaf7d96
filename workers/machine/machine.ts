/** What a description file (OVF, VMX, vbox) says of a machine. Names of files are untrusted text; machine-reader.ts resolves them. */
import { AppError } from "../../src-core/model/error.ts";
import type { MachineNic, MachineSnapshot } from "../../src-core/model/inventory.ts";

/** A disk as the description names it. */
export interface DescribedDisk {
  /** Relative or absolute path as written, decoded; not checked. */
  readonly fileName: string;
  /** Why it must not be opened, in words; null when it may be looked for. */
  readonly problem: string | null;
  /** Bus and slot, e.g. "scsi0:0", where the description says. */
  readonly controller?: string;
}

/** What a description says beyond what the library lists; a member that is left out is not known. */
export interface DescribedHardware {
  readonly nics?: readonly MachineNic[];
  readonly snapshots?: readonly MachineSnapshot[];
  readonly secureBoot?: boolean;
  readonly tpm?: boolean;
  readonly hardwareVersion?: string | null;
  readonly guestId?: string | null;
  readonly notes?: string;
  /** The machine was not shut down but put to sleep. */
  readonly suspended?: boolean;
  readonly encrypted?: boolean;
}

export interface DescribedMachine {
  readonly name: string | null;
  readonly guestOs: string | null;
  readonly cpuCount: number | null;
  readonly memoryBytes: number | null;
  readonly firmware: "bios" | "efi" | null;
  readonly disks: readonly DescribedDisk[];
  /** Things worth telling that did not stop reading. */
  readonly warnings: readonly string[];
  readonly hardware?: DescribedHardware;
}

/** Longest text taken over from a description (names, operating systems). */
const MAX_TEXT = 256;

/** Text for people: without control characters, trimmed, bounded; null when nothing is left. */
export function plainText(text: string | null | undefined): string | null {
  const clean = [...(text ?? "")]
    .map((char) => ((char.codePointAt(0) ?? 0) < 0x20 || char === "\u007f" ? " " : char))
    .join("")
    .trim();
  return clean === "" ? null : clean.slice(0, MAX_TEXT);
}

/** A count within sensible bounds, or null. */
export function boundedCount(text: string | null | undefined, most: number): number | null {
  if (text == null || !/^\s*\d{1,9}\s*$/.test(text)) return null;
  const count = Number(text);
  return count >= 1 && count <= most ? count : null;
}

/** A description that cannot be read: names the file and the place in it. */
export function damagedMachine(file: string, what: string, line?: number): AppError {
  return new AppError("machine.damaged", `${file}${line === undefined ? "" : `, line ${line}`}: ${what}`, {
    details: { file, ...(line === undefined ? {} : { line }) },
  });
}

/** Bytes as text in the encoding named (IANA or Windows name), else UTF-8. @throws AppError machine.damaged */
export function decodeText(file: string, bytes: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    const known = cause instanceof TypeError;
    throw new AppError("machine.damaged", `${file} is not ${known ? "valid" : "in a known encoding:"} ${encoding}`, {
      cause,
      details: { file, encoding },
    });
  }
}
