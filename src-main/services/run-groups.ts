/** Concurrency groups that a run takes a place in, beside the named ones of its schedule. Their limits: settings.groupLimits. */
import { dirname } from "node:path";
import type { MachineDetail } from "../../src-core/model/inventory.ts";

/**
 * Of the export of one machine: machine, host, datastores of the disks that are read, source, and the folder that is written to.
 * @param folder its real path
 */
export function exportGroups(
  sourceId: string,
  machine: Pick<MachineDetail, "id" | "hostId" | "disks">,
  diskKeys: readonly string[],
  folder: string,
): string[] {
  const { id, hostId } = machine;
  const stores = machine.disks.flatMap(({ key, datastore }) =>
    datastore !== null && diskKeys.includes(key) ? [datastore] : [],
  );
  return [
    `machine:${sourceId}/${id}`,
    ...(hostId === null ? [] : [`host:${sourceId}/${hostId}`]),
    ...[...new Set(stores)].map((name) => `datastore:${sourceId}/${name}`),
    `source:${sourceId}`,
    `target:${folder}`,
  ];
}

/** Of what writes these files: their folders. @param paths real ones */
export function targetGroups(paths: readonly string[]): string[] {
  return [...new Set(paths.map((path) => `target:${dirname(path)}`))];
}
