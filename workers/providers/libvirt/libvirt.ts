/**
 * QEMU/KVM machines by libvirt: on this computer, or on a host behind SSH. The protocol is spoken by ourselves (rpc/); running machines
 * are read by backup jobs (export-running.ts), others by their files (export-off.ts).
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { Capabilities } from "../../../src-core/model/source.ts";
import type { Connection, ExportOptions, Provider, ProviderContext } from "../provider.ts";
import { checkDaemon } from "./checks.ts";
import { type Daemon, findDomain, openDaemon } from "./daemon.ts";
import { exportOff } from "./export-off.ts";
import { exportRunning } from "./export-running.ts";
import { watchInventory } from "./inventory.ts";
import { findLeftovers, removeLeftover } from "./leftovers.ts";
import { canBackUp, type DetailedMachine, readDetail } from "./machine-detail.ts";
import { dataDisks } from "./machine-row.ts";
import { readPlaces } from "./places.ts";
import { createSnapshot, removeSnapshot, revertSnapshot, switchPower } from "./power.ts";

export const libvirtProvider: Provider = {
  kind: "libvirt",
  label: "QEMU/KVM by libvirt",
  async connect(config, context) {
    const daemon = await openDaemon(config, context);
    return connectionOf(daemon, context);
  },
};

function connectionOf(daemon: Daemon, context: ProviderContext): Connection {
  const capabilities: Capabilities = {
    power: true,
    snapshots: true,
    quiesce: true,
    changedBlocks: canBackUp(daemon.libvirtVersion),
    product: "libvirt/QEMU",
    version: `libvirt ${daemon.libvirtVersion}, QEMU ${daemon.qemuVersion}`,
  };
  const end = () => daemon.close();
  context.signal.addEventListener("abort", end, { once: true });
  async function read(id: string): Promise<DetailedMachine & { places: Awaited<ReturnType<typeof readPlaces>> }> {
    const ref = await findDomain(daemon.machines, id);
    const places = await readPlaces(daemon);
    return { ...(await readDetail(daemon, ref, places.pools)), places };
  }
  return {
    capabilities,
    test: () => checkDaemon(daemon),
    inventory: (signal) => watchInventory(daemon, signal, context.sleep),
    machine: async (id) => (await read(id)).detail,
    power: (id, action, signal) => switchPower(daemon, id, action, signal),
    createSnapshot: (id, options, signal) => createSnapshot(daemon, id, options, signal),
    removeSnapshot: (id, name, signal) => removeSnapshot(daemon, id, name, signal),
    revertSnapshot: (id, name, signal) => revertSnapshot(daemon, id, name, signal),
    async openExport(id, options, signal) {
      if (signal.aborted) throw new AppError("job.canceled");
      const { read: machine, detail, places } = await read(id);
      const { targets, warnings } = chosenDisks({ read: machine, detail }, options);
      return machine.power === "off"
        ? exportOff(daemon, machine, detail, targets, warnings, options, places.pools)
        : exportRunning(daemon, machine, detail, targets, warnings, options, signal);
    },
    leftovers: () => findLeftovers(daemon),
    removeLeftover: (leftover) => removeLeftover(daemon, leftover),
    async close() {
      context.signal.removeEventListener("abort", end);
      daemon.close();
    },
  };
}

/** Targets of the disks to read. @throws AppError source.refused when nothing is left, or the machine as a whole cannot be exported */
function chosenDisks({ read, detail }: DetailedMachine, { diskKeys }: ExportOptions) {
  const blocking = detail.obstacles.filter(({ severity }) => severity === "blocking");
  const whole = blocking.find(({ diskKey }) => diskKey === null);
  if (whole !== undefined && whole.code !== "machine.job") {
    throw new AppError("source.refused", `${detail.name}: ${whole.message}`, { hint: whole.remedy });
  }
  const warnings: string[] = [];
  const targets: string[] = [];
  for (const { target } of dataDisks(read.xml)) {
    if (diskKeys !== null && !diskKeys.includes(target)) continue;
    const obstacle = blocking.find(({ diskKey }) => diskKey === target);
    if (obstacle === undefined) targets.push(target);
    else warnings.push(`${target} is left out: ${obstacle.message}`);
  }
  if (targets.length === 0)
    throw new AppError("source.refused", `${detail.name}: no disk can be exported. ${warnings.join(" ")}`);
  return { targets, warnings };
}
