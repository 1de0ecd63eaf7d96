/**
 * Runs what the README tells people to run: the demo, then every block marked `sh run`, in one shell and in order, in a folder
 * that looks like the repository (links to its parts), so that a demo folder of yours is left alone.
 */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const repository = resolve(import.meta.dirname, "..");
const readme = readFileSync(join(repository, "README.md"), "utf8");
const blocks = (info: string) =>
  [...readme.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].filter((m) => m[1] === info).map((m) => m[2] ?? "");

/** What a command needs of the repository. npm finds its scripts, Node resolves the links to the real files. */
const PARTS = ["package.json", "node_modules", "scripts", "src-core", "src-main", "workers", "out"];

let folder = "";

/**
 * Runs a script in bash, stopping at the first failure, and answers what it printed. Throws with all it said when it fails. Not
 * by a call that waits: while minutes pass Vitest wants to hear from its worker.
 */
async function bash(script: string): Promise<string> {
  // npm's own variables of the outer `npm test` would tell the inner npm to be somebody else.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|HYPERSDK_)/.test(name)),
  );
  const options = { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 };
  try {
    return (await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], options)).stdout;
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code: unknown; stdout: string; stderr: string };
    throw new Error(`bash ended with ${code}:\n${stdout}\n${stderr}`);
  }
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-readme-"));
  mkdirSync(join(repository, "out"), { recursive: true });
  for (const part of PARTS) symlinkSync(join(repository, part), join(folder, part));
});
afterAll(async () => {
  await bash("npm run -s demo -- --stop");
  rmSync(folder, { recursive: true, force: true });
});

describe("the README's commands", () => {
  it("has the two lines, and the demo line ends well with the page's address", { timeout: 240_000 }, async () => {
    expect(blocks("sh").map((block) => block.trim())).toEqual(["npm ci && npm run demo", "npm ci && npm test"]);
    const said = await bash("npm run -s demo -- --minutes 10");
    expect(said).toMatch(/\n {2}Verified +every byte, /);
    expect(said).toMatch(/\n {2}SHA-256 +[0-9a-f]{64}\n/);
    expect(said).toMatch(/\nThe page: http:\/\/127\.0\.0\.1:\d+\/#code=\S+\n/);
    expect(said).not.toContain("\u001b");
    const { url } = JSON.parse(readFileSync(join(folder, "demo/data/service.json"), "utf8"));
    expect(await bash(`curl -sS --fail ${url}/`)).toContain("<title>HyperSDK Desktop</title>");
  });

  it("runs every marked block", { timeout: 240_000 }, async () => {
    const marked = blocks("sh run");
    expect(marked.length).toBeGreaterThan(6);
    // As a file, so that the shell sees the blocks as a person would type them.
    writeFileSync(join(folder, "tour.sh"), `set -euo pipefail\n${marked.join("\n")}`);
    const said = await bash("bash tour.sh");
    expect(said).toContain("# data");
    expect(said).toContain('"type":"result"');
    expect(said).toContain("event: message");
    // qemu-img opens no VHDX of 4096-byte sectors: the tour compares that one itself.
    expect(said).toContain("The disks are equal.");

    expect(said).toContain("Nothing is left on Demo.");
    expect(said).toContain('/demo/sample-machine/sample-machine.ovf"');

    const source = "demo/machines/sample-machine/sample-machine-disk1.vmdk";
    for (const [name, format] of [
      ["converted/sample-machine-disk1.qcow2", "qcow2"],
      ["first.qcow2", "qcow2"],
      ["second.raw", "raw"],
      ["third.raw", "raw"],
      ["fourth.qcow2", "qcow2"],
      ["fifth.qcow2", "qcow2"],
      ["office-disk1.qcow2", "qcow2"],
    ]) {
      expect(await bash(`qemu-img compare -f vmdk -F ${format} ${source} demo/${name}`)).toContain("identical");
    }
    // Both REST calls of the same idempotency key, the demo's job, the tour's, its check and two exports, and the run of its schedule: seven in all.
    const listed = await bash("npm run -s cli -- jobs list --json --data-dir demo/data");
    expect(JSON.parse(listed)).toMatchObject({ total: 7 });
  });

  it("points at files that exist", () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? "");
    expect(links.length).toBeGreaterThan(4);
    expect(links.filter((link) => !existsSync(join(repository, link)))).toEqual([]);
  });
});

describe("the scripts behind them", () => {
  it("start says what is missing for a window and becomes the service", async () => {
    const env = "env -u DISPLAY -u WAYLAND_DISPLAY ELECTRON_BINARY=";
    const script = `timeout -s INT 100 ${env} npm run -s start -- --data-dir data2 --port 0 >start.out 2>start.err & pid=$!
      for i in $(seq 900); do grep -q code= start.out && break; sleep 0.1; done
      curl -sS --fail "$(head -1 start.out | cut -d'#' -f1)" >/dev/null; kill -INT $pid; wait $pid || true; cat start.out start.err`;
    const said = await bash(script);
    expect(said).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#code=/);
    expect(said).toContain("there is no display");
    expect(said).toContain("Starting the service instead");
  });

  it("complete-lock tells what npm would refuse, adds it, and then is content", () => {
    const lock = JSON.parse(readFileSync(join(repository, "package-lock.json"), "utf8"));
    const foreign = "node_modules/@biomejs/cli-darwin-arm64";
    const whole = lock.packages[foreign];
    delete lock.packages[foreign];
    const file = join(folder, "lock.json");
    writeFileSync(file, JSON.stringify(lock));
    const complete = (...args: string[]) =>
      spawnSync(process.execPath, [join(repository, "scripts/complete-lock.mjs"), ...args, file], { encoding: "utf8" });

    const told = complete("--check");
    expect(told.status).toBe(1);
    expect(told.stderr).toContain(`${foreign} ${whole.version}`);
    expect(complete().status).toBe(0);
    const { version, cpu, os } = JSON.parse(readFileSync(file, "utf8")).packages[foreign];
    expect({ version, cpu, os }).toEqual({ version: whole.version, cpu: ["arm64"], os: ["darwin"] });
    expect(complete("--check").status).toBe(0);
  });

  it("the manifest of the demo is one sha256sum accepts", () => {
    execFileSync("sha256sum", ["-c", "sample-machine-disk1.qcow2.sha256"], {
      cwd: join(folder, "demo/converted"),
      stdio: "pipe",
    });
  });
});
