/** The provider keeps what every provider must, on a vCenter and on a host of its own. */
import { startVsphereLab } from "../../../e2e/servers/vsphere-lab.ts";
import { providerConformance } from "../testing/conformance.ts";
import { bytesOf, labConfig, QUICK, secretOf } from "./testing/lab-bench.ts";
import { vsphereWith } from "./vsphere.ts";

const MIB = 1024 * 1024;

for (const esx of [false, true]) {
  providerConformance(vsphereWith(QUICK), async () => {
    const lab = await startVsphereLab({
      esx,
      fill: 60,
      machines: [
        // A stream and ranges in one machine: the first has tracking, sizes that are no multiple of anything.
        {
          name: "conformance & <machine>",
          poweredOn: true,
          tools: true,
          cbt: true,
          disks: [{ capacityBytes: 9 * MIB + 512 }, { capacityBytes: 5 * MIB, controller: "nvme", kind: "rdmVirtual" }],
        },
        { name: "toy", disks: [{ capacityBytes: MIB }] },
      ],
    });
    const [machine, toy] = lab.machines;
    if (machine === undefined || toy === undefined) throw new Error("the lab made no machines");
    const config = labConfig(lab);
    return {
      config,
      secret: secretOf(lab.password),
      secrets: [lab.password],
      machineId: machine.moref,
      truth: async (key, offset, length) => {
        const disk = machine.disks.findIndex((one) => String(one.key) === key);
        return await bytesOf(await lab.diskTruth(machine.moref, disk), offset, length);
      },
      unreachable: { ...config, address: "https://127.0.0.1:1" },
      wrongSecret: secretOf("wrong"),
      addMachine: async (name) => {
        await lab.control.addMachine({ name, disks: [{ capacityBytes: MIB, empty: true }] });
      },
      removeMachine: (name) => lab.control.remove(name),
      toyMachineId: toy.moref,
      close: () => lab.stop(),
    };
  });
}
