/**
 * A folder of many small machines for tests of the pages and of the scan: real descriptions, real (empty or nearly empty) disks,
 * names and sizes that differ. Thousands take a few seconds.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { writeStreamOptimized } from "./stream-optimized.ts";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const SYSTEMS = ["debian12-64", "ubuntu-64", "windows2022srvNext-64", "rhel9-64", "freebsd14-64"];
const ROLES = ["web", "db", "mail", "build", "files", "proxy", "queue"];
/** Machines of one folder of the library. */
const PER_FOLDER = 250;

export interface MadeLibrary {
  readonly machines: number;
  readonly bareDisks: number;
}

/**
 * Fills `folder` with `count` entries: of every ten, six VMware machines, and four bare qcow2 disks.
 * Entry n is called `<role>-<n in five digits>`.
 */
export function makeLibrary(folder: string, count: number): MadeLibrary {
  let machines = 0;
  let bareDisks = 0;
  for (let n = 1; n <= count; n += 1) {
    const group = join(folder, `rack-${String(Math.floor((n - 1) / PER_FOLDER) + 1).padStart(2, "0")}`);
    if ((n - 1) % PER_FOLDER === 0) mkdirSync(group, { recursive: true });
    const name = `${ROLES[n % ROLES.length]}-${String(n).padStart(5, "0")}`;
    const sizeBytes = (1 + (n % 40)) * GiB;
    if (n % 10 < 6) {
      makeMachine(join(group, name), name, n, sizeBytes);
      machines += 1;
    } else {
      writeEmptyQcow2(join(group, `${name}.qcow2`), sizeBytes);
      bareDisks += 1;
    }
  }
  return { machines, bareDisks };
}

function makeMachine(folder: string, name: string, n: number, sizeBytes: number): void {
  mkdirSync(folder);
  writeStreamOptimized(join(folder, `${name}.vmdk`), { virtualSizeBytes: sizeBytes, grain: () => null });
  const lines = [
    '.encoding = "UTF-8"',
    'config.version = "8"',
    'virtualHW.version = "13"',
    `displayName = "${name}"`,
    `guestOS = "${SYSTEMS[n % SYSTEMS.length]}"`,
    `memsize = "${512 * (1 + (n % 16))}"`,
    `numvcpus = "${1 + (n % 8)}"`,
    `firmware = "${n % 3 === 0 ? "efi" : "bios"}"`,
    'scsi0.present = "TRUE"',
    'scsi0:0.present = "TRUE"',
    `scsi0:0.fileName = "${name}.vmdk"`,
  ];
  writeFileSync(join(folder, `${name}.vmx`), `${lines.join("\n")}\n`);
}

/**
 * A qcow2 v3 image of which nothing is allocated: header, refcount table, one refcount block and an empty L1 table, each in its
 * own cluster of 64 KiB; only the pieces that are not zero are written.
 */
export function writeEmptyQcow2(path: string, virtualSizeBytes: number): void {
  const cluster = 64 * 1024;
  const l1Entries = Math.ceil(virtualSizeBytes / (cluster * (cluster / 8)));
  if (l1Entries > cluster / 8) throw new RangeError(`${virtualSizeBytes} bytes need more than one cluster of L1 table`);
  const header = Buffer.alloc(112);
  header.write("QFI\u00fb", 0, "latin1");
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(16, 20); // cluster_bits
  header.writeBigUInt64BE(BigInt(virtualSizeBytes), 24);
  header.writeUInt32BE(l1Entries, 36);
  header.writeBigUInt64BE(BigInt(3 * cluster), 40); // l1_table_offset
  header.writeBigUInt64BE(BigInt(cluster), 48); // refcount_table_offset
  header.writeUInt32BE(1, 56); // refcount_table_clusters
  header.writeUInt32BE(4, 96); // refcount_order: 16 bits
  header.writeUInt32BE(104, 100); // header_length; the extension list behind it is empty
  const refcountTable = Buffer.alloc(8);
  refcountTable.writeBigUInt64BE(BigInt(2 * cluster));
  const refcounts = Buffer.alloc(8);
  for (let used = 0; used < 4; used += 1) refcounts.writeUInt16BE(1, used * 2);
  const fd = openSync(path, "wx");
  try {
    ftruncateSync(fd, 4 * cluster);
    writeSync(fd, header, 0, header.length, 0);
    writeSync(fd, refcountTable, 0, refcountTable.length, cluster);
    writeSync(fd, refcounts, 0, refcounts.length, 2 * cluster);
  } finally {
    closeSync(fd);
  }
}
