/**
 * What an export leaves beside its files, for people and programs: where a machine came from, what it was like, and every file with its
 * sum. It holds no secrets.
 */
import { z } from "zod";
import { Bytes, FormatId } from "./disk.ts";
import { GuestFamily, type MachineDetail, MachineDisk, MachineNic, PowerState } from "./inventory.ts";
import { SourceKind } from "./source.ts";

/** What it is called beside a package of this name ("web.ova", "web.ovf"), or beside disks whose names begin like that ("web"). */
export function exportManifestName(name: string): string {
  return `${name.replace(/\.(ova|ovf)$/i, "")}.export.json`;
}

/** A file of the export, by its name in the folder or archive. */
export const ExportedFile = z.object({
  name: z.string().min(1),
  sizeBytes: Bytes,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ExportedFile = z.infer<typeof ExportedFile>;

export const ExportedDisk = MachineDisk.pick({ key: true, label: true, controller: true, mode: true }).extend({
  /** Of the guest's disk. */
  capacityBytes: Bytes,
  /** Guest bytes that are stored. */
  writtenBytes: Bytes,
  format: FormatId,
  subformat: z.string(),
  /** The main file first. */
  files: z.array(ExportedFile).min(1),
});
export type ExportedDisk = z.infer<typeof ExportedDisk>;

export const ExportManifest = z
  .object({
    /** Tells such files from others, and what their members mean. */
    kind: z.literal("hypersdk-export"),
    version: z.literal(1),
    program: z.object({ name: z.string(), version: z.string() }),
    source: z.object({
      /** Of this program's list of sources. */
      id: z.string(),
      kind: SourceKind,
      name: z.string(),
      /** Without user name, password and query. */
      address: z.string(),
      /** What the source says it is: "VMware vCenter Server", "8.0.2". */
      product: z.string().nullable(),
      version: z.string().nullable(),
    }),
    machine: z.object({
      id: z.string(),
      name: z.string(),
      path: z.string(),
      power: PowerState,
      os: z.string().nullable(),
      guestId: z.string().nullable(),
      family: GuestFamily,
      cpus: z.number().int().min(0).nullable(),
      memoryBytes: Bytes.nullable(),
      firmware: z.enum(["bios", "efi", "unknown"]),
      secureBoot: z.boolean().nullable(),
      tpm: z.boolean().nullable(),
      hardwareVersion: z.string().nullable(),
      notes: z.string(),
      tags: z.array(z.string()),
    }),
    /** ovf and ova: a descriptor and disks. disks: converted disks alone. */
    output: z.enum(["ovf", "ova", "disks"]),
    disks: z.array(ExportedDisk),
    /** Descriptor and manifest of a package. */
    files: z.array(ExportedFile),
    /** Disks of the machine that were not exported, and why. */
    leftOut: z.array(z.object({ key: z.string(), label: z.string(), reason: z.string() })),
    nics: z.array(MachineNic),
    warnings: z.array(z.string()),
    /** The point in time of the machine that was read, where that is known (a snapshot's); else null. */
    stateAt: z.iso.datetime().nullable(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
  })
  .meta({ id: "ExportManifest" });
export type ExportManifest = z.infer<typeof ExportManifest>;

/** What the manifest says of the machine itself. */
export function exportedMachine(machine: MachineDetail): ExportManifest["machine"] {
  const { id, name, path, power, os, guestId, family, cpus, memoryBytes } = machine;
  const { firmware, secureBoot, tpm, hardwareVersion, notes, tags } = machine;
  return {
    id,
    name,
    path,
    power,
    os,
    guestId,
    family,
    cpus,
    memoryBytes,
    firmware,
    secureBoot,
    tpm,
    hardwareVersion,
    notes,
    tags,
  };
}

/**
 * An address of a source without what may be secret or name a person: user, password, query, fragment. A path of a folder stays.
 * Works on the text, for addresses of libvirt ("qemu+ssh://user@host/system?keyfile=…") are no URLs to everybody.
 */
export function publicAddress(address: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(address)?.[0];
  if (scheme === undefined) return address;
  const rest = address.slice(scheme.length).replace(/[?#].*$/s, "");
  const [authority = ""] = /^[^/]*/.exec(rest) ?? [];
  // A password may hold "@" itself: the host is behind the last one.
  return `${scheme}${authority.slice(authority.lastIndexOf("@") + 1)}${rest.slice(authority.length)}`;
}

/** The file's text: indented, with a line end. @throws ZodError for what is no manifest: a bug of the caller */
export function exportManifestText(manifest: ExportManifest): string {
  return `${JSON.stringify(ExportManifest.parse(manifest), null, 2)}\n`;
}
