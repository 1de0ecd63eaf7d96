/**
 * The part of libvirt's remote protocol that is used here (src/remote/remote_protocol.x, src/rpc/virnetprotocol.x of libvirt): numbers,
 * arguments and answers, as a table. Old clients work with new daemons, so what stands here stays true.
 */
import {
  double,
  hyper,
  int,
  list,
  nothing,
  opaque,
  optional,
  struct,
  text,
  uhyper,
  uint,
  union,
  type XdrType,
} from "./xdr.ts";

export const PROGRAM = { remote: 0x20008086, keepalive: 0x6b656570 } as const;
export const KEEPALIVE = { ping: 1, pong: 2 } as const;
/** Feature number of keepalive in `supportsFeature`. */
export const FEATURE_KEEPALIVE = 10;

const string = text(4 * 1024 * 1024);
const MOST = 16_384;

export const Domain = struct({ name: string, uuid: opaque(16), id: int });
export const Network = struct({ name: string, uuid: opaque(16) });
export const Pool = struct({ name: string, uuid: opaque(16) });
const Volume = struct({ pool: string, name: string, key: string });
const Snapshot = struct({ name: string, domain: Domain });

/** A machine, pool, network, snapshot as libvirt names it. `id` is -1 while a machine is off. */
export interface DomainRef {
  readonly name: string;
  readonly uuid: Buffer;
  readonly id: number;
}

export const RemoteError = struct({
  code: int,
  domain: int,
  message: optional(string),
  level: int,
  machine: optional(Domain),
  text1: optional(string),
  text2: optional(string),
  text3: optional(string),
  number1: int,
  number2: int,
  network: optional(Network),
});

const Parameter = struct({
  field: string,
  value: union({ 1: int, 2: uint, 3: hyper, 4: uhyper, 5: double, 6: int, 7: string }),
});

const flags = { flags: uint };
const ofDomain = struct({ domain: Domain, ...flags });
const ofSnapshot = struct({ snapshot: Snapshot, ...flags });
const xml = struct({ xml: string });
const all = struct({ needResults: int, ...flags });

export interface Procedure<A, R> {
  readonly number: number;
  readonly args: XdrType<A>;
  readonly result: XdrType<R>;
}

function procedure<A, R>(number: number, args: XdrType<A>, result: XdrType<R>): Procedure<A, R> {
  return { number, args, result };
}

export const CALL = {
  authList: procedure(66, nothing, struct({ types: list(int, 20) })),
  open: procedure(1, struct({ uri: optional(string), ...flags }), nothing),
  close: procedure(2, nothing, nothing),
  supportsFeature: procedure(60, struct({ feature: int }), struct({ supported: int })),
  hypervisorVersion: procedure(4, nothing, struct({ version: uhyper })),
  libraryVersion: procedure(157, nothing, struct({ version: uhyper })),
  hostName: procedure(59, nothing, struct({ name: string })),
  nodeInfo: procedure(
    6,
    nothing,
    // The model is an array of 32 chars, each of which XDR makes 4 bytes.
    struct({
      model: opaque(128),
      memoryKiB: uhyper,
      cpus: int,
      mhz: int,
      nodes: int,
      sockets: int,
      cores: int,
      threads: int,
    }),
  ),
  listDomains: procedure(273, all, struct({ domains: list(Domain, MOST), count: uint })),
  listPools: procedure(281, all, struct({ pools: list(Pool, MOST), count: uint })),
  listNetworks: procedure(283, all, struct({ networks: list(Network, MOST), count: uint })),
  domainStats: procedure(
    344,
    struct({ domains: list(Domain, MOST), stats: uint, ...flags }),
    struct({ records: list(struct({ domain: Domain, parameters: list(Parameter, 262_144) }), MOST) }),
  ),
  domainByUuid: procedure(24, struct({ uuid: opaque(16) }), struct({ domain: Domain })),
  domainXml: procedure(14, ofDomain, xml),
  domainState: procedure(212, ofDomain, struct({ state: int, reason: int })),
  blockInfo: procedure(
    194,
    struct({ domain: Domain, path: string, ...flags }),
    struct({ allocation: uhyper, capacity: uhyper, physical: uhyper }),
  ),
  start: procedure(196, ofDomain, struct({ domain: Domain })),
  shutdown: procedure(258, ofDomain, nothing),
  destroy: procedure(234, ofDomain, nothing),
  define: procedure(350, struct({ xml: string, ...flags }), struct({ domain: Domain })),
  undefine: procedure(231, ofDomain, nothing),
  listSnapshots: procedure(
    274,
    struct({ domain: Domain, needResults: int, ...flags }),
    struct({ snapshots: list(Snapshot, MOST), count: int }),
  ),
  createSnapshot: procedure(185, struct({ domain: Domain, xml: string, ...flags }), struct({ snapshot: Snapshot })),
  snapshotXml: procedure(186, ofSnapshot, xml),
  snapshotByName: procedure(189, struct({ domain: Domain, name: string, ...flags }), struct({ snapshot: Snapshot })),
  currentSnapshot: procedure(191, ofDomain, struct({ snapshot: Snapshot })),
  revertSnapshot: procedure(192, ofSnapshot, nothing),
  deleteSnapshot: procedure(193, ofSnapshot, nothing),
  backupBegin: procedure(
    421,
    struct({ domain: Domain, backup: string, checkpoint: optional(string), ...flags }),
    nothing,
  ),
  backupXml: procedure(422, ofDomain, xml),
  abortJob: procedure(164, struct({ domain: Domain }), nothing),
  freeze: procedure(335, struct({ domain: Domain, mounts: list(string, 256), ...flags }), struct({ count: int })),
  thaw: procedure(336, struct({ domain: Domain, mounts: list(string, 256), ...flags }), struct({ count: int })),
  poolInfo: procedure(
    87,
    struct({ pool: Pool }),
    // The state is an unsigned char, which XDR makes 4 bytes.
    struct({ state: uint, capacity: uhyper, allocation: uhyper, available: uhyper }),
  ),
  poolXml: procedure(88, struct({ pool: Pool, ...flags }), xml),
  poolByName: procedure(84, struct({ name: string }), struct({ pool: Pool })),
  volumeByName: procedure(95, struct({ pool: Pool, name: string }), struct({ volume: Volume })),
  volumePath: procedure(100, struct({ volume: Volume }), struct({ path: string })),
  networkXml: procedure(43, struct({ network: Network, ...flags }), xml),
  watchDomains: procedure(316, struct({ event: int, domain: optional(Domain) }), struct({ callback: int })),
  watchNetworks: procedure(313, struct({ event: int, network: optional(Network) }), struct({ callback: int })),
  watchPools: procedure(368, struct({ event: int, pool: optional(Pool) }), struct({ callback: int })),
} as const;

/** What is told without being asked, by the number of its procedure. All begin with the callback's number and whom it is about. */
const aboutDomain = struct({ callback: int, domain: Domain });
const aboutPlace = struct({ callback: int, place: Network });
export const EVENT = {
  lifecycle: { number: 318, watch: 0, type: struct({ callback: int, domain: Domain, event: int, detail: int }) },
  deviceRemoved: { number: 333, watch: 15, type: aboutDomain },
  agent: { number: 348, watch: 18, type: aboutDomain },
  deviceAdded: { number: 354, watch: 19, type: aboutDomain },
  metadata: { number: 379, watch: 23, type: aboutDomain },
  network: { number: 315, watch: 0, type: aboutPlace },
  pool: { number: 370, watch: 0, type: aboutPlace },
  poolRefresh: { number: 373, watch: 1, type: aboutPlace },
} as const;
