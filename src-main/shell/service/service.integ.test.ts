/** The service as a process of its own: start, second start, signals, exit codes. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readDiscovery } from "../../files/discovery.ts";
import { runService } from "./run-service.ts";

const entry = new URL("./index.ts", import.meta.url).pathname;
let top: string;
let dataFolder: string;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), "hypersdk-service-"));
  dataFolder = join(top, "data");
});
afterEach(async () => {
  for (const child of running) {
    child.kill("SIGKILL");
    await once(child, "close");
  }
  await rm(top, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Exit code, or the signal that ended it; once all it printed has been read. */
  readonly exit: Promise<number | string>;
  readonly pid: number;
}

function start(...args: string[]): Started {
  return startWith(process.env, ...args);
}

function startWith(env: NodeJS.ProcessEnv, ...args: string[]): Started {
  const child = spawn(process.execPath, [entry, "--data-dir", dataFolder, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const text = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    text.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    text.err += chunk;
  });
  const exit = once(child, "close").then(([code, signal]) => {
    running.delete(child);
    return (code ?? signal) as number | string;
  });
  return { child, stdout: () => text.out, stderr: () => text.err, exit, pid: child.pid ?? 0 };
}

async function firstLine(service: Started): Promise<string> {
  while (!service.stdout().includes("\n")) {
    const ended = await Promise.race([
      service.exit,
      new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 10)),
    ]);
    if (ended !== undefined) throw new Error(`ended with ${ended}: ${service.stdout()}${service.stderr()}`);
  }
  return service.stdout().split("\n")[0] ?? "";
}

/**
 * Processor time that a process has used so far, all its threads together (proc_pid_stat(5): utime and stime, in hundredths of a
 * second). Unlike the time of the clock it does not grow with what else the computer does.
 */
function processorMs(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1) ?? "";
  const [utime, stime] = afterName.split(" ").slice(11, 13);
  return (Number(utime) + Number(stime)) * 10;
}

const api = async (path: string) => {
  const discovery = readDiscovery(dataFolder);
  const token = readFileSync(discovery?.tokenFile ?? "", "utf8").trim();
  const response = await fetch(`${discovery?.url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  return response.json();
};

describe("the service", () => {
  it("says where it is, lets scripts find it, and ends cleanly on SIGTERM", async () => {
    const folder = join(top, "vm");
    mkdirSync(folder);
    writeFileSync(join(folder, "a.img"), Buffer.alloc(65_536, "stamp"));
    const service = start("--port", "0", "--library", folder, "--library", folder);
    const address = await firstLine(service);
    const discovery = readDiscovery(dataFolder);
    expect(discovery).toMatchObject({ pid: service.pid, tokenFile: join(dataFolder, "token") });
    expect(address.startsWith(`${discovery?.url}/#code=`)).toBe(true);
    expect(statSync(join(dataFolder, "token")).mode & 0o777).toBe(0o600);
    expect(await api("/system")).toMatchObject({ shell: "service", dataFolder });
    expect(await api("/libraries")).toMatchObject([{ path: folder }]);

    const code = address.split("#code=")[1];
    const response = await fetch(`${discovery?.url}/auth/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: discovery?.url ?? "" },
      body: JSON.stringify({ code }),
    });
    expect(response.status).toBe(200);

    service.child.kill("SIGTERM");
    expect(await service.exit).toBe(0);
    expect(existsSync(join(dataFolder, "service.json"))).toBe(false);
    expect(readFileSync(join(dataFolder, "logs/hypersdk.log"), "utf8")).not.toContain(code);
  });

  it("runs once on a data folder: the second names the first and ends with 1", async () => {
    const first = start("--port", "0");
    await firstLine(first);
    const second = start("--port", "0");
    expect(await second.exit).toBe(1);
    expect(second.stderr()).toContain(String(first.pid));
    expect(second.stderr()).toContain(readDiscovery(dataFolder)?.url);
    const json = start("--port", "0", "--json");
    expect(await json.exit).toBe(1);
    expect(JSON.parse(json.stdout())).toMatchObject({ type: "error", error: { code: "service.running" } });
    expect(await api("/settings")).toHaveProperty("concurrency");
  });

  it("leaves no lock behind when it is killed", async () => {
    const first = start("--port", "0");
    await firstLine(first);
    first.child.kill("SIGKILL");
    expect(await first.exit).toBe("SIGKILL");
    expect(readDiscovery(dataFolder)?.pid).toBe(first.pid);
    const second = start("--port", "0", "--json");
    expect(JSON.parse(await firstLine(second))).toMatchObject({ type: "listening" });
    expect(readDiscovery(dataFolder)?.pid).toBe(second.pid);
    second.child.kill("SIGINT");
    expect(await second.exit).toBe(0);
  });

  it("ends with 1 and a sentence where the port is taken or the address would be open", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    const taken = start("--port", port);
    expect(await taken.exit).toBe(1);
    expect(taken.stderr()).toContain(`Port ${port}`);
    holder.close();
    const open = start("--host", "0.0.0.0", "--port", "0");
    expect(await open.exit).toBe(2);
    expect(open.stderr()).toContain("TLS");
    expect(await start("--port", "eighty").exit).toBe(2);
    // All let go of the folder.
    const service = start("--port", "0");
    await firstLine(service);
  });

  it("needs little processor time to be up, beside Node alone", async () => {
    // As after an update, when Node has compiled nothing yet.
    const { NODE_COMPILE_CACHE: _, ...env } = process.env;
    const bare: number[] = [];
    const times: number[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const nothing = "console.log(JSON.stringify(process.cpuUsage()))";
      const { user, system } = JSON.parse(execFileSync(process.execPath, ["-e", nothing], { env, encoding: "utf8" }));
      bare.push((user + system) / 1000);
      const service = startWith(env, "--port", "0");
      await firstLine(service);
      times.push(processorMs(service.pid));
      service.child.kill("SIGTERM");
      await service.exit;
    }
    expect(Math.min(...times) / Math.min(...bare)).toBeLessThan(50);
  });

  it("says that its database was damaged and what that means, and begins anew when started again", async () => {
    mkdirSync(dataFolder);
    writeFileSync(join(dataFolder, "hypersdk.db"), "no database ".repeat(1_000));
    const damaged = start("--port", "0");
    expect(await damaged.exit).toBe(1);
    expect(damaged.stderr()).toContain(`It was kept as ${join(dataFolder, "hypersdk.db.damaged-1")}`);
    expect(damaged.stderr()).toContain("Starting again begins anew: without history, libraries, settings");
    expect(readFileSync(join(dataFolder, "logs/hypersdk.log"), "utf8")).toContain("database.damaged");
    const again = start("--port", "0");
    await firstLine(again);
    expect(await api("/libraries")).toEqual([]);
    again.child.kill("SIGTERM");
    expect(await again.exit).toBe(0);
  });

  it("ends at once when its end was asked for while it started", async () => {
    const asked = AbortSignal.abort();
    expect(await runService({ dataFolder, port: 0, json: true, asked })).toBe(0);
    expect(readDiscovery(dataFolder)).toBeNull();
  });
});
