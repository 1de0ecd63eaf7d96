/** A machine of libvirt as the inventory shows it. */
import type { GuestFamily, Machine, PowerState } from "../../../src-core/model/inventory.ts";
import { clip, INVENTORY_COUNT, INVENTORY_TEXT } from "../../../src-core/model/inventory-limits.ts";
import { type Daemon, HOST_NODE, uuidText } from "./daemon.ts";
import { type DomainDisk, type DomainXml, parseDomainXml } from "./domain-xml.ts";
import type { PoolPlaces } from "./places.ts";
import { CALL, type DomainRef } from "./rpc/procedures.ts";
import { sizeOf } from "./rpc/xdr.ts";

export interface DiskSizes {
  readonly capacityBytes: number;
  readonly usedBytes: number;
}

/** What was read of a machine. */
export interface ReadMachine {
  readonly ref: DomainRef;
  readonly power: PowerState;
  readonly xml: DomainXml;
  /** By target device; absent where libvirt cannot tell. */
  readonly sizes: ReadonlyMap<string, DiskSizes>;
  readonly snapshotCount: number;
}

/** Disks that hold a guest's data: no drives for removable media. */
export function dataDisks(xml: DomainXml): readonly DomainDisk[] {
  const seen = new Set<string>();
  return xml.disks.filter(({ device, target }) => {
    if ((device !== "disk" && device !== "lun") || seen.has(target)) return false;
    seen.add(target);
    return true;
  });
}

/** @throws AppError source.no-machine when it went meanwhile; source.protocol, source.lost */
export async function readMachine({ machines }: Daemon, ref: DomainRef): Promise<ReadMachine> {
  const [{ xml: text }, { state }, count] = await Promise.all([
    machines.call(CALL.domainXml, { domain: ref, flags: 0 }, `the description of ${ref.name}`),
    machines.call(CALL.domainState, { domain: ref, flags: 0 }, `the state of ${ref.name}`),
    machines.call(CALL.listSnapshots, { domain: ref, needResults: 0, flags: 0 }, `the snapshots of ${ref.name}`).then(
      ({ count }) => count,
      () => 0,
    ),
  ]);
  const xml = parseDomainXml(text, ref.name);
  const sizes = new Map<string, DiskSizes>();
  await Promise.all(
    dataDisks(xml).map(async ({ target }) => {
      const info = await machines
        .call(CALL.blockInfo, { domain: ref, path: target, flags: 0 }, `the size of ${target} of ${ref.name}`)
        .catch(() => null);
      if (info === null) return;
      sizes.set(target, { capacityBytes: sizeOf(info.capacity), usedBytes: sizeOf(info.allocation) });
    }),
  );
  return { ref, power: powerOf(state, ref.id), xml, sizes, snapshotCount: Math.max(0, count) };
}

/** virDomainState. */
function powerOf(state: number, id: number): PowerState {
  if (state === 1 || state === 2 || state === 4) return "on";
  if (state === 3 || state === 7) return "suspended";
  if (state === 5 || id === -1) return "off";
  return "unknown";
}

export function machineRow(read: ReadMachine, pools: PoolPlaces): Machine {
  const { xml, ref, sizes } = read;
  const disks = dataDisks(xml);
  const sum = (values: readonly number[]) =>
    values.length === 0
      ? null
      : Math.min(
          Number.MAX_SAFE_INTEGER,
          values.reduce((all, value) => all + value, 0),
        );
  const known = [...sizes.values()];
  const stores = new Set(disks.flatMap((disk) => pools.poolOf(disk) ?? []));
  return {
    id: uuidText(ref.uuid),
    parentId: HOST_NODE,
    hostId: HOST_NODE,
    name: clip(xml.name, INVENTORY_TEXT.name),
    path: clip(xml.title === null ? xml.name : `${xml.name} (${xml.title})`, INVENTORY_TEXT.path),
    power: read.power,
    os: osText(xml.osId),
    family: familyOf(xml.osId),
    cpus: xml.cpus,
    memoryBytes: xml.memoryBytes,
    diskCount: disks.length,
    provisionedBytes: sum(known.map(({ capacityBytes }) => capacityBytes)),
    usedBytes: sum(known.map(({ usedBytes }) => usedBytes)),
    snapshotCount: read.snapshotCount,
    // Checkpoints need qcow2; whether one is kept is asked for only when a backup begins.
    changedBlockTracking: disks.length === 0 ? null : disks.every(({ source }) => source.format === "qcow2"),
    agent: agentOf(xml, read.power),
    datastores: [...stores].slice(0, INVENTORY_COUNT.labels).map((name) => clip(name, INVENTORY_TEXT.name)),
    tags: [],
    template: false,
  };
}

function agentOf({ agent }: DomainXml, power: PowerState): Machine["agent"] {
  if (agent === null) return "absent";
  if (agent === "connected") return "running";
  return power === "on" && agent === "disconnected" ? "absent" : "unknown";
}

/** "http://debian.org/debian/12" → "debian 12". */
function osText(id: string | null): string | null {
  if (id === null) return null;
  const words = id.replace(/^https?:\/\/[^/]*\//, "").replaceAll("/", " ");
  return clip(words === "" ? id : words, INVENTORY_TEXT.value);
}

function familyOf(id: string | null): GuestFamily {
  if (id === null) return "unknown";
  if (/microsoft|windows/i.test(id)) return "windows";
  return /linux|debian|ubuntu|fedora|centos|redhat|rhel|suse|alma|rocky|oracle|arch|alpine|gentoo|mageia/i.test(id)
    ? "linux"
    : "other";
}
