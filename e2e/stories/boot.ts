/** Boots a disk under QEMU and answers all that it printed on its serial port before it turned itself off. */
import { spawn } from "node:child_process";

/** Longest time a machine may take, in milliseconds. */
const BOOT_MS = 60_000;

/** @param driver QEMU's name of the format */
export async function boot(disk: string, driver: string): Promise<{ printed: string; code: number | null }> {
  const drive = ["-drive", `file=${disk},format=${driver},snapshot=on`];
  const machine = ["-accel", "tcg", "-display", "none", "-serial", "stdio", "-no-reboot", "-m", "32", "-nic", "none"];
  const qemu = spawn("qemu-system-x86_64", [...machine, ...drive], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  qemu.stdout.on("data", (bytes: Buffer) => {
    printed += bytes.toString("latin1");
  });
  const limit = setTimeout(() => qemu.kill("SIGKILL"), BOOT_MS);
  const code = await new Promise<number | null>((resolve) => qemu.on("close", resolve));
  clearTimeout(limit);
  return { printed, code };
}
