/**
 * A Linux of about 30 MiB that boots from its own disk under QEMU's TCG in a few seconds: BIOS, syslinux on FAT, Debian's cloud
 * kernel, busybox. Once up it says MARKER on its first serial port and never writes to the disk it came from. With a second disk, an
 * ext4, it writes lines to `log` there without end; with a port for the guest agent it runs the agent.
 */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildOnce } from "../build-once.ts";
import { type ArchiveEntry, cpioArchive } from "./cpio.ts";
import { fetchParts, run } from "./parts.ts";

/** What the guest says on its serial port once it is up. */
export const MARKER = "HYPERSDK-GUEST-UP";

const MiB = 1024 * 1024;
const DISK_BYTES = 40 * MiB;
/** Where its one partition begins. */
const PARTITION_BYTES = MiB;
const MBR = "/usr/lib/syslinux/mbr/mbr.bin";
const DRIVERS = [
  "virtio/virtio_ring",
  "virtio/virtio",
  "virtio/virtio_pci_legacy_dev",
  "virtio/virtio_pci_modern_dev",
  "virtio/virtio_pci",
  "block/virtio_blk",
  "char/virtio_console",
];
/** What qemu-ga links to. */
const LIBRARIES = [
  "libudev.so.1",
  "libnuma.so.1",
  "liburing.so.2",
  "libglib-2.0.so.0",
  "libgmodule-2.0.so.0",
  "libm.so.6",
  "libc.so.6",
  "libpcre2-8.so.0",
];
const SYSLINUX = `serial 0 115200
default linux
label linux
  kernel vmlinuz
  initrd initrd.gz
  append console=ttyS0,115200 quiet panic=-1 no_timer_check random.trust_cpu=on
`;

/** The raw disk, made when it never was (half a minute, 32 MB to download); to be copied. @throws Error, loud, that names what is missing */
export async function tinyLinuxDisk(): Promise<string> {
  for (const [sign, name] of [
    [MBR, "syslinux-common"],
    ["/usr/bin/syslinux", "syslinux"],
    ["/usr/bin/mcopy", "mtools"],
    ["/usr/sbin/mkfs.vfat", "dosfstools"],
  ] as const) {
    if (!existsSync(sign)) throw new Error(`NO TINY LINUX GUEST HERE: apt-get install ${name}`);
  }
  const hash = createHash("sha256");
  for (const name of ["init", "boot-disk.ts", "cpio.ts", "parts.ts"])
    hash.update(readFileSync(join(import.meta.dirname, name)));
  return buildOnce("tiny-linux", hash.digest("hex").slice(0, 24), build);
}

async function build(draft: string, cache: string): Promise<void> {
  const folder = mkdtempSync(join(cache, "parts-"));
  try {
    const version = fetchParts(folder);
    const file = (name: string) => join(folder, name);
    copyFileSync(file(`boot/vmlinuz-${version}`), file("vmlinuz"));
    writeFileSync(file("initrd.gz"), gzipSync(initramfs(folder, version)));
    writeFileSync(file("syslinux.cfg"), SYSLINUX);
    writeDisk(draft, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function initramfs(folder: string, version: string): Buffer {
  const folders = [
    "bin",
    "dev",
    "etc",
    "proc",
    "sys",
    "run",
    "tmp",
    "var",
    "var/log",
    "var/run",
    "data",
    "mod",
    "lib",
    "lib64",
  ];
  const content = (path: string) => readFileSync(realpathSync(join(folder, path)));
  const program = (path: string, from: string): ArchiveEntry => ({ path, mode: 0o100755, content: content(from) });
  const library = (name: string) =>
    existsSync(join(folder, "usr/lib/x86_64-linux-gnu", name))
      ? `usr/lib/x86_64-linux-gnu/${name}`
      : `lib/x86_64-linux-gnu/${name}`;
  return cpioArchive([
    ...folders.map((path) => ({ path, mode: 0o40755, content: Buffer.alloc(0) })),
    { path: "init", mode: 0o100755, content: readFileSync(join(import.meta.dirname, "init")) },
    program("bin/busybox", "bin/busybox"),
    program("bin/qemu-ga", "usr/sbin/qemu-ga"),
    program("lib64/ld-linux-x86-64.so.2", "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
    ...LIBRARIES.map((name) => program(`lib/${name}`, library(name))),
    ...DRIVERS.map((path) =>
      program(`mod/${path.split("/").at(-1)}.ko`, `lib/modules/${version}/kernel/drivers/${path}.ko`),
    ),
  ]);
}

/** One active FAT partition with syslinux and what it starts. */
function writeDisk(path: string, folder: string): void {
  writeFileSync(path, masterBootRecord());
  truncateSync(path, DISK_BYTES);
  const sectors = (DISK_BYTES - PARTITION_BYTES) / 512;
  run(
    "mkfs.vfat",
    ["--offset", String(PARTITION_BYTES / 512), "-h", String(PARTITION_BYTES / 512), path, String(sectors / 2)],
    folder,
  );
  run("syslinux", ["--install", "--offset", String(PARTITION_BYTES), path], folder);
  const image = `${path}@@${PARTITION_BYTES}`;
  run("mcopy", ["-i", image, "vmlinuz", "initrd.gz", "syslinux.cfg", "::"], folder);
}

function masterBootRecord(): Buffer {
  const sector = Buffer.alloc(512);
  readFileSync(MBR).copy(sector, 0, 0, 440);
  // Active, type 0x0e (FAT16, LBA); heads and cylinders are not looked at.
  Buffer.from([0x80, 0xfe, 0xff, 0xff, 0x0e, 0xfe, 0xff, 0xff]).copy(sector, 446);
  sector.writeUInt32LE(PARTITION_BYTES / 512, 454);
  sector.writeUInt32LE((DISK_BYTES - PARTITION_BYTES) / 512, 458);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}
