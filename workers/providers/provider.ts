/**
 * What a provider is to the engine: one kind of source, connected to, looked at, and read from. Small on purpose; plugins will
 * implement it later. A provider is one folder here and one line in registry.ts; providers never import each other, and join the
 * conformance suite (testing/conformance.ts) with a few lines. How to write one: docs/adding-a-provider.md.
 *
 * Everything a source says is untrusted: bounded, cut to src-core/model/inventory-limits.ts, refused with an AppError that names
 * the place. Secrets come by `ProviderContext.secret` only and never reach a log, an error, or an inventory.
 */
import type { InventoryChange, MachineDetail } from "../../src-core/model/inventory.ts";
import type {
  Capabilities,
  Leftover,
  ProbeCheck,
  SourceConfig,
  SourceKind,
  SourceSecret,
} from "../../src-core/model/source.ts";
import type { DiskReader } from "../formats/format.ts";
import type { SequentialSource } from "../io/sequential.ts";

export interface Provider {
  readonly kind: SourceKind;
  /** For menus: "VMware vSphere". */
  readonly label: string;
  /**
   * Connects and logs in. The connection lives until `close`, or until it breaks: `inventory` then throws.
   * @throws AppError source.auth, source.unreachable, source.protocol; source.certificate, source.host-key with the details
   *   fingerprint (SHA-256, 64 hexadecimal digits), subject, validFrom, validTo (as far as known) of what was shown; job.canceled when
   *   `context.signal` aborts meanwhile
   */
  connect(config: SourceConfig, context: ProviderContext): Promise<Connection>;
}

export type { SourceSecret };

export interface ProviderContext {
  /** Aborted when the source is disabled, edited or removed, or the program ends: connecting stops, the connection is given up. */
  readonly signal: AbortSignal;
  /** Reads the secret anew each time: passwords are kept no longer than a login takes. @throws AppError vault.* */
  secret(): Promise<SourceSecret>;
  /** For the program's log. Never with secrets, cookies or whole answers. */
  log(level: "info" | "warning" | "error", message: string): void;
  /** Milliseconds, monotonic. */
  now(): number;
  /** @throws AppError job.canceled when `signal` aborts */
  sleep(ms: number): Promise<void>;
}

/** What can be asked of any machine's power; "shutdown" asks the guest and returns once it was asked, "off" pulls the plug. */
export type PowerAction = "on" | "off" | "shutdown";

export interface SnapshotOptions {
  readonly name: string;
  readonly description: string;
  /** By the guest's help; fails where it cannot. */
  readonly quiesce: boolean;
  readonly memory: boolean;
}

/** A live connection. Calls may overlap. Any of them throws source.lost once the connection broke. */
export interface Connection {
  readonly capabilities: Capabilities;
  /** What the account can and cannot do here, one line each. What fails is a line, not an error. */
  test(): Promise<readonly ProbeCheck[]>;
  /**
   * The whole inventory first, in batches of at most INVENTORY_COUNT.batch, a node before what lies in it where that is known; then
   * `settled`; then changes until `signal` aborts (ends) or the connection breaks (throws). Called once per connection.
   * @throws AppError source.lost, source.auth, source.protocol
   */
  inventory(signal: AbortSignal): AsyncIterable<readonly InventoryChange[]>;
  /** Read anew. @throws AppError source.no-machine */
  machine(id: string): Promise<MachineDetail>;
  /**
   * What is so already is done: "on" of a running machine succeeds.
   * @throws AppError source.no-machine, source.unsupported, source.privilege, source.refused; job.canceled
   */
  power(id: string, action: PowerAction, signal: AbortSignal): Promise<void>;
  /** @returns id of the new snapshot. @throws AppError as `power` */
  createSnapshot(id: string, options: SnapshotOptions, signal: AbortSignal): Promise<string>;
  /** Its content is kept in the machine's present state; children stay. @throws AppError as `power`, source.no-snapshot */
  removeSnapshot(id: string, snapshotId: string, signal: AbortSignal): Promise<void>;
  /** The machine's present state is lost. @throws AppError as `power`, source.no-snapshot */
  revertSnapshot(id: string, snapshotId: string, signal: AbortSignal): Promise<void>;
  /**
   * Makes what is needed to read a consistent state (snapshot, backup job, lease); `close` removes it again, whatever happened.
   * When it throws, nothing is left.
   * @throws AppError source.no-machine, source.unsupported, source.privilege, source.refused, disk.*; job.canceled
   */
  openExport(id: string, options: ExportOptions, signal: AbortSignal): Promise<ExportSession>;
  /** What carries our mark, of whatever run; the caller knows which runs are alive. */
  leftovers(): Promise<readonly Leftover[]>;
  /** One that is gone already is fine. @throws AppError source.privilege, source.refused, source.lost */
  removeLeftover(leftover: Leftover): Promise<void>;
  /** Logs out. Never throws; again is fine. */
  close(): Promise<void>;
}

export interface ExportOptions {
  /** Marks what is made on the source: "hypersdk-<runId>". */
  readonly mark: string;
  /** require: fails where the guest cannot help; try: goes on with a warning. */
  readonly quiesce: "no" | "try" | "require";
  /** Keys of the disks to read; null = all that can be. */
  readonly diskKeys: readonly string[] | null;
  /** At most so many at once; a provider that learns what the link gives uses fewer where more bring nothing. */
  readonly connectionsPerHost: number;
  /** Opaque state of an earlier attempt's session (ExportSession.resume), to go on reading the very same point in time; null = begin. */
  readonly resume: Record<string, unknown> | null;
}

export interface ExportSession {
  /** As it is at the point in time that is read. */
  readonly machine: MachineDetail;
  /** In the machine's order; disks that cannot be read are left out, with a warning. */
  readonly disks: readonly ExportDisk[];
  /** JSON kept with the checkpoint: what the next attempt needs; null = cannot be resumed. */
  readonly resume: Record<string, unknown> | null;
  readonly warnings: readonly string[];
  /** Removes what openExport made; with `keep`: leaves it for the next attempt. Again is fine. */
  close(keep: boolean): Promise<void>;
}

/** How an opened disk is read; `close` ends it. */
export type DiskTransport =
  | { readonly kind: "random"; readonly reader: DiskReader; close(): Promise<void> }
  | { readonly kind: "stream"; readonly source: SequentialSource; close(): Promise<void> };

export interface ExportDisk {
  /** MachineDisk.key. */
  readonly key: string;
  readonly capacityBytes: number;
  /** Which transport was chosen and why, for people: "datastore, Range requests", "the host answers 206". */
  readonly transport: string;
  readonly reason: string;
  /**
   * random: reads anywhere in the guest's view (the whole chain), extents known. stream: a streamOptimized VMDK that comes once
   * (opened by the VMDK format's openStream), resumable only from the start. Opened again it begins again.
   * @throws AppError source.*, disk.*, io.read; job.canceled
   */
  open(signal: AbortSignal): Promise<DiskTransport>;
}
