/** Writes the descriptor ("Virtual Disk Format 5.0", section "The Descriptor File"); descriptor.ts reads it. */
import { AppError } from "../../../src-core/model/error.ts";
import type { ContentIdentity } from "../block-map/content-identity.ts";
import type { BackingRef } from "../format.ts";
import { NO_PARENT, SECTOR_BYTES } from "./structures.ts";

const MIB_SECTORS = (1024 * 1024) / SECTOR_BYTES;

export interface DescriptorValues {
  readonly createType: string;
  /** Content ID, eight hex digits. */
  readonly cid: string;
  readonly parent: { readonly cid: string; readonly fileNameHint: string } | null;
  readonly capacitySectors: number;
  /** SPARSE, FLAT, VMFS. */
  readonly extentType: string;
  readonly extentFile: string;
}

/** The text, in UTF-8. It follows from the values alone. */
export function descriptorText(values: DescriptorValues): Uint8Array {
  const { createType, cid, parent, capacitySectors, extentType, extentFile } = values;
  const { cylinders, heads, sectors } = geometry(capacitySectors);
  const lines = [
    "# Disk DescriptorFile",
    "version=1",
    'encoding="UTF-8"',
    `CID=${cid}`,
    `parentCID=${parent?.cid ?? NO_PARENT}`,
    `createType="${createType}"`,
    ...(parent ? [`parentFileNameHint="${parent.fileNameHint}"`] : []),
    "",
    "# Extent description",
    `RW ${capacitySectors} ${extentType} "${extentFile}"${extentType === "FLAT" ? " 0" : ""}`,
    "",
    "# The Disk Data Base",
    "#DDB",
    "",
    'ddb.virtualHWVersion = "4"',
    `ddb.geometry.cylinders = "${cylinders}"`,
    `ddb.geometry.heads = "${heads}"`,
    `ddb.geometry.sectors = "${sectors}"`,
    'ddb.adapterType = "lsilogic"',
    "",
  ];
  return new Uint8Array(Buffer.from(lines.join("\n")));
}

/**
 * A file name goes between quotes on one line.
 * @throws AppError target.unsupported where the format has no way to write it
 */
export function assertNameFits(name: string, targetName: string): void {
  const bad = [...name].some((character) => character === '"' || character < " ");
  if (name !== "" && name.length <= 4096 && !bad) return;
  throw new AppError(
    "target.unsupported",
    `${targetName}: a VMDK descriptor cannot name the file ${JSON.stringify(name.slice(0, 100))}`,
    { hint: "Choose a name without quotes and line ends." },
  );
}

/**
 * The content ID that follows from what was written; never the one that means "no parent".
 * @param identity of the whole image, after the last write
 */
export function contentId(identity: ContentIdentity): string {
  const cid = Buffer.from(identity.uuid("CID").subarray(0, 4)).toString("hex");
  return cid === NO_PARENT ? "fffffffe" : cid;
}

/**
 * What the descriptor of a delta says of its parent.
 * @throws AppError target.unsupported where the parent is no VMDK with a content ID
 */
export function parentOf(backing: BackingRef, targetName: string): NonNullable<DescriptorValues["parent"]> {
  const { name, format, mark } = backing;
  if (format !== "vmdk" || mark === null || !/^[0-9a-f]{8}$/.test(mark)) {
    throw new AppError("target.unsupported", `${targetName}: the parent of a VMDK must be a VMDK with a content ID`, {
      details: { file: targetName, parent: name },
    });
  }
  assertNameFits(name, targetName);
  return { cid: mark, fileNameHint: name };
}

/** How the disk shows itself to a BIOS behind the LSI Logic adapter: as VMware's products choose it. */
function geometry(capacitySectors: number) {
  const [heads, sectors] =
    capacitySectors < 1024 * MIB_SECTORS ? [64, 32] : capacitySectors < 2048 * MIB_SECTORS ? [128, 32] : [255, 63];
  return { cylinders: Math.max(1, Math.floor(capacitySectors / (heads * sectors))), heads, sectors };
}
