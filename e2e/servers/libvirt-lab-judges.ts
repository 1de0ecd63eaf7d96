/** What tells whether a copy of a lab machine's disk is right: it boots; its log is one instant of the guest's. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saysMarker } from "./libvirt-lab.ts";
import { run } from "./tiny-linux/parts.ts";

/**
 * Starts a copy of a vda under QEMU (TCG, the copy is not written) and waits for the guest's marker on its serial port.
 * @param format as QEMU calls it @throws Error with what the guest or QEMU said
 */
export async function bootsToMarker(
  disk: string,
  format: "raw" | "qcow2" | "vmdk" | "vdi" | "vpc" | "vhdx",
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "boot-"));
  const serial = join(folder, "serial");
  const child = spawn(
    "qemu-system-x86_64",
    ["-M", "q35,accel=tcg", "-m", "160", "-nodefaults", "-display", "none", "-no-reboot", "-snapshot"].concat([
      "-serial",
      `file:${serial}`,
      "-drive",
      `file=${disk.replaceAll(",", ",,")},format=${format},if=virtio`,
    ]),
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
  });
  const killed = () => child.kill("SIGKILL");
  process.once("exit", killed);
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    // What the guest said last tells why it gave up (-no-reboot): a panic ends QEMU without a word.
    const last = () => (existsSync(serial) ? readFileSync(serial, "utf8").slice(-2000) : "");
    child.once("close", () => reject(new Error(`QEMU with ${disk} ended: ${said}\n${last()}`)));
  });
  ended.catch(() => {});
  try {
    await Promise.race([saysMarker(serial, () => `the guest on ${disk}`), ended]);
  } finally {
    process.off("exit", killed);
    const gone = new Promise((resolve) => child.once("close", resolve));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface GuestLog {
  /** Lines, numbered 1, 2, 3 … without a gap. */
  readonly lines: number;
  /** The file system was held still when it was copied: nothing is left to be played back from its journal. */
  readonly quiesced: boolean;
}

/**
 * Looks into a copy of lab-running's vdb: repairs a copy of it as a guest would that starts after a power cut, and reads the log.
 * @param format as QEMU calls it @throws Error where the file system is damaged beyond its journal, or lines are missing
 */
export function readLog(disk: string, format: string): GuestLog {
  const folder = mkdtempSync(join(tmpdir(), "log-"));
  const raw = join(folder, "disk.raw");
  const log = join(folder, "log");
  try {
    run("qemu-img", ["convert", "-f", format, "-O", "raw", disk, raw], folder);
    const quiesced = !/features:.*needs_recovery/.test(run("dumpe2fs", ["-h", raw], folder));
    if (!quiesced) run("e2fsck", ["-p", "-E", "journal_only", raw], folder);
    // Without -p: what a journal cannot mend is damage.
    run("e2fsck", ["-f", "-n", raw], folder);
    run("debugfs", ["-R", `dump log ${log}`, raw], folder);
    if (!existsSync(log)) throw new Error(`${disk} has no log`);
    const lines = readFileSync(log, "latin1").split("\n").slice(0, -1);
    // The last may have been begun before its data was on the disk.
    const gap = lines.findIndex((line, index) => line !== `line ${index + 1}`);
    if (gap !== -1 && gap < lines.length - 1)
      throw new Error(`${disk}: line ${gap + 1} is "${lines[gap]?.slice(0, 80)}"`);
    return { lines: gap === -1 ? lines.length : gap, quiesced };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
