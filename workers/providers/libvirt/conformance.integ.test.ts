/** What every provider keeps, with machines of a real libvirt: a running one, one that is off, and both through SSH. */
import { describe } from "vitest";
import { startSshServer } from "../../../e2e/servers/ssh-server.ts";
import { type Bench, providerConformance } from "../testing/conformance.ts";
import { libvirtProvider } from "./libvirt.ts";
import { type Lab, NO_SECRET, openLab } from "./testing/lab.ts";

function benchOf(lab: Lab, machineId: string, close: () => Promise<void>): Bench {
  const { session } = lab;
  return {
    config: lab.config(),
    secret: NO_SECRET,
    secrets: [],
    machineId,
    truth: lab.truth,
    unreachable: lab.config(`qemu:///session?socket=${lab.file("nobody.sock")}`),
    wrongSecret: null,
    addMachine: async (name) => void session.define(name, []),
    removeMachine: async (name) => void session.virsh("undefine", name),
    toyMachineId: lab.toyId,
    close,
  };
}

describe.each(["runningId", "offId"] as const)("%s, on this computer", (which) => {
  providerConformance(libvirtProvider, async () => {
    const lab = await openLab();
    return benchOf(lab, lab[which], () => lab.session.close());
  });
});

describe.each(["runningId", "offId"] as const)("%s, through SSH", (which) => {
  providerConformance(libvirtProvider, async () => {
    const [lab, ssh] = [await openLab(), await startSshServer()];
    const { session, config } = lab;
    const at = (port: number) => {
      const address = `qemu+ssh://${ssh.username}@127.0.0.1:${port}/session?socket=${session.socket}&scratch=${session.folder}`;
      return { ...config(address), trust: { kind: "pinned", fingerprint: ssh.fingerprint } } as const;
    };
    const key = (privateKey: string) => ({ ...NO_SECRET, privateKey });
    return {
      ...benchOf(lab, lab[which], async () => {
        await ssh.close();
        await session.close();
      }),
      config: at(ssh.port),
      secret: key(ssh.privateKey),
      secrets: ssh.privateKey.split("\n").filter((line) => line.length > 20 && !line.startsWith("---")),
      unreachable: at(1),
      wrongSecret: key(ssh.strangerKey),
    };
  });
});
