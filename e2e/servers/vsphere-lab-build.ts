/** Builds the lab vCenter (e2e/servers/vsphere-lab, Go) once for its sources and keeps the program for later runs. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const sources = join(import.meta.dirname, "vsphere-lab");
/** Where Debian's golang-*-dev packages put their sources. */
const GOPATH = "/usr/share/gocode";

/**
 * The lab's program, built if these sources were not built before (about 15 s, after a change 3 s). Throws an Error that
 * names the missing package or carries the compiler's words.
 */
export async function labProgram(): Promise<string> {
  if (!existsSync(join(GOPATH, "src/github.com/vmware/govmomi/simulator"))) {
    throw new Error(
      "THE VSPHERE LAB CANNOT BE BUILT: as an administrator: apt-get install golang-go golang-github-vmware-govmomi-dev",
    );
  }
  const cache = cacheFolder();
  const folder = join(cache, sourcesHash());
  const program = join(folder, "vsphere-lab");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const release = await lock(join(folder, "building"), program);
  try {
    if (!existsSync(program)) {
      removeOld(cache);
      await build(program, cache);
    }
    return program;
  } finally {
    release();
  }
}

/** A folder in the temporary one that belongs to this user alone: a program is run from it. */
function cacheFolder(): string {
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `hypersdk-vsphere-lab-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid: owner, mode } = statSync(folder);
  if (owner !== uid || (mode & 0o022) !== 0) throw new Error(`${folder} can be written by others; remove it`);
  return folder;
}

/** Programs of other sources that are older than a day. */
function removeOld(cache: string): void {
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    if (/^[0-9a-f]{24}$/.test(name) && Date.now() - statSync(folder).mtimeMs > 86_400_000) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function sourcesHash(): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(sources)
    .filter((each) => each.endsWith(".go"))
    .sort()) {
    hash.update(`${name}\0`).update(readFileSync(join(sources, name)));
  }
  return hash.digest("hex").slice(0, 24);
}

/** Waits while another process builds the same; takes over from one that died. */
async function lock(path: string, program: string): Promise<() => void> {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    if (existsSync(program)) return () => undefined;
    if (!alive(path)) rmSync(path, { force: true });
    await sleep(100);
  }
}

function alive(path: string): boolean {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    // Between creating the file and writing the number it is empty.
    if (pid === 0) return Date.now() - statSync(path).mtimeMs < 5_000;
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function build(program: string, cache: string): Promise<void> {
  const draft = `${program}.${process.pid}`;
  const env = {
    PATH: process.env.PATH,
    HOME: cache,
    GOPATH,
    GO111MODULE: "off",
    GOFLAGS: "",
    GOCACHE: join(cache, "go-build"),
    TMPDIR: cache,
  };
  const child = spawn("go", ["build", "-o", draft, "."], { cwd: sources, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (cause) => reject(new Error("THE VSPHERE LAB CANNOT BE BUILT: install golang-go", { cause })));
    child.once("close", resolve);
  });
  if (status !== 0) {
    rmSync(draft, { force: true });
    throw new Error(`The vSphere lab does not build:\n${said}`);
  }
  renameSync(draft, program);
}
