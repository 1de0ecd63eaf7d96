/** What the tests' guest is made of: Debian's cloud kernel, busybox and the QEMU guest agent; downloaded and unpacked, never installed. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The agent with all that it links to. */
const PACKAGES = [
  "busybox-static",
  "qemu-guest-agent",
  "libc6",
  "libglib2.0-0",
  "libnuma1",
  "libudev1",
  "liburing2",
  "libpcre2-8-0",
];

/**
 * Unpacks all of it below `folder`: 32 MB to download.
 * @returns the kernel's version. @throws Error, loud, with apt's words
 */
export function fetchParts(folder: string): string {
  if (!existsSync("/usr/bin/apt-get") || process.arch !== "x64") {
    throw new Error("NO TINY LINUX GUEST HERE: its kernel is downloaded with Debian's apt-get, for x86-64");
  }
  const downloads = join(folder, "deb");
  mkdirSync(downloads);
  // apt downloads as a user of its own.
  chmodSync(downloads, 0o777);
  let kernel = kernelPackage();
  if (kernel === null && process.getuid?.() === 0) {
    // Nobody fetched the lists here yet.
    run("apt-get", ["-q", "update"], "/");
    kernel = kernelPackage();
  }
  if (kernel === null) throw new Error("NO TINY LINUX GUEST HERE: run apt-get update as an administrator first");
  run("apt-get", ["-q", "download", kernel, ...PACKAGES], downloads);
  for (const name of readdirSync(downloads)) run("dpkg-deb", ["-x", join(downloads, name), folder], folder);
  return kernel.slice("linux-image-".length);
}

/** The package that Debian's newest kernel for clouds is in; null where apt does not know it. */
function kernelPackage(): string | null {
  const said = spawnSync("apt-cache", ["depends", "linux-image-cloud-amd64"], { encoding: "utf8" }).stdout;
  return /Depends: (linux-image-[0-9a-z.+-]+-cloud-amd64)/.exec(said)?.[1] ?? null;
}

/** @throws Error with what the program said */
export function run(program: string, args: readonly string[], cwd: string): string {
  try {
    const env = { ...process.env, LC_ALL: "C", PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
    return execFileSync(program, args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() || String(error);
    throw new Error(`NO TINY LINUX GUEST HERE: ${program} ${args.slice(0, 3).join(" ")}…: ${said}`, { cause: error });
  }
}
