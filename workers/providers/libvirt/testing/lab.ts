/** A libvirt with machines whose disks' content is known, for tests of the provider. */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { type LibvirtSession, startLibvirtSession } from "../../../../e2e/servers/libvirt-session.ts";
import type { SourceConfig, SourceSecret } from "../../../../src-core/model/source.ts";
import { makeDisk } from "./guest.ts";

export const NO_SECRET: SourceSecret = { password: null, privateKey: null, passphrase: null };

const SHAPE = {
  sizeMiB: 24,
  data: [
    [0, 3],
    [9, 10],
    [20, 24],
  ],
  guest: "idle",
} as const;

export interface Lab {
  readonly session: LibvirtSession;
  readonly file: (name: string) => string;
  /** Runs, with a qcow2 as vda and a raw file as vdb. */
  readonly runningId: string;
  /** Is off, with the same shape of disks. */
  readonly offId: string;
  /** May be switched and snapshotted. */
  readonly toyId: string;
  /** What the disks of both hold. */
  truth(key: string, offset: number, length: number): Promise<Uint8Array>;
  config(address?: string): SourceConfig;
}

export async function openLab(): Promise<Lab> {
  const session = await startLibvirtSession();
  const file = (name: string) => join(session.folder, name);
  const disksOf = (machine: string) =>
    (["vda", "vdb"] as const).map((target, seed) => {
      const format = target === "vda" ? "qcow2" : "raw";
      const path = file(`${machine}-${target}.${format}`);
      makeDisk(path, format, { ...SHAPE, seed });
      return { target, format, path } as const;
    });
  const runningId = session.define("running", disksOf("running"), { start: true });
  const offId = session.define("off", disksOf("off"));
  makeDisk(file("toy.qcow2"), "qcow2", { ...SHAPE, seed: 5 });
  const toyId = session.define("toy", [{ target: "vda", path: file("toy.qcow2"), format: "qcow2" }]);
  for (const [seed, target] of ["vda", "vdb"].entries()) makeDisk(file(`${target}.truth`), "raw", { ...SHAPE, seed });
  return {
    session,
    file,
    runningId,
    offId,
    toyId,
    async truth(key, offset, length) {
      const bytes = new Uint8Array(length);
      const truth = openSync(file(`${key}.truth`), "r");
      readSync(truth, bytes, 0, length, offset);
      closeSync(truth);
      return bytes;
    },
    config: (address = session.address) => ({ kind: "libvirt", address, username: null, trust: { kind: "system" } }),
  };
}
