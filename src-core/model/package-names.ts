/** What the files of a package are called: by names that every file system, tar header and URI holds as they are. */

export interface PackageFileNames {
  readonly descriptor: string;
  readonly manifest: string;
  /** In the order of the disks. */
  readonly disks: readonly string[];
}

const MAX_STEM = 60;
/** Windows takes these for devices, whatever their extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** @param machineName any text. Different machines may get one name: each has a folder or an archive of its own */
export function packageFileNames(machineName: string, diskCount: number): PackageFileNames {
  const stem = packageStem(machineName);
  return {
    descriptor: `${stem}.ovf`,
    manifest: `${stem}.mf`,
    disks: Array.from({ length: diskCount }, (_, index) => `${stem}-disk${index + 1}.vmdk`),
  };
}

/** A machine's name as a file name of ASCII letters, digits, ".", "_" and "-": "Büro (alt)" becomes "Buro-alt". */
export function packageStem(machineName: string): string {
  const plain = machineName
    .slice(0, 1024)
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .slice(0, MAX_STEM)
    .replace(/^[-.]+|[-.]+$/g, "");
  if (plain === "") return "machine";
  return DEVICE.test(plain) ? `vm-${plain}` : plain;
}
