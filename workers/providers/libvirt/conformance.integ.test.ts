/** What every provider keeps, with a machine that runs under a real libvirt. */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { startLibvirtSession } from "../../../e2e/servers/libvirt-session.ts";
import { providerConformance } from "../testing/conformance.ts";
import { libvirtProvider } from "./libvirt.ts";
import { makeDisk } from "./testing/guest.ts";

const none = { password: null, privateKey: null, passphrase: null };

providerConformance(libvirtProvider, async () => {
  const session = await startLibvirtSession();
  const file = (name: string) => join(session.folder, name);
  const shape = {
    sizeMiB: 24,
    data: [
      [0, 3],
      [9, 10],
      [20, 24],
    ],
    guest: "idle",
  } as const;
  const truths = new Map<string, string>();
  const disks = (["vda", "vdb"] as const).map((target, seed) => {
    const format = target === "vda" ? "qcow2" : "raw";
    makeDisk(file(`${target}.${format}`), format, { ...shape, seed });
    makeDisk(file(`${target}.truth`), "raw", { ...shape, seed });
    truths.set(target, file(`${target}.truth`));
    return { target, format, path: file(`${target}.${format}`) } as const;
  });
  const machineId = session.define("running", disks, { start: true });
  makeDisk(file("toy.qcow2"), "qcow2", { ...shape, seed: 5 });
  const toyMachineId = session.define("toy", [{ target: "vda", path: file("toy.qcow2"), format: "qcow2" }]);
  const config = (address: string) =>
    ({ kind: "libvirt", address, username: null, trust: { kind: "system" } }) as const;
  return {
    config: config(session.address),
    secret: none,
    secrets: [],
    machineId,
    async truth(key, offset, length) {
      const bytes = new Uint8Array(length);
      const truth = openSync(truths.get(key) ?? "", "r");
      readSync(truth, bytes, 0, length, offset);
      closeSync(truth);
      return bytes;
    },
    unreachable: config(`qemu:///session?socket=${file("nobody.sock")}`),
    wrongSecret: null,
    addMachine: async (name) => {
      session.define(name, []);
    },
    removeMachine: async (name) => {
      session.virsh("undefine", name);
    },
    toyMachineId,
    close: () => session.close(),
  };
});
