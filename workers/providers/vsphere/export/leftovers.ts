/** Snapshots that exports left behind: found by our mark in their name. */
import type { Leftover } from "../../../../src-core/model/source.ts";
import { createContainerView, destroyView, retrieve, viewStart } from "../calls/properties.ts";
import { shownName } from "../inventory/place-tree.ts";
import { snapshotsOf } from "../machine/snapshot-tree.ts";
import type { Session } from "../session.ts";
import { removeWhenFree } from "./open-export.ts";

const MARK = /^hypersdk-[\w.:-]+$/;
const KIND = "snapshot";

/** @throws AppError source.lost, source.auth … */
export async function findLeftovers(session: Session, signal: AbortSignal): Promise<Leftover[]> {
  const view = await createContainerView(session, ["VirtualMachine"], signal);
  const found: Leftover[] = [];
  try {
    const wanted = [{ type: "VirtualMachine", paths: ["name", "snapshot"] }];
    for await (const objects of retrieve(session, wanted, [viewStart(view)], signal)) {
      for (const { object, properties } of objects) {
        for (const { id, name, description, createdAt } of snapshotsOf(properties.get("snapshot"))) {
          if (!MARK.test(name)) continue;
          const machineName = shownName(properties.get("name")?.text ?? "");
          found.push({ id, machineId: object.id, machineName, kind: KIND, description, createdAt, mark: name });
        }
      }
    }
  } finally {
    await destroyView(session, view, signal).catch(() => {});
  }
  return found;
}

/** @throws AppError source.privilege, source.refused, source.lost */
export async function removeLeftover(session: Session, { machineId, id }: Leftover): Promise<void> {
  await removeWhenFree(session, machineId, id);
}
