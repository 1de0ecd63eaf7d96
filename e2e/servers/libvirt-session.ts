/**
 * A real libvirt with real QEMU, of its own for every test run: libvirtd in session mode, as user nobody where we are root. Nothing
 * outside its folder is touched, and nothing of it outlives the process that started it. Machines run under TCG: /dev/kvm of build machines is often none.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { answers } from "../../workers/io/testing/answers.ts";
import { endIfStill, lifeline } from "./lifeline.ts";

export interface SessionDisk {
  readonly target: string;
  readonly path: string;
  readonly format: "raw" | "qcow2";
  /** More XML inside the disk element. */
  readonly xml?: string;
}

export interface LibvirtSession {
  /** Everything lies in it; QEMU may write there. */
  readonly folder: string;
  readonly socket: string;
  /** Address for a source. */
  readonly address: string;
  /** Runs virsh on it. @returns what it printed @throws Error with what it said */
  virsh(...args: readonly string[]): string;
  /** Defines a machine with the given disks and starts it when told. @returns its UUID */
  define(
    name: string,
    disks: readonly SessionDisk[],
    options?: { readonly start?: boolean; readonly devices?: string; readonly memoryMiB?: number },
  ): string;
  /** Ends the daemon as a crash would, at once; its machines run on. */
  killDaemon(): Promise<void>;
  /** Starts it again after `killDaemon`. */
  restartDaemon(): Promise<void>;
  /** Gives a file to the user QEMU runs as. */
  own(path: string): void;
  close(): Promise<void>;
}

/** libvirt asks QEMU what it can do, which takes seconds; the answers are good for the next run too. */
const CACHE = join(tmpdir(), "hypersdk-libvirt-cache");
/** Debian's nobody and nogroup. */
const NOBODY = 65534;

/** Names of Debian packages that are missing for it; empty when it can be started. */
export function missingForLibvirt(): string[] {
  const needs: readonly [string, string][] = [
    ["libvirt-daemon-system", "/usr/sbin/libvirtd"],
    ["libvirt-clients", "/usr/bin/virsh"],
    ["libvirt-daemon-driver-qemu", "/usr/share/doc/libvirt-daemon-driver-qemu"],
    ["qemu-system-x86", "/usr/bin/qemu-system-x86_64"],
  ];
  return needs.filter(([, sign]) => !existsSync(sign)).map(([name]) => name);
}

/** @throws Error naming the packages where something is missing */
export async function startLibvirtSession(): Promise<LibvirtSession> {
  const missing = missingForLibvirt();
  if (missing.length > 0) throw new Error(`NO LIBVIRT HERE: apt-get install ${missing.join(" ")}`);
  const root = process.getuid?.() === 0;
  // Sockets' paths have at most 107 bytes.
  const folder = mkdtempSync(join(tmpdir(), "lv-"));
  chmodSync(folder, 0o755);
  const own = (path: string) => {
    if (root) chownSync(path, NOBODY, NOBODY);
  };
  own(folder);
  const places = {
    HOME: "home",
    XDG_RUNTIME_DIR: "run",
    XDG_CONFIG_HOME: "config",
    XDG_DATA_HOME: "data",
    XDG_CACHE_HOME: "cache",
  };
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, LC_ALL: "C" };
  if (existsSync(CACHE)) cpSync(CACHE, join(folder, "cache"), { recursive: true });
  for (const [name, place] of Object.entries(places)) {
    env[name] = join(folder, place);
    mkdirSync(join(folder, place), { recursive: true });
  }
  mkdirSync(join(folder, "config/libvirt"));
  // No log daemon beside it, and no security driver: the user may have none.
  writeFileSync(join(folder, "config/libvirt/qemu.conf"), 'stdio_handler = "file"\nsecurity_driver = "none"\n');
  writeFileSync(join(folder, "config/libvirt/libvirtd.conf"), `log_outputs = "3:file:${folder}/libvirtd.log"\n`);
  if (root) execFileSync("chown", ["-R", `${NOBODY}:${NOBODY}`, folder]);
  const as = root ? ["setpriv", "--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups"] : [];
  let said = "";
  const start = () => {
    const [program = "", ...args] = [...as, "/usr/sbin/libvirtd", "--pid-file", join(folder, "libvirtd.pid")];
    const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "pipe"], cwd: folder });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4000);
    });
    return child;
  };
  let daemon = start();
  const line = lifeline(
    `for f in '${folder}'/libvirtd.pid '${folder}'/run/libvirt/qemu/run/*.pid; do p=$(cat "$f" 2>/dev/null) && ${endIfStill("$p", folder, "KILL")}; done; sleep 0.2; rm -rf '${folder}'`,
  );
  const socket = join(folder, "run/libvirt/libvirt-sock");
  const uri = `qemu+unix:///session?socket=${socket}`;
  const virsh = (...words: readonly string[]) => {
    try {
      return execFileSync("virsh", ["-q", "-c", uri, ...words], {
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
    } catch (error) {
      throw new Error(`virsh ${words.join(" ")}: ${(error as { stderr?: string }).stderr ?? error}`);
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = new Promise((resolve) => daemon.once("close", resolve));
    daemon.kill(signal);
    const late = setTimeout(() => daemon.kill("SIGKILL"), 10_000);
    await gone;
    clearTimeout(late);
  };
  const close = async () => {
    await end("SIGTERM");
    // They do not end with the daemon.
    for (const pid of machinesOf(folder)) process.kill(pid, "SIGKILL");
    if (existsSync(join(folder, "cache"))) cpSync(join(folder, "cache"), CACHE, { recursive: true });
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    line.release();
  };
  try {
    await comesUp(daemon, socket, () => said);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    folder,
    socket,
    address: `${uri}&scratch=${folder}`,
    virsh,
    own,
    define(name, disks, { start = false, devices = "", memoryMiB = 32 } = {}) {
      for (const { path } of disks) own(path);
      const file = join(folder, `${name}.xml`);
      writeFileSync(file, machineXml(name, disks, devices, memoryMiB));
      chmodSync(file, 0o644);
      virsh("define", file);
      if (start) virsh("start", name);
      return virsh("domuuid", name).trim();
    },
    killDaemon: () => end("SIGKILL"),
    async restartDaemon() {
      // What a killed daemon leaves would be taken for the new one's.
      rmSync(socket, { force: true });
      daemon = start();
      await comesUp(daemon, socket, () => said);
    },
    close,
  };
}

/** Processes of the machines that run, by the files where libvirt keeps their numbers. */
function machinesOf(folder: string): number[] {
  const run = join(folder, "run/libvirt/qemu/run");
  if (!existsSync(run)) return [];
  return readdirSync(run).flatMap((name) => {
    if (!name.endsWith(".pid")) return [];
    const pid = Number(readFileSync(join(run, name), "utf8"));
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder) ? [pid] : [];
    } catch {
      return [];
    }
  });
}

async function comesUp(daemon: ChildProcess, socket: string, said: () => string): Promise<void> {
  for (let tries = 0; !(await answers(socket)); tries++) {
    if (daemon.exitCode !== null || tries > 600) throw new Error(`libvirtd does not come up: ${said()}`);
    await sleep(50);
  }
}

function machineXml(name: string, disks: readonly SessionDisk[], devices: string, memoryMiB: number): string {
  const parts = disks.map(
    ({ target, path, format, xml = "" }, index) =>
      `<disk type="file" device="disk"><driver name="qemu" type="${format}"/><source file="${path}"/><target dev="${target}" bus="virtio"/><boot order="${index + 1}"/>${xml}</disk>`,
  );
  return `<domain type="qemu"><name>${name}</name><memory unit="MiB">${memoryMiB}</memory><vcpu>1</vcpu>
<os><type arch="x86_64" machine="q35">hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>${parts.join("")}<memballoon model="none"/>${devices}</devices></domain>`;
}

/** What virsh says of a running machine's job; "" when there is none. */
export function backupJob(session: LibvirtSession, name: string): string {
  try {
    return session.virsh("backup-dumpxml", name);
  } catch {
    return "";
  }
}
