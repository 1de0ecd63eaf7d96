/** What a machine's XML says (https://libvirt.org/formatdomain.html), as far as it matters here. */
import { INVENTORY_COUNT } from "../../../src-core/model/inventory-limits.ts";
import { attribute, child, children, parseXml, textOf, type XmlElement } from "./xml-tree.ts";

export interface DomainDisk {
  /** Target device: "vda". */
  readonly target: string;
  readonly bus: string | null;
  readonly device: string;
  readonly source: DiskSource;
  readonly readOnly: boolean;
  readonly shareable: boolean;
  readonly transient: boolean;
  /** Bus address of a SCSI, IDE or SATA disk: "0:0". */
  readonly slot: string | null;
  /** The disk itself first, then its parents, as far as libvirt tells. */
  readonly chain: readonly DiskSource[];
}

export interface DiskSource {
  /** file, block, network, volume, dir, nvme, vhostuser …; "none" for an empty drive. */
  readonly type: string;
  /** Path of a file or block device. */
  readonly path: string | null;
  readonly volume: { readonly pool: string; readonly name: string } | null;
  /** "rbd:pool/image", for people. */
  readonly network: string | null;
  readonly format: string | null;
  readonly encrypted: boolean;
}

export interface DomainNic {
  readonly mac: string | null;
  readonly network: string | null;
  readonly model: string | null;
  readonly connected: boolean;
}

export interface DomainXml {
  readonly name: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly machineType: string | null;
  readonly firmware: "bios" | "efi";
  readonly secureBoot: boolean;
  readonly tpm: boolean;
  /** libosinfo id, e.g. "http://debian.org/debian/12". */
  readonly osId: string | null;
  readonly disks: readonly DomainDisk[];
  readonly nics: readonly DomainNic[];
  /** Of the guest agent's channel: connected, disconnected, unknown (the machine is off); null = there is no channel. */
  readonly agent: "connected" | "disconnected" | "unknown" | null;
  readonly hostDisks: number;
}

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  KB: 1e3,
  k: 1024,
  KiB: 1024,
  MB: 1e6,
  M: 1024 ** 2,
  MiB: 1024 ** 2,
  GB: 1e9,
  G: 1024 ** 3,
  GiB: 1024 ** 3,
  TB: 1e12,
  T: 1024 ** 4,
  TiB: 1024 ** 4,
};

/** @param name of the machine, for errors @throws AppError source.protocol */
export function parseDomainXml(xml: string, name: string): DomainXml {
  const domain = parseXml(xml, "domain", `the description of machine ${name.slice(0, 100)}`);
  const devices = child(domain, "devices");
  const os = child(domain, "os");
  const loader = child(os, "loader");
  const efi = attribute(os, "firmware") === "efi" || attribute(loader, "type") === "pflash";
  const feature = children(child(os, "firmware"), "feature").find((one) => attribute(one, "name") === "secure-boot");
  return {
    name: textOf(domain, "name") ?? name,
    title: textOf(domain, "title"),
    description: textOf(domain, "description"),
    cpus: wholeNumber(textOf(domain, "vcpu"), 1),
    memoryBytes: memoryOf(child(domain, "memory")),
    machineType: attribute(child(os, "type"), "machine"),
    firmware: efi ? "efi" : "bios",
    secureBoot: attribute(loader, "secure") === "yes" || attribute(feature, "enabled") === "yes",
    tpm: child(devices, "tpm") !== undefined,
    osId: attribute(child(domain, "metadata", "libosinfo", "os"), "id"),
    disks: children(devices, "disk")
      .slice(0, INVENTORY_COUNT.disks)
      .flatMap((disk) => diskOf(disk) ?? []),
    nics: children(devices, "interface").slice(0, INVENTORY_COUNT.nics).map(nicOf),
    agent: agentOf(devices),
    hostDisks: children(devices, "hostdev").length,
  };
}

function diskOf(disk: XmlElement): DomainDisk | null {
  const target = attribute(child(disk, "target"), "dev");
  if (target === null) return null;
  const address = child(disk, "address");
  const drive = attribute(address, "type") === "drive";
  const source = sourceOf(disk, attribute(child(disk, "driver"), "type"));
  const chain = [source];
  for (
    let backing = child(disk, "backingStore");
    backing !== undefined && chain.length < INVENTORY_COUNT.chain;
    backing = child(backing, "backingStore")
  ) {
    if (attribute(backing, "type") === null) break;
    chain.push(sourceOf(backing, attribute(child(backing, "format"), "type")));
  }
  return {
    target,
    bus: attribute(child(disk, "target"), "bus"),
    device: attribute(disk, "device") ?? "disk",
    source,
    readOnly: child(disk, "readonly") !== undefined,
    shareable: child(disk, "shareable") !== undefined,
    transient: child(disk, "transient") !== undefined,
    slot: drive ? `${attribute(address, "controller") ?? "0"}:${attribute(address, "unit") ?? "0"}` : null,
    chain,
  };
}

function sourceOf(holder: XmlElement, format: string | null): DiskSource {
  const source = child(holder, "source");
  const type = source === undefined ? "none" : (attribute(holder, "type") ?? "file");
  const pool = attribute(source, "pool");
  const volume = attribute(source, "volume");
  const protocol = attribute(source, "protocol");
  const path = type === "file" ? attribute(source, "file") : type === "block" ? attribute(source, "dev") : null;
  return {
    type: type === "file" && path === null ? "none" : type,
    path,
    volume: pool === null || volume === null ? null : { pool, name: volume },
    network: protocol === null ? null : `${protocol}:${attribute(source, "name") ?? ""}`,
    format,
    encrypted: child(source, "encryption") !== undefined || child(holder, "encryption") !== undefined,
  };
}

function nicOf(nic: XmlElement): DomainNic {
  const source = child(nic, "source");
  return {
    mac: attribute(child(nic, "mac"), "address"),
    network:
      attribute(source, "network") ?? attribute(source, "bridge") ?? attribute(source, "dev") ?? attribute(nic, "type"),
    model: attribute(child(nic, "model"), "type"),
    connected: attribute(child(nic, "link"), "state") !== "down",
  };
}

function agentOf(devices: XmlElement | undefined): DomainXml["agent"] {
  for (const channel of children(devices, "channel")) {
    const target = child(channel, "target");
    if (attribute(target, "name") !== "org.qemu.guest_agent.0") continue;
    const state = attribute(target, "state");
    return state === "connected" || state === "disconnected" ? state : "unknown";
  }
  return null;
}

function memoryOf(memory: XmlElement | undefined): number | null {
  const amount = wholeNumber(memory?.text ?? null, 0);
  const bytes = amount === null ? null : amount * (UNITS[attribute(memory, "unit") ?? "KiB"] ?? Number.NaN);
  return bytes !== null && Number.isSafeInteger(bytes) ? bytes : null;
}

function wholeNumber(text: string | null, least: number): number | null {
  const value = text !== null && /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least ? value : null;
}
