/** An OpenSSH server on loopback with keys of its own, for whoever runs the test. Ends with `close`; nothing outside its folder is touched. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endIfStill, lifeline } from "./lifeline.ts";

export interface SshServer {
  readonly port: number;
  readonly username: string;
  /** Lets in. */
  readonly privateKey: string;
  /** Is refused. */
  readonly strangerKey: string;
  /** SHA-256 of the host key, 64 hexadecimal digits. */
  readonly fingerprint: string;
  /** Ends all connections, as a cut cable does not: both ends learn of it. The server goes on. */
  cutConnections(): void;
  close(): Promise<void>;
}

const SSHD = "/usr/sbin/sshd";

/** @param settings further lines of sshd_config. @throws Error naming the package where sshd is missing */
export async function startSshServer(settings: readonly string[] = []): Promise<SshServer> {
  if (!existsSync(SSHD)) throw new Error("NO SSH SERVER HERE: apt-get install openssh-server");
  const folder = mkdtempSync(join(tmpdir(), "sshd-"));
  const file = (name: string) => join(folder, name);
  for (const name of ["host", "user", "stranger"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file(name)]);
  }
  writeFileSync(file("authorized"), readFileSync(file("user.pub")));
  const port = await freePort();
  const lines = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${file("host")}`,
    `AuthorizedKeysFile ${file("authorized")}`,
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    "Subsystem sftp internal-sftp",
    ...settings,
  ];
  writeFileSync(file("config"), `${lines.join("\n")}\n`);
  // Where sshd, as root, puts its unprivileged part; the system makes it when its own server starts.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
  const server = spawn(SSHD, ["-D", "-e", "-f", file("config")], { stdio: ["ignore", "ignore", "pipe"] });
  const line = lifeline(
    `for p in $(ps -o pid= --ppid ${server.pid}); do ${endIfStill("$p", "sshd")}; done; ${endIfStill(String(server.pid), folder)}; rm -rf '${folder}'`,
  );
  let said = "";
  server.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4000);
  });
  const end = async () => {
    const gone = new Promise((resolve) => server.once("close", resolve));
    if (server.exitCode === null && server.signalCode === null) {
      server.kill("SIGTERM");
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
    line.release();
  };
  try {
    await comesUp(server, port, () => said);
  } catch (error) {
    await end();
    throw error;
  }
  const blob = Buffer.from(readFileSync(file("host.pub"), "utf8").split(" ")[1] ?? "", "base64");
  const children = () =>
    execFileSync("ps", ["-o", "pid=", "--ppid", String(server.pid)], { encoding: "utf8" })
      .split(/\s+/)
      .filter(Boolean)
      .map(Number);
  const cutConnections = () => {
    try {
      for (const pid of children()) process.kill(pid, "SIGTERM");
    } catch {
      // There are none.
    }
  };
  return {
    port,
    username: userInfo().username,
    privateKey: readFileSync(file("user"), "utf8"),
    strangerKey: readFileSync(file("stranger"), "utf8"),
    fingerprint: createHash("sha256").update(blob).digest("hex"),
    cutConnections,
    async close() {
      cutConnections();
      await end();
    },
  };
}

async function comesUp(server: ChildProcess, port: number, said: () => string): Promise<void> {
  for (let tries = 0; !(await answers(port)); tries++) {
    if (server.exitCode !== null || tries > 200) throw new Error(`sshd does not come up: ${said()}`);
    await sleep(50);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
