/** Builds the lab vCenter (e2e/servers/vsphere-lab, Go) once for its sources and keeps the program for later runs. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildOnce } from "./build-once.ts";

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
  return buildOnce("vsphere-lab", sourcesHash(), build);
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

async function build(draft: string, cache: string): Promise<void> {
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
  if (status !== 0) throw new Error(`The vSphere lab does not build:\n${said}`);
}
