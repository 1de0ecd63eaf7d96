/** The snapshots of a machine (VirtualMachineSnapshotInfo), as a list. */
import type { MachineSnapshot } from "../../../../src-core/model/inventory.ts";
import { clip, INVENTORY_COUNT, INVENTORY_TEXT } from "../../../../src-core/model/inventory-limits.ts";
import { childrenOf, instantAt, refAt, textAt } from "../soap/read-value.ts";
import type { XmlNode } from "../soap/xml-node.ts";

/** Parents before children; no more than an inventory may hold, none twice. */
export function snapshotsOf(info: XmlNode | null | undefined): MachineSnapshot[] {
  const current = refAt(info, "currentSnapshot")?.id ?? null;
  const found = new Map<string, MachineSnapshot>();
  let level = childrenOf(info, "rootSnapshotList").map((node) => ({ node, parentId: null as string | null }));
  while (level.length > 0) {
    const next: typeof level = [];
    for (const { node, parentId } of level) {
      const id = refAt(node, "snapshot")?.id;
      if (id === undefined || found.has(id)) continue;
      if (found.size >= INVENTORY_COUNT.snapshots) return [...found.values()];
      found.set(id, {
        id,
        parentId,
        name: clip(textAt(node, "name") ?? "", INVENTORY_TEXT.name),
        description: clip(textAt(node, "description") ?? "", INVENTORY_TEXT.value),
        createdAt: instantAt(node, "createTime"),
        current: id === current,
      });
      next.push(...childrenOf(node, "childSnapshotList").map((child) => ({ node: child, parentId: id })));
    }
    level = next;
  }
  return [...found.values()];
}

/** How many, without keeping what they are. */
export function countSnapshots(info: XmlNode | null | undefined): number {
  let count = 0;
  const open = childrenOf(info, "rootSnapshotList");
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    count++;
    open.push(...childrenOf(node, "childSnapshotList"));
  }
  return count;
}
