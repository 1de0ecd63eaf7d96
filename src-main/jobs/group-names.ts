/** Concurrency groups in words for people: "machine web01" rather than the ids that a source gave. */
import { inventoryName } from "../db/inventory.ts";
import type { Db } from "../db/open.ts";
import { storedSource } from "../db/sources.ts";

/** @param group as in NewRun.groups */
export function groupName(db: Db, group: string): string {
  const colon = group.indexOf(":");
  const [kind, rest] = [group.slice(0, colon), group.slice(colon + 1)];
  const slash = rest.indexOf("/");
  const [sourceId, id] = [rest.slice(0, slash), rest.slice(slash + 1)];
  switch (kind) {
    case "machine":
    case "host":
    case "datastore":
      return `${kind} ${inventoryName(db, sourceId, id) ?? id}`;
    case "source":
      return `source ${storedSource(db, rest)?.name ?? rest}`;
    case "target":
      return `folder ${rest}`;
    default:
      return `group ${group}`;
  }
}
