/**
 * Words that specs, options and messages choose from, without their schemas: what starts often (the command line, the threads of
 * the engine) needs the words and loads no schema for them.
 */

/** Disk formats the engine knows. `workers/formats/registry.ts` must hold exactly these. */
export const FORMAT_IDS = ["raw", "vmdk", "qcow2", "vhd", "vhdx", "vdi"] as const;

/** Kinds of sources. `workers/providers/registry.ts` holds a provider for each that this program can read. */
export const SOURCE_KINDS = ["vsphere", "libvirt", "local"] as const;

/** How a target's allocation units can be stored. */
export const COMPRESSION_METHODS = ["none", "zlib", "zstd"] as const;

/** layer: what this file says, a hole is what it leaves to its parent; guest: through the whole chain. */
export const DISK_VIEWS = ["layer", "guest"] as const;

/** As the source of a conversion: standard input of the process. Only the command line asks for it; no file has this absolute path. */
export const STANDARD_INPUT = "-";

/** The word of the list that `text` is, or null. */
export function wordOf<const T extends string>(words: readonly T[], text: string | undefined): T | null {
  return words.find((word) => word === text) ?? null;
}
