/** Descriptor and manifest of a package, from its plan and its finished disks. */
import { AppError } from "../../src-core/model/error.ts";
import type { PackageFileNames } from "../../src-core/model/package-names.ts";
import { writeOvf } from "./ovf-writer.ts";
import { DIGEST_DIGITS, packageManifest } from "./package-manifest.ts";
import { type PackagedDisk, type PackageFile, type PackagePlan, packageFile } from "./package-writer.ts";

export interface PackageContent {
  readonly descriptor: Uint8Array;
  readonly manifest: Uint8Array;
  /** In the order of the package. */
  readonly files: readonly PackageFile[];
  readonly warnings: readonly string[];
}

/**
 * @param finished in any order
 * @param descriptorBytes length that the descriptor is filled up to, by spaces behind it, which XML allows; null = as it is
 * @throws AppError internal.bug while a disk of the plan is missing
 */
export function packageContent(
  plan: PackagePlan,
  names: PackageFileNames,
  finished: readonly PackagedDisk[],
  descriptorBytes: number | null,
): PackageContent {
  const disks = plan.disks.map(({ key, virtualSizeBytes }) => {
    const disk = finished.find((one) => one.key === key);
    if (disk === undefined) throw new AppError("internal.bug", `disk ${key} is not complete yet`);
    return { ...disk, capacityBytes: virtualSizeBytes, populatedBytes: disk.writtenBytes };
  });
  const { xml, warnings } = writeOvf(plan.machine, disks, plan);
  const text = Buffer.from(xml);
  const descriptor = Buffer.alloc(descriptorBytes ?? text.length, " ");
  if (text.length > descriptor.length) {
    throw new AppError("internal.bug", `a descriptor of ${text.length} bytes does not fit into ${descriptor.length}`);
  }
  descriptor.set(text);
  if (text.length < descriptor.length) descriptor.write("\n", descriptor.length - 1);
  const { digest } = plan;
  const first = packageFile(names.descriptor, descriptor, digest);
  const rest = disks.map(({ fileName, fileSizeBytes, sha256, manifestSum }) => ({
    name: fileName,
    sizeBytes: fileSizeBytes,
    sha256,
    manifestSum,
  }));
  const manifest = Buffer.from(packageManifest(digest, [first, ...rest]));
  const files = [first, packageFile(names.manifest, manifest, digest), ...rest];
  return { descriptor, manifest, files: files.map(({ manifestSum: _, ...file }) => file), warnings };
}

/** How long descriptor and manifest can become at most: numbers of bytes have 16 digits below 2^53, a digest's sums one length. */
export function contentLimits(
  plan: PackagePlan,
  names: PackageFileNames,
): { readonly descriptorBytes: number; readonly manifestBytes: number } {
  const finished = plan.disks.map(({ key }, index) => ({
    key,
    fileName: names.disks[index] ?? "",
    fileSizeBytes: Number.MAX_SAFE_INTEGER,
    writtenBytes: Number.MAX_SAFE_INTEGER,
    sha256: "0".repeat(DIGEST_DIGITS.sha256),
    manifestSum: "0".repeat(DIGEST_DIGITS[plan.digest]),
  }));
  const { descriptor, manifest } = packageContent(plan, names, finished, null);
  return { descriptorBytes: descriptor.length, manifestBytes: manifest.length };
}
