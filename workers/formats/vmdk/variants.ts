/** The kinds of VMDK that are written, with what can be chosen about each. */
import type { TargetVariant } from "../../../src-core/model/target.ts";
import { PLAIN_VARIANT } from "../format.ts";

const KIB = 1024;

/** The usual one first. */
export const VARIANTS: TargetVariant[] = [
  {
    ...PLAIN_VARIANT,
    id: "monolithicSparse",
    label: "One growing file",
    // The specification wants more than 4 KiB.
    blockBytes: { choices: [8, 16, 32, 64, 128, 256, 512, 1024].map((kib) => kib * KIB), usual: 64 * KIB },
    backing: true,
  },
  {
    ...PLAIN_VARIANT,
    id: "streamOptimized",
    label: "Compressed, for import and OVA",
    compression: [{ method: "zlib", levels: { min: 1, max: 9, usual: 6 } }],
  },
  { ...PLAIN_VARIANT, id: "monolithicFlat", label: "Descriptor and flat data, for Workstation" },
  { ...PLAIN_VARIANT, id: "vmfs", label: "Descriptor and flat data, for ESXi" },
];

/** Whose data is a file of its own. */
export const FLAT_VARIANTS: ReadonlySet<string> = new Set(["monolithicFlat", "vmfs"]);

/** The name of the file with the data of a flat disk whose descriptor is called `name`. */
export function flatNameOf(name: string): string {
  return `${name.replace(/\.vmdk$/i, "")}-flat.vmdk`;
}
