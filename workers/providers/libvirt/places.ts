/** What machines of a libvirt lie in and hang on: its host, storage pools, networks. */
import type { InventoryNode } from "../../../src-core/model/inventory.ts";
import { clip, INVENTORY_TEXT } from "../../../src-core/model/inventory-limits.ts";
import { type Daemon, HOST_NODE, uuidText } from "./daemon.ts";
import type { DomainDisk } from "./domain-xml.ts";
import { CALL } from "./rpc/procedures.ts";
import { sizeOf } from "./rpc/xdr.ts";
import { attribute, child, parseXml, textOf } from "./xml-tree.ts";

/** Where pools keep their volumes. */
export interface PoolPlaces {
  /** Folders of pools that are folders. */
  readonly folders: readonly string[];
  /** Name of the pool a disk lies in, or null. */
  poolOf(disk: DomainDisk): string | null;
}

export interface Places {
  readonly nodes: readonly InventoryNode[];
  readonly pools: PoolPlaces;
}

const POOL_STATES = ["inactive", "building", "running", "degraded", "inaccessible"];
const GiB = 1024 ** 3;

/** @throws AppError source.lost, source.protocol */
export async function readPlaces(daemon: Daemon): Promise<Places> {
  const [host, pools, networks] = await Promise.all([hostNode(daemon), readPools(daemon), networkNodes(daemon)]);
  const folders = pools.flatMap(({ folder, name }) => (folder === null ? [] : [{ folder, name }]));
  return {
    nodes: [host, ...pools.map(({ node }) => node), ...networks],
    pools: {
      folders: folders.map(({ folder }) => folder),
      poolOf({ source }) {
        if (source.volume !== null) return source.volume.pool;
        const path = source.path;
        if (path === null) return null;
        return folders.find(({ folder }) => path.startsWith(`${folder}/`))?.name ?? null;
      },
    },
  };
}

const fact = (name: string, value: string) => ({ name, value: clip(value, INVENTORY_TEXT.value) });
const gibibytes = (bytes: number) => `${(bytes / GiB).toFixed(1)} GiB`;

async function hostNode({ machines, hostName, libvirtVersion, qemuVersion }: Daemon): Promise<InventoryNode> {
  const info = await machines.call(CALL.nodeInfo, null, "the host's processors and memory");
  // One char in four bytes each.
  const model = [...info.model]
    .filter((byte) => byte !== 0)
    .map((byte) => String.fromCharCode(byte))
    .join("");
  return {
    id: HOST_NODE,
    parentId: null,
    kind: "host",
    name: clip(hostName, INVENTORY_TEXT.name),
    facts: [
      fact("Processors", `${info.cpus} (${model})`),
      fact("Memory", gibibytes(sizeOf(info.memoryKiB) * 1024)),
      fact("libvirt", libvirtVersion),
      fact("QEMU", qemuVersion),
    ],
  };
}

async function readPools({ storage }: Daemon) {
  if (storage === null) return [];
  const { pools } = await storage
    .call(CALL.listPools, { needResults: 1, flags: 0 }, "the storage pools")
    .catch(nonePools);
  return Promise.all(
    pools.map(async (pool) => {
      const what = `storage pool ${pool.name}`;
      const [info, text] = await Promise.all([
        storage.call(CALL.poolInfo, { pool }, what).catch(() => null),
        storage.call(CALL.poolXml, { pool, flags: 0 }, what).catch(() => null),
      ]);
      const xml = text === null ? undefined : parseXml(text.xml, "pool", what);
      const folder = textOf(xml, "target", "path");
      const facts = [fact("Type", attribute(xml, "type") ?? "unknown")];
      if (folder !== null) facts.push(fact("Path", folder));
      if (info !== null) {
        facts.push(fact("State", POOL_STATES[info.state] ?? `state ${info.state}`));
        facts.push(fact("Capacity", gibibytes(sizeOf(info.capacity))), fact("Free", gibibytes(sizeOf(info.available))));
      }
      const node: InventoryNode = {
        id: `pool-${uuidText(pool.uuid)}`,
        parentId: HOST_NODE,
        kind: "datastore",
        name: clip(pool.name, INVENTORY_TEXT.name),
        facts,
      };
      const isFolder = ["dir", "fs", "netfs"].includes(attribute(xml, "type") ?? "");
      return { node, name: pool.name, folder: isFolder ? folder : null };
    }),
  );
}

async function networkNodes({ networks: rpc }: Daemon): Promise<InventoryNode[]> {
  if (rpc === null) return [];
  const { networks } = await rpc
    .call(CALL.listNetworks, { needResults: 1, flags: 0 }, "the networks")
    .catch(noneNetworks);
  return Promise.all(
    networks.map(async (network) => {
      const what = `network ${network.name}`;
      const text = await rpc.call(CALL.networkXml, { network, flags: 0 }, what).catch(() => null);
      const xml = text === null ? undefined : parseXml(text.xml, "network", what);
      const facts = [fact("Forwarding", attribute(child(xml, "forward"), "mode") ?? "isolated")];
      const bridge = attribute(child(xml, "bridge"), "name");
      if (bridge !== null) facts.push(fact("Bridge", bridge));
      return {
        id: `network-${uuidText(network.uuid)}`,
        parentId: HOST_NODE,
        kind: "network" as const,
        name: clip(network.name, INVENTORY_TEXT.name),
        facts,
      };
    }),
  );
}

/** A libvirt may have been built without storage or networks; then there are none. */
const nonePools = () => ({ pools: [], count: 0 });
const noneNetworks = () => ({ networks: [], count: 0 });
