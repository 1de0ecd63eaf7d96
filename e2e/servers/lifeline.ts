/** Ends what a test started also when the test itself is killed: a shell that waits for the other end of its pipe to close. */
import { spawn } from "node:child_process";

/**
 * @param script shell lines for when this process died without `release`; quote what is put into them
 * @returns `release`: all was ended properly, nothing is to be done
 */
export function lifeline(script: string): { release(): void } {
  // In a group of its own: Ctrl-C in a terminal would end it together with what it waits for.
  const shell = spawn("sh", ["-c", `cat >/dev/null; ${script}`], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.unref();
  // A broken pipe is no news: then there is nothing to wait for.
  shell.stdin.on("error", () => undefined);
  (shell.stdin as unknown as { unref?(): void }).unref?.();
  return {
    release() {
      shell.kill("SIGKILL");
      shell.stdin.destroy();
    },
  };
}

/** Shell lines that end process `pid` if its command line names `sign`: its number may be another's by now. */
export function endIfStill(pid: string, sign: string, signal = "TERM"): string {
  return `tr '\\0' ' ' < /proc/${pid}/cmdline 2>/dev/null | grep -qF -e '${sign}' && kill -${signal} ${pid}`;
}
