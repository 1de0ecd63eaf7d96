/** The files that disks consist of (VirtualMachineFileLayoutEx): where their bytes lie, and how many there are. */
import { childrenOf, integerAt, sizeAt, textAt } from "../soap/read-value.ts";
import type { XmlNode } from "../soap/xml-node.ts";

export interface DiskFiles {
  /** Bytes that the disk's files take, all of its chain; null = not told. */
  readonly usedBytes: number | null;
  /** Files with the data, that which is written to last, e.g. "[store] vm/vm-flat.vmdk"; none on vSAN and virtual volumes. */
  readonly extents: readonly string[];
}

/** By device key. */
export function diskFilesOf(layout: XmlNode | null | undefined): ReadonlyMap<number, DiskFiles> {
  const files = new Map<number, { name: string; type: string; bytes: number | null }>();
  for (const file of childrenOf(layout, "file")) {
    const key = integerAt(file, "key");
    if (key === null) continue;
    files.set(key, { name: textAt(file, "name") ?? "", type: textAt(file, "type") ?? "", bytes: sizeAt(file, "size") });
  }
  const disks = new Map<number, DiskFiles>();
  for (const disk of childrenOf(layout, "disk")) {
    const key = integerAt(disk, "key");
    if (key === null) continue;
    const keys = new Set(
      childrenOf(disk, "chain").flatMap((link) => childrenOf(link, "fileKey").map((one) => Number(one.text))),
    );
    const own = [...keys].flatMap((fileKey) => files.get(fileKey) ?? []);
    const bytes = own.map((file) => file.bytes);
    const usedBytes =
      bytes.length === 0 || bytes.includes(null) ? null : bytes.reduce<number>((sum, one) => sum + (one ?? 0), 0);
    disks.set(key, {
      usedBytes: usedBytes !== null && Number.isSafeInteger(usedBytes) ? usedBytes : null,
      extents: own
        .filter(({ type, name }) => type === "diskExtent" && !name.startsWith("vsan://"))
        .map(({ name }) => name),
    });
  }
  return disks;
}
