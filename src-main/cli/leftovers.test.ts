/** `hypersdk sources leftovers`, against a program played by the test. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Leftover, Source } from "../../src-core/model/source.ts";
import { writeDiscovery } from "../files/discovery.ts";
import { tokenFile, writeTokenFile } from "../files/token-file.ts";
import { runCommandLine } from "./command-line.ts";

const at = new Date(0).toISOString();
const source: Source = {
  id: "s1",
  kind: "vsphere",
  name: "Lab",
  address: "https://lab",
  username: null,
  trust: { kind: "system" },
  enabled: true,
  hasSecret: true,
  addedAt: at,
  connection: { state: "connected", since: at, error: null, retryAt: null, capabilities: null },
  inventory: { machineCount: 1, knownAt: at, settled: true },
};
const leftover = (id: string): Leftover => {
  const facts = { machineId: "vm-1", machineName: "web", kind: "snapshot", createdAt: at };
  return { id, ...facts, description: `snapshot ${id} of an export`, mark: "hypersdk-r1" };
};

let folder = "";
let removed: string[] = [];
let there: Leftover[] = [];
let close = () => {};
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-leftovers-"));
  removed = [];
  there = [leftover("one"), leftover("two")];
  const server = createServer(async (request, response) => {
    const { url = "" } = request;
    let body = "";
    for await (const piece of request) body += piece;
    const engine = { kernels: "none", reason: null, zlib: "1", zstd: "1", threads: 1, providers: [] };
    const can = { pickFolder: false, revealFile: false, startAtLogin: false, tray: false };
    const info = { name: "x", version: "0", shell: "service", platform: "x", nodeVersion: "x", startedAt: at };
    const more = { dataFolder: folder, url: "http://x", formats: [], engine, workPaused: false, can };
    let answer: unknown = { ...info, ...more };
    if (url.endsWith("/sources")) answer = [source];
    if (url.endsWith("/leftovers")) answer = there;
    if (url.endsWith("/leftovers/remove")) {
      removed.push(JSON.parse(body).leftoverId);
      answer = { removed: true };
    }
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  close = () => server.close();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeTokenFile(folder, "token");
  writeDiscovery(folder, { url, pid: process.pid, version: "0", startedAt: at, tokenFile: tokenFile(folder) });
});
afterEach(() => {
  close();
  rmSync(folder, { recursive: true, force: true });
});

async function cli(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    errStream: process.stderr,
    color: false,
    columns: 100,
  };
  const line = ["sources", "leftovers", "Lab", ...args, "--data-dir", folder];
  const { signal } = new AbortController();
  const code = await runCommandLine(line, { terminal, signal, cwd: folder, now: Date.now });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

it("shows what would be removed and removes nothing", async () => {
  const { code, out } = await cli();
  expect([code, removed]).toEqual([0, []]);
  expect(out).toMatch(/snapshot +web +1970-01-01T00:00:00.000Z +snapshot one of an export/);
});

it("shows and asks before it removes; where nobody can be asked it removes nothing", async () => {
  const { code, err } = await cli("--remove");
  expect([code, removed]).toEqual([2, []]);
  expect(err).toContain("snapshot two of an export");
  expect(err).toContain("--yes");
});

it("removes each when told not to ask", async () => {
  const { code, out } = await cli("--remove", "--yes", "--json");
  expect([code, removed]).toEqual([0, ["one", "two"]]);
  expect(JSON.parse(out.split("\n").at(-1) ?? "")).toMatchObject({ type: "result", removed: there });
});

it("says where there is nothing", async () => {
  there = [];
  expect((await cli("--remove")).out).toBe("Nothing is left on Lab.");
});
