/** qemu-nbd on a unix socket, for tests and measurements. */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { answers } from "../../testing/answers.ts";

/** Serves `file` read-only until `stop`. @param more further arguments */
export async function startQemuNbd(
  socket: string,
  file: string,
  format: string,
  more: readonly string[] = [],
): Promise<{ readonly process: ChildProcess; stop(): Promise<void> }> {
  const args = ["-r", "-t", "-e", "16", "-k", socket, "-f", format, ...more, file];
  const child = spawn("qemu-nbd", args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const closed = new Promise<void>((resolve, reject) => child.once("error", reject).once("close", () => resolve()));
  closed.catch(() => {});
  for (let tries = 0; !(await answers(socket)); tries++) {
    if (child.exitCode !== null || tries > 500) throw new Error(`qemu-nbd does not come up: ${said}`);
    await Promise.race([sleep(20), closed]);
  }
  return {
    process: child,
    async stop() {
      // It forgets a SIGTERM that comes before its loop begins, and only reads: nothing is lost.
      child.kill("SIGKILL");
      await closed;
    },
  };
}
