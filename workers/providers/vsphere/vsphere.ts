/** The provider of vCenters and ESXi hosts of their own. */
import { AppError } from "../../../src-core/model/error.ts";
import type { Connection, Provider } from "../provider.ts";
import { findLeftovers, removeLeftover } from "./export/leftovers.ts";
import { openExport, removeWhenFree } from "./export/open-export.ts";
import { watchInventory } from "./inventory/watch.ts";
import { makeSnapshot, removeSnapshot, revertSnapshot, switchPower } from "./machine/change-machine.ts";
import { readMachine } from "./machine/read-machine.ts";
import { Session } from "./session.ts";
import { testAccount } from "./test-account.ts";
import { TUNING, type Tuning } from "./tuning.ts";

export const vsphereProvider: Provider = vsphereWith(TUNING);

/** @param tuning shorter times, for tests */
export function vsphereWith(tuning: Tuning): Provider {
  return {
    kind: "vsphere",
    label: "VMware vSphere",
    async connect(config, context) {
      if (context.signal.aborted) throw new AppError("job.canceled");
      return connection(await Session.open(config, context, tuning));
    },
  };
}

function connection(session: Session): Connection {
  const { signal: alive } = session.context;
  const { fullName, version } = session.content;
  return {
    capabilities: { power: true, snapshots: true, quiesce: true, changedBlocks: true, product: fullName, version },
    test: () => testAccount(session, alive),
    inventory: (signal) => watchInventory(session, signal),
    machine: async (id) => (await readMachine(session, id, alive)).detail,
    power: (id, action, signal) => switchPower(session, id, action, signal),
    async createSnapshot(id, options, signal) {
      const made = await makeSnapshot(session, id, options, signal);
      if (!made.stopped) return made.id;
      await removeWhenFree(session, id, made.id);
      throw new AppError("job.canceled");
    },
    removeSnapshot: (id, snapshotId, signal) => removeSnapshot(session, id, snapshotId, signal),
    revertSnapshot: (id, snapshotId, signal) => revertSnapshot(session, id, snapshotId, signal),
    openExport: (id, options, signal) => openExport(session, id, options, signal),
    leftovers: () => findLeftovers(session, alive),
    removeLeftover: (leftover) => removeLeftover(session, leftover),
    close: () => session.close(),
  };
}
