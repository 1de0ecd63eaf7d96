/** Everything about one machine, read anew. */
import { AppError } from "../../../../src-core/model/error.ts";
import type { MachineDetail } from "../../../../src-core/model/inventory.ts";
import { clip, clipLines, INVENTORY_TEXT } from "../../../../src-core/model/inventory-limits.ts";
import { machineRef } from "../calls/machines.ts";
import { retrieve, retrieveOne } from "../calls/properties.ts";
import { PlaceTree, shownName } from "../inventory/place-tree.ts";
import type { Session } from "../session.ts";
import { faultOf } from "../soap/fault.ts";
import { at, booleanAt, childrenOf, type Ref, refOf, textAt } from "../soap/read-value.ts";
import type { XmlNode } from "../soap/xml-node.ts";
import { disksOf, type HostDisk, hardwareOf, hasTpm, nicsOf, slotOf } from "./devices.ts";
import { type DiskFiles, diskFilesOf } from "./disk-files.ts";
import { applyProperty, MACHINE_WANTED, machineRow, noFacts } from "./machine-row.ts";
import { obstaclesOf } from "./obstacles.ts";
import { snapshotsOf } from "./snapshot-tree.ts";

/** A machine, with what only this provider needs to know of it. */
export interface HostMachine {
  readonly detail: MachineDetail;
  readonly disks: readonly HostDisk[];
  readonly files: ReadonlyMap<number, DiskFiles>;
  /** By moref: how `/folder` names the datastore. */
  readonly datastores: ReadonlyMap<string, Store>;
  /** Inventory path of the datacenter, as the server writes names; null on a host of its own. */
  readonly datacenterPath: string | null;
}

export interface Store {
  /** As the server writes it, with `%` escaped. */
  readonly name: string;
  readonly type: string;
}

const MAX_LEVELS = 64;

const PATHS = [
  ...MACHINE_WANTED.paths,
  "config",
  "layoutEx",
  "runtime.connectionState",
  "runtime.consolidationNeeded",
  "runtime.question",
];

/** @throws AppError source.no-machine */
export async function readMachine(session: Session, id: string, signal: AbortSignal): Promise<HostMachine> {
  const properties = await propertiesOf(session, id, signal);
  const facts = noFacts();
  for (const [path, value] of properties) applyProperty(facts, path, value);
  const { places, datacenterPath } = await readPlaces(session, facts.vApp ?? facts.parent, facts.host, signal);
  const tags = await session.tags.read([id], signal);
  facts.tags = tags?.get(id) ?? [];
  const { datastores, networks } = await readShared(session, properties, signal);
  for (const [store, { name }] of datastores) {
    places.set({ ref: { type: "Datastore", id: store }, name: shownName(name), parent: null });
  }
  const config = properties.get("config");
  const hardware = hardwareOf(config);
  const disks = disksOf(hardware);
  const files = diskFilesOf(properties.get("layoutEx"));
  const row = machineRow(id, facts, places);
  const tpm = hasTpm(hardware);
  const firmware = textAt(config, "firmware");
  const question = textAt(properties.get("runtime.question"), "text");
  const detail: MachineDetail = {
    ...row,
    diskCount: disks.length,
    disks: disks.map((disk) => ({
      key: String(disk.deviceKey),
      label: disk.label,
      capacityBytes: disk.capacityBytes,
      usedBytes: files.get(disk.deviceKey)?.usedBytes ?? null,
      controller: slotOf(disk),
      datastore: shownName(datastores.get(disk.datastoreId ?? "")?.name ?? "") || null,
      path: disk.path,
      chain: disk.chain,
      thin: disk.thin,
      mode: disk.mode,
    })),
    nics: nicsOf(hardware, networks),
    firmware: firmware === "bios" || firmware === "efi" ? firmware : "unknown",
    secureBoot: booleanAt(config, "bootOptions", "efiSecureBootEnabled"),
    tpm: hardware === null ? null : tpm,
    hardwareVersion: clip(textAt(config, "version") ?? "", INVENTORY_TEXT.name) || null,
    guestId: clip(textAt(config, "guestId") ?? "", INVENTORY_TEXT.name) || null,
    notes: clipLines(textAt(config, "annotation") ?? "", INVENTORY_TEXT.notes),
    snapshots: snapshotsOf(properties.get("snapshot")),
    obstacles: [],
  };
  const obstacles = obstaclesOf({
    disks,
    storeTypes: new Map([...datastores].map(([store, { type }]) => [store, type])),
    power: row.power,
    connection: properties.get("runtime.connectionState")?.text ?? "",
    encrypted: at(config, "keyId") !== null,
    tpm,
    template: row.template,
    snapshots: detail.snapshots.length,
    consolidationNeeded: booleanAt(properties.get("runtime.consolidationNeeded")) ?? false,
    question: question === null ? null : clip(question, 500),
    agent: row.agent,
    changeTracking: row.changedBlockTracking,
    hasConfig: config !== undefined,
  });
  return { detail: { ...detail, obstacles }, disks, files, datastores, datacenterPath };
}

/** @throws AppError source.no-machine */
async function propertiesOf(session: Session, id: string, signal: AbortSignal): Promise<ReadonlyMap<string, XmlNode>> {
  try {
    const properties = await retrieveOne(session, machineRef(checkedId(id)), PATHS, signal);
    if (properties.size > 0) return properties;
  } catch (error) {
    if (faultOf(error) !== "ManagedObjectNotFound") throw error;
  }
  throw noMachine(id);
}

export function noMachine(id: string): AppError {
  return new AppError("source.no-machine", `The source has no machine ${clip(id, 100)}`, {
    details: { machineId: clip(id, 256) },
  });
}

/** Ids of managed objects are short words. */
export function checkedId(id: string): string {
  if (/^[\w.:@+-]{1,256}$/.test(id)) return id;
  throw noMachine(id);
}

/** The way up to the top, step by step: a server asked for all of it at once runs in circles where its folders do. And the host. */
async function readPlaces(session: Session, parent: Ref | null, host: Ref | null, signal: AbortSignal) {
  const places = new PlaceTree();
  const names: string[] = [];
  if (host !== null) places.set({ ref: host, name: "", parent: null });
  if (parent === null) return { places, datacenterPath: null };
  let inDatacenter = false;
  const seen = new Set([session.content.rootFolder.id]);
  for (let next: Ref | null = parent; next !== null && !seen.has(next.id) && seen.size < MAX_LEVELS; ) {
    seen.add(next.id);
    const properties = await placeProperties(session, next, signal);
    if (properties === null) break;
    const name = properties.get("name")?.text ?? "";
    const above = refOf(properties.get("parent"));
    places.set({ ref: next, name: shownName(name), parent: above });
    inDatacenter ||= next.type === "Datacenter";
    if (inDatacenter) names.unshift(name);
    next = above;
  }
  return { places, datacenterPath: inDatacenter && session.content.isVCenter ? names.join("/") : null };
}

/** Null where the account does not see it. */
async function placeProperties(session: Session, place: Ref, signal: AbortSignal) {
  try {
    const properties = await retrieveOne(session, place, ["name", "parent"], signal);
    return properties.size === 0 ? null : properties;
  } catch (error) {
    const fault = faultOf(error);
    if (fault === "NoPermission" || fault === "ManagedObjectNotFound") return null;
    throw error;
  }
}

/** Names and types of the datastores, names of the distributed port groups, that the machine uses. */
async function readShared(session: Session, properties: ReadonlyMap<string, XmlNode>, signal: AbortSignal) {
  const datastores = new Map<string, Store>();
  const networks = new Map<string, string>();
  const hardware = hardwareOf(properties.get("config"));
  const backings = childrenOf(hardware, "device").map((device) => at(device, "backing"));
  const stores = new Map<string, Ref>();
  for (const one of [
    ...childrenOf(properties.get("datastore"), "ManagedObjectReference"),
    ...backings.map((backing) => at(backing, "datastore")),
  ]) {
    const store = refOf(one);
    if (store !== null) stores.set(store.id, store);
  }
  const groups = new Set(backings.flatMap((backing) => textAt(backing, "port", "portgroupKey") ?? []));
  const starts = [
    ...[...stores.values()],
    ...[...groups].map((id): Ref => ({ type: "DistributedVirtualPortgroup", id })),
  ].map((object) => ({ object, itself: true, steps: [] }));
  if (starts.length === 0) return { datastores, networks };
  const wanted = [
    { type: "Datastore", paths: ["name", "summary.type"] },
    { type: "DistributedVirtualPortgroup", paths: ["name"] },
  ];
  for await (const objects of retrieve(session, wanted, starts, signal)) {
    for (const { object, properties: got } of objects) {
      const name = got.get("name")?.text ?? "";
      if (stores.has(object.id)) datastores.set(object.id, { name, type: got.get("summary.type")?.text ?? "" });
      else networks.set(object.id, shownName(name));
    }
  }
  return { datastores, networks };
}
