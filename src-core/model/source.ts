/** A source: a configured connection to a hypervisor, or a folder of machines on this computer. Secrets are never part of it. */
import { z } from "zod";
import { AppErrorData } from "./error-data.ts";
import { SOURCE_KINDS } from "./words.ts";

export const SourceKind = z.enum(SOURCE_KINDS);
export type SourceKind = z.infer<typeof SourceKind>;

/** Whom the other end must prove to be. */
export const Trust = z
  .discriminatedUnion("kind", [
    /** The certificate authorities of the system; of SSH: the user's known_hosts. */
    z.object({ kind: z.literal("system") }),
    /** Exactly this certificate or host key: SHA-256 of its DER or key blob, 64 hexadecimal digits in lower case. */
    z.object({ kind: z.literal("pinned"), fingerprint: z.string().regex(/^[0-9a-f]{64}$/) }),
    /** Certificates that these authorities signed; PEM. */
    z.object({
      kind: z.literal("ca"),
      pem: z
        .string()
        .min(1)
        .max(256 * 1024),
    }),
  ])
  .meta({ id: "Trust" });
export type Trust = z.infer<typeof Trust>;

/**
 * What a connection needs besides secrets. Address: vsphere "https://host[:port]"; libvirt "qemu:///session?socket=PATH",
 * "qemu+ssh://user@host/system"; local: absolute path of a folder. It never holds a password.
 */
export const SourceConfig = z.object({
  kind: SourceKind,
  address: z.string().min(1).max(4096),
  username: z.string().min(1).max(256).nullable(),
  trust: Trust,
});
export type SourceConfig = z.infer<typeof SourceConfig>;

/** What a login may need; null = not given. Longest texts as keys are. Kept sealed, and shown to nobody. */
export const SourceSecret = z.object({
  password: z.string().max(4096).nullable(),
  /** OpenSSH or PEM text. */
  privateKey: z
    .string()
    .max(64 * 1024)
    .nullable(),
  /** Of the private key. */
  passphrase: z.string().max(4096).nullable(),
});
export type SourceSecret = z.infer<typeof SourceSecret>;

/** What a source can do beyond being read, and what it is. */
export const Capabilities = z.object({
  power: z.boolean(),
  snapshots: z.boolean(),
  /** Snapshots of a consistent file system, by the guest's help. */
  quiesce: z.boolean(),
  changedBlocks: z.boolean(),
  /** Of this endpoint. */
  product: z.string().max(256),
  version: z.string().max(256),
});
export type Capabilities = z.infer<typeof Capabilities>;

/** One line of a test: what was tried, whether it works, and which privileges are missing by their exact names. */
export const ProbeCheck = z
  .object({
    id: z.string().max(256),
    label: z.string().max(256),
    ok: z.boolean(),
    missing: z.array(z.string().max(256)).max(200),
    message: z.string().max(2048),
    remedy: z.string().max(2048).nullable(),
  })
  .meta({ id: "ProbeCheck" });
export type ProbeCheck = z.infer<typeof ProbeCheck>;

/** What an export that is no longer alive left on a source: a snapshot, a backup job, a lease, a scratch file with our mark. */
export const Leftover = z
  .object({
    id: z.string().min(1).max(1024),
    machineId: z.string().min(1).max(1024),
    machineName: z.string().max(256),
    /** For people: "snapshot", "backup job". */
    kind: z.string().max(256),
    description: z.string().max(2048),
    createdAt: z.iso.datetime().nullable(),
    /** "hypersdk-<runId>". */
    mark: z.string().max(256),
  })
  .meta({ id: "Leftover" });
export type Leftover = z.infer<typeof Leftover>;

/** A certificate or host key that is not trusted yet, to be compared and pinned. */
export const ShownCertificate = z
  .object({
    kind: z.enum(["certificate", "host-key"]),
    /** SHA-256, 64 hexadecimal digits. */
    fingerprint: z.string(),
    subject: z.string().nullable(),
    issuer: z.string().nullable(),
    validFrom: z.string().nullable(),
    validTo: z.string().nullable(),
  })
  .meta({ id: "ShownCertificate" });
export type ShownCertificate = z.infer<typeof ShownCertificate>;

/** What a try to connect came to. */
export const SourceTest = z
  .object({
    /** Connected, and every check passed. */
    ok: z.boolean(),
    /** Present where the other end has to be trusted first: compare, then pin its fingerprint. */
    certificate: ShownCertificate.nullable(),
    /** Why it could not be connected to. */
    error: AppErrorData.nullable(),
    capabilities: Capabilities.nullable(),
    checks: z.array(ProbeCheck),
  })
  .meta({ id: "SourceTest" });
export type SourceTest = z.infer<typeof SourceTest>;

/** connecting: also while it waits for the next try. */
export const ConnectionState = z.enum(["disabled", "connecting", "connected", "failed"]);
export type ConnectionState = z.infer<typeof ConnectionState>;

/** A source as lists show it. */
export const Source = z
  .object({
    id: z.string(),
    kind: SourceKind,
    name: z.string(),
    address: z.string(),
    username: z.string().nullable(),
    /** Without the text of a CA. */
    trust: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("system") }),
      z.object({ kind: z.literal("pinned"), fingerprint: z.string() }),
      z.object({ kind: z.literal("ca") }),
    ]),
    enabled: z.boolean(),
    /** A password or key is kept for it. What it is is told to nobody. */
    hasSecret: z.boolean(),
    addedAt: z.iso.datetime(),
    connection: z.object({
      state: ConnectionState,
      since: z.iso.datetime(),
      /** Why it is not connected; null while it is, or before the first try ended. */
      error: AppErrorData.nullable(),
      /** When it is tried again; null where it is not (wrong password, unknown certificate: somebody has to act). */
      retryAt: z.iso.datetime().nullable(),
      capabilities: Capabilities.nullable(),
    }),
    inventory: z.object({
      machineCount: z.number().int().min(0),
      /** When what is shown was last known to be true; null = never seen. */
      knownAt: z.iso.datetime().nullable(),
      /** The complete picture was given since the connection was made. */
      settled: z.boolean(),
    }),
  })
  .meta({ id: "Source" });
export type Source = z.infer<typeof Source>;
