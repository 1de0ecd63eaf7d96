/**
 * Installs what the tests need from Debian: the oracle (qemu-img), the browser and its display, a machine to boot a disk in,
 * and a file-system maker. Run by `npm test`; harmless to run again.
 *
 * As root on Debian or a system made from it the missing packages are installed. Elsewhere it says what is missing and what
 * will fail because of it; with CI=true that is an error, because a gate that tests less than it says is none.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

interface Need {
  readonly package: string;
  /** A program on PATH, or an absolute file, whose presence says that the package is there. */
  readonly sign: string;
  readonly for: string;
}

const NEEDS: readonly Need[] = [
  { package: "qemu-utils", sign: "qemu-img", for: "comparing every conversion with qemu-img" },
  {
    package: "libvhdi-utils",
    sign: "vhdiinfo",
    for: "a second opinion on VHD and VHDX files, and on sectors of 4 KiB, which qemu-img refuses",
  },
  { package: "qemu-system-x86", sign: "qemu-system-x86_64", for: "booting the sample disk" },
  {
    package: "python3-libvmdk",
    sign: "/usr/share/doc/python3-libvmdk",
    for: "a second opinion on VMDKs, by a reader that knows the kinds qemu-img does not write",
  },
  { package: "libnbd-bin", sign: "nbdcopy", for: "measuring our NBD reader beside nbdcopy" },
  { package: "libvirt-daemon-system", sign: "libvirtd", for: "exporting machines from a real libvirt" },
  {
    package: "libvirt-daemon-driver-qemu",
    sign: "/usr/share/doc/libvirt-daemon-driver-qemu",
    for: "the QEMU machines of that libvirt",
  },
  { package: "libvirt-clients", sign: "virsh", for: "a second opinion on what libvirt says" },
  { package: "openssh-server", sign: "sshd", for: "libvirt hosts that are reached through SSH" },
  { package: "procps", sign: "pgrep", for: "seeing that nothing runs on after an export was killed" },
  { package: "syslinux", sign: "syslinux", for: "the tiny Linux guest of the libvirt lab" },
  {
    package: "syslinux-common",
    sign: "/usr/lib/syslinux/mbr/mbr.bin",
    for: "the tiny Linux guest of the libvirt lab: its boot sector",
  },
  { package: "mtools", sign: "mcopy", for: "the tiny Linux guest of the libvirt lab: putting files onto its disk" },
  { package: "dosfstools", sign: "mkfs.vfat", for: "the tiny Linux guest of the libvirt lab: its file system" },
  { package: "e2fsprogs", sign: "mke2fs", for: "making file systems to convert" },
  { package: "libxml2-utils", sign: "xmllint", for: "a second opinion on OVF descriptors" },
  { package: "libarchive-tools", sign: "bsdtar", for: "a second opinion on OVAs" },
  { package: "time", sign: "time", for: "processor time and memory of the programs that are measured" },
  { package: "chromium", sign: "chromium", for: "the user stories in a browser window" },
  { package: "xvfb", sign: "Xvfb", for: "a display for the browser" },
  { package: "xauth", sign: "xauth", for: "a display for the browser" },
  { package: "golang-go", sign: "go", for: "building the lab vCenter" },
  {
    package: "golang-github-vmware-govmomi-dev",
    sign: "/usr/share/gocode/src/github.com/vmware/govmomi/simulator",
    for: "the lab vCenter: the simulator it is made of",
  },
  {
    package: "python3-pyvmomi",
    sign: "/usr/lib/python3/dist-packages/pyVmomi",
    for: "checking the lab vCenter with VMware's own client",
  },
  { package: "nbdkit", sign: "nbdkit", for: "checking the lab vCenter's disk files with a reader that is not ours" },
  { package: "openssl", sign: "openssl", for: "certificates of the port's tests" },
  { package: "curl", sign: "curl", for: "running the README's REST examples" },
  {
    package: "fonts-dejavu-core",
    sign: "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    for: "text in screenshots",
  },
];

/** Debian keeps administrators' programs (mke2fs) off a normal user's PATH. */
const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];

function present({ sign }: Need): boolean {
  if (sign.startsWith("/")) return existsSync(sign);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, sign), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs a command with its output shown. True when it ended well. */
function run(command: string, args: readonly string[]): boolean {
  console.log(`setup: ${command} ${args.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"], env }).status === 0;
}

/** Why apt-get cannot be used here; null when it can. */
function obstacle(): string | null {
  if (!existsSync("/usr/bin/apt-get")) return "this is not Debian";
  return process.getuid?.() === 0 ? null : "not running as root";
}

/** Installs the packages with apt-get, or says why it cannot. */
function install(needs: readonly Need[]): void {
  const why = obstacle();
  if (why !== null) {
    console.log(`setup: ${why}, so nothing is installed.`);
    return;
  }
  if (!run("apt-get", ["update"])) console.log("setup: apt-get update failed; trying with the lists that are there.");
  run("apt-get", ["install", "-y", "--no-install-recommends", ...needs.map((need) => need.package)]);
}

const missing = NEEDS.filter((need) => !present(need));
if (missing.length === 0) {
  console.log(`setup: all ${NEEDS.length} Debian packages the tests need are here.`);
} else {
  console.log(`setup: missing: ${missing.map((need) => need.package).join(" ")}`);
  install(missing);
  const still = missing.filter((need) => !present(need));
  for (const need of missing.filter((each) => !still.includes(each))) console.log(`setup: installed ${need.package}`);
  if (still.length > 0) {
    console.error("\nsetup: THESE ARE STILL MISSING, and the tests that use them will fail:");
    for (const need of still) console.error(`  ${need.package.padEnd(18)} for ${need.for}`);
    console.error(`\nAs an administrator: apt-get install ${still.map((need) => need.package).join(" ")}\n`);
    if (process.env.CI === "true") process.exitCode = 1;
  }
}
