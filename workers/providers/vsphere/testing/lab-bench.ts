/** The lab vCenter (or host of its own) as what the provider is tried on. */
import { open } from "node:fs/promises";
import type { VsphereLab } from "../../../../e2e/servers/vsphere-lab.ts";
import type { SourceConfig } from "../../../../src-core/model/source.ts";
import type { Connection, ExportOptions, SourceSecret } from "../../provider.ts";
import { testContext } from "../../testing/test-context.ts";
import { TUNING, type Tuning } from "../tuning.ts";
import { vsphereWith } from "../vsphere.ts";

/** Waits that tests have no time for. */
export const QUICK: Tuning = {
  ...TUNING,
  waitSeconds: 1,
  taskPollMs: [20, 100],
  retryMs: 5,
  leaseBeatMs: 100,
  rangeBytes: 256 * 1024,
  pageObjects: 20,
  tagsMs: 500,
};

export const EXPORT: ExportOptions = {
  mark: "hypersdk-test",
  quiesce: "no",
  diskKeys: null,
  connectionsPerHost: 4,
  resume: null,
};

export function labConfig(lab: VsphereLab): SourceConfig {
  return { kind: "vsphere", address: lab.url, username: lab.username, trust: { kind: "ca", pem: lab.caPem } };
}

export function secretOf(password: string): SourceSecret {
  return { password, privateKey: null, passphrase: null };
}

/** @param logged what the provider logs goes here */
export async function connectLab(
  lab: VsphereLab,
  { tuning = QUICK, logged = [], config = labConfig(lab), password = lab.password, signal }: LabConnection = {},
): Promise<Connection> {
  return await vsphereWith(tuning).connect(config, testContext(secretOf(password), logged, signal));
}

interface LabConnection {
  readonly tuning?: Tuning;
  readonly logged?: string[];
  readonly config?: SourceConfig;
  readonly password?: string;
  readonly signal?: AbortSignal;
}

/** Bytes of a raw file: the truth. */
export async function bytesOf(path: string, offset: number, length: number): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await file.read(bytes, 0, length, offset);
    if (bytesRead !== length) throw new Error(`${path} ends before ${offset + length}`);
    return bytes;
  } finally {
    await file.close();
  }
}
