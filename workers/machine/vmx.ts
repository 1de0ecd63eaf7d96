/**
 * VMware machine descriptions (.vmx) and snapshot lists (.vmsd): lines of `key = "value"`, keys in any case.
 * Inside a value `|XX` is the byte with that hexadecimal number (`|22` is a quote, `|7C` the bar itself). The encoding is what
 * `.encoding` says, by VMware's names; UTF-8 when it says nothing.
 */
import type { MachineNic, MachineSnapshot } from "../../src-core/model/inventory.ts";
import {
  boundedCount,
  type DescribedDisk,
  type DescribedMachine,
  damagedMachine,
  decodeText,
  plainText,
} from "./machine.ts";

/** Larger files are not machine descriptions. */
export const MAX_VMX_BYTES = 1024 * 1024;
const MAX_ENTRIES = 20_000;
const MiB = 1024 * 1024;

/** Key (lower case) → value of a vmx or vmsd file; the last line with a key wins, as in VMware. */
type Dictionary = ReadonlyMap<string, string>;

/** @throws AppError machine.damaged */
function parseDictionary(file: string, bytes: Uint8Array): Dictionary {
  if (bytes.length > MAX_VMX_BYTES) throw damagedMachine(file, `larger than ${MAX_VMX_BYTES} bytes`);
  // `.encoding` itself is ASCII in every encoding VMware writes, so it can be looked for before decoding.
  const declared = /^[ \t]*\.encoding[ \t]*=[ \t]*"([\w.-]{1,40})"/im.exec(Buffer.from(bytes).toString("latin1"))?.[1];
  const text = decodeText(file, bytes, declared ?? "utf-8");
  if (text.includes("\0")) throw damagedMachine(file, "holds NUL bytes: this is not a text file");
  const entries = new Map<string, string>();
  for (const line of text.split(/\r\n|\n|\r/)) {
    const equals = line.indexOf("=");
    const key = line.slice(0, Math.max(0, equals)).trim();
    if (key === "" || key.startsWith("#")) continue;
    if (entries.size >= MAX_ENTRIES) throw damagedMachine(file, `more than ${MAX_ENTRIES} entries`);
    entries.set(key.toLowerCase(), decodeBars(unquote(line.slice(equals + 1).trim())));
  }
  return entries;
}

function unquote(value: string): string {
  const quoted = value.length >= 2 && value.startsWith('"') && value.indexOf('"', 1) === value.length - 1;
  return quoted ? value.slice(1, -1) : value;
}

/** `|XX` sequences stand for bytes of UTF-8. */
function decodeBars(value: string): string {
  return value.replace(/(?:\|[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("|", ""), "hex").toString("utf8"));
}

/** @throws AppError machine.damaged when it is not a machine description */
export function parseVmx(file: string, bytes: Uint8Array): DescribedMachine {
  const entries = parseDictionary(file, bytes);
  if (!entries.has("config.version") && !entries.has("virtualhw.version") && !entries.has("displayname")) {
    throw damagedMachine(file, "names neither config.version nor displayName: this is not a machine description");
  }
  const warnings: string[] = [];
  const memoryMiB = boundedCount(entries.get("memsize"), 1024 * MiB);
  if (entries.has("memsize") && memoryMiB === null)
    warnings.push(`memsize "${entries.get("memsize")}" is not a number of MiB`);
  const firmware = entries.get("firmware")?.toLowerCase();
  return {
    name: plainText(entries.get("displayname")),
    guestOs: plainText(entries.get("guestos")),
    // Without numvcpus a machine has one.
    cpuCount: entries.has("numvcpus") ? boundedCount(entries.get("numvcpus"), 4096) : 1,
    memoryBytes: memoryMiB === null ? null : memoryMiB * MiB,
    firmware: firmware === "efi" ? "efi" : firmware === undefined || firmware === "bios" ? "bios" : null,
    disks: disksOf(entries),
    warnings,
    hardware: {
      nics: nicsOf(entries),
      secureBoot: isTrue(entries.get("uefi.secureboot.enabled")),
      tpm: isTrue(entries.get("vtpm.present")) || isTrue(entries.get("managedvm.autoaddvtpm")),
      hardwareVersion: entries.has("virtualhw.version") ? plainText(`vmx-${entries.get("virtualhw.version")}`) : null,
      guestId: plainText(entries.get("guestos")),
      notes: entries.get("annotation") ?? "",
      suspended: (entries.get("checkpoint.vmstate") ?? "") !== "",
      encrypted: entries.has("encryption.keysafe") || entries.has("encryption.data"),
    },
  };
}

function isTrue(value: string | undefined): boolean {
  return value?.toUpperCase() === "TRUE";
}

function nicsOf(entries: Dictionary): MachineNic[] {
  const numbers = [...entries.keys()].flatMap((key) => /^ethernet(\d{1,2})\.present$/.exec(key)?.[1] ?? []).map(Number);
  return numbers
    .filter((number) => isTrue(entries.get(`ethernet${number}.present`)))
    .sort((a, b) => a - b)
    .map((number) => {
      const value = (name: string) => plainText(entries.get(`ethernet${number}.${name}`));
      const connected = value("startconnected")?.toUpperCase() !== "FALSE";
      const network = value("networkname") ?? value("vnet") ?? value("connectiontype");
      const mac = value("address") ?? value("generatedaddress");
      return { label: `ethernet${number}`, mac, network, model: value("virtualdev"), connected };
    });
}

/** The hard disks that are present, in the order of their controllers and slots. */
function disksOf(entries: Dictionary): DescribedDisk[] {
  const slots: { bus: string; controller: number; unit: number; disk: DescribedDisk }[] = [];
  for (const [key, fileName] of entries) {
    const match = /^(scsi|sata|ide|nvme)(\d{1,2}):(\d{1,2})\.filename$/.exec(key);
    if (match === null) continue;
    const slot = key.slice(0, -".filename".length);
    if (entries.get(`${slot}.present`)?.toUpperCase() === "FALSE") continue;
    const device = entries.get(`${slot}.devicetype`)?.toLowerCase() ?? "";
    if (device.startsWith("cdrom") || device === "atapi-cdrom" || /\.(iso|flp)$/i.test(fileName)) continue;
    if (fileName === "" || ["auto detect", "emptybackingstring"].includes(fileName.toLowerCase())) continue;
    const problem = device.startsWith("scsi-passthru") ? "It is a physical device, not a disk file." : null;
    slots.push({
      bus: match[1] ?? "",
      controller: Number(match[2]),
      unit: Number(match[3]),
      disk: {
        fileName,
        problem: fileName.includes("\0") ? "Its file name holds a NUL byte." : problem,
        controller: `${slot}${modelOf(entries, match[1], match[2])}`,
      },
    });
  }
  slots.sort((a, b) => a.bus.localeCompare(b.bus) || a.controller - b.controller || a.unit - b.unit);
  return slots.map(({ disk }) => disk);
}

/** " pvscsi" and the like: a SCSI controller's model decides which driver the guest needs. */
function modelOf(entries: Dictionary, bus: string | undefined, number: string | undefined): string {
  const model = bus === "scsi" ? (entries.get(`scsi${number}.virtualdev`)?.toLowerCase() ?? "") : "";
  return /^[a-z0-9]{1,20}$/.test(model) ? ` ${model}` : "";
}

/** Snapshots listed of one machine; VMware allows 32 in a chain. */
const MAX_SNAPSHOTS = 1000;

/** The snapshots that a .vmsd file lists. @throws AppError machine.damaged */
export function parseSnapshots(file: string, bytes: Uint8Array): MachineSnapshot[] {
  const entries = parseDictionary(file, bytes);
  const current = entries.get("snapshot.current");
  return [...entries.keys()]
    .flatMap((key) => /^(snapshot\d{1,5})\.uid$/.exec(key)?.[1] ?? [])
    .slice(0, MAX_SNAPSHOTS)
    .map((key) => {
      const id = entries.get(`${key}.uid`) ?? "";
      return {
        id: id.slice(0, 64) || key,
        parentId: plainText(entries.get(`${key}.parent`)),
        name: plainText(entries.get(`${key}.displayname`)) ?? id,
        description: (entries.get(`${key}.description`) ?? "").slice(0, 1000),
        createdAt: instantOf(entries.get(`${key}.createtimehigh`), entries.get(`${key}.createtimelow`)),
        current: id === current,
      };
    });
}

/** Microseconds since 1970 in two halves, both written as signed 32-bit numbers. */
function instantOf(high: string | undefined, low: string | undefined): string | null {
  if (!/^-?\d{1,10}$/.test(high ?? "") || !/^-?\d{1,10}$/.test(low ?? "")) return null;
  const microseconds = BigInt(high ?? 0) * 2n ** 32n + BigInt.asUintN(32, BigInt(low ?? 0));
  const ms = Number(microseconds / 1000n);
  return ms > 0 && ms < 8.64e15 ? new Date(ms).toISOString() : null;
}

/** Number of snapshots a .vmsd file lists. @throws AppError machine.damaged */
export function snapshotCount(file: string, bytes: Uint8Array): number {
  const stated = parseDictionary(file, bytes).get("snapshot.numsnapshots");
  if (stated !== undefined && /^\d{1,5}$/.test(stated)) return Number(stated);
  return parseSnapshots(file, bytes).length;
}
