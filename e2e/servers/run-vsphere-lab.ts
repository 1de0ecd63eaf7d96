/** Starts a lab vCenter by hand: `node e2e/servers/run-vsphere-lab.ts [--esx] [--fill N] [--verbose]`; Ctrl-C ends it. */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { startVsphereLab } from "./vsphere-lab.ts";

const MIB = 2 ** 20;
const { values } = parseArgs({
  options: { esx: { type: "boolean" }, fill: { type: "string" }, verbose: { type: "boolean" } },
});
const lab = await startVsphereLab({
  esx: values.esx ?? false,
  fill: Number(values.fill ?? 0),
  verbose: values.verbose ?? false,
  machines: [
    {
      name: "web 1",
      guestId: "ubuntu64Guest",
      poweredOn: true,
      tools: true,
      cbt: true,
      disks: [
        { capacityBytes: 40 * MIB + 512, stamp: 1 },
        { capacityBytes: 9 * MIB + 1536, stamp: 2 },
      ],
    },
    { name: "db", guestId: "rhel8_64Guest", firmware: "efi", disks: [{ capacityBytes: 64 * MIB, stamp: 3 }] },
    { name: "with a LUN", disks: [{ capacityBytes: MIB, kind: "rdmPhysical", mode: "independent_persistent" }] },
  ],
});
const { control: _, stop: __, diskTruth: ___, ...facts } = lab;
console.log(JSON.stringify(facts, null, 2));
await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
await lab.stop();
