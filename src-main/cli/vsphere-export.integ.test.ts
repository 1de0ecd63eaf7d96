/** `hypersdk export` from a vCenter, and what a program that died in the middle left there: shown, asked about, removed. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startVsphereLab, type VsphereLab } from "../../e2e/servers/vsphere-lab.ts";
import { type RunningCli, runCli, startCli } from "./testing/spawn-cli.ts";
import { qemuCompare } from "./testing/stamped-image.ts";

const MiB = 1024 ** 2;

let folder = "";
let lab: VsphereLab;
const services: RunningCli[] = [];
const cli = (data: string, ...args: string[]) => runCli([...args, "--data-dir", data], { cwd: folder });

/** A program of its own that knows the lab and its machine. */
async function program(data: string): Promise<RunningCli> {
  const service = startCli(["serve", "--port", "0", "--data-dir", data, "--json"], { cwd: folder });
  services.push(service);
  await service.says('"listening"');
  const login = ["--user", lab.username, "--password-file", "password", "--fingerprint", lab.fingerprint];
  const added = await cli(data, "sources", "add", "Lab", lab.url, ...login);
  expect(added.code, added.stderr).toBe(0);
  await expect.poll(async () => (await cli(data, "vms", "list")).stdout).toContain("web");
  return service;
}
const snapshots = async () => (await lab.control.stats()).snapshots;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "hypersdk-cli-vsphere-export-")));
  mkdirSync(join(folder, "out"));
  lab = await startVsphereLab({
    machines: [
      {
        name: "web",
        poweredOn: true,
        tools: true,
        disks: [
          { capacityBytes: 24 * MiB, stamp: 3 },
          { capacityBytes: 8 * MiB, mode: "independent_persistent" },
        ],
      },
    ],
  });
  writeFileSync(join(folder, "password"), `${lab.password}\n`);
}, 180_000);
afterAll(async () => {
  for (const { child, ended } of services) {
    child.kill("SIGKILL");
    await ended;
  }
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("exports a running machine, says what was left out and why, and is no other's leftover", async () => {
  await program("first");
  const { code, stdout, stderr } = await cli("first", "export", "web", "--to", "out", "--as", "qcow2");
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/warning: web, Hard disk 2 is left out: .*independent/);
  expect(stderr).toMatch(/copying +\d+ %/);
  expect(stdout).toContain(join(folder, "out/web-disk1.qcow2"));
  // Not only beforehand: the run and its manifest say so as well.
  const manifest = JSON.parse(readFileSync(join(folder, "out/web.export.json"), "utf8")) as { warnings: string[] };
  expect(manifest.warnings).toContainEqual(expect.stringMatching(/^Hard disk 2 is left out: .*independent/));
  const moref = lab.machines.find(({ name }) => name === "web")?.moref ?? "";
  qemuCompare(join(folder, "out/web-disk1.qcow2"), "qcow2", await lab.diskTruth(moref, 0), "raw");
  expect(await snapshots()).toBe(0);
  expect((await cli("first", "sources", "leftovers", "Lab")).stdout).toContain("Nothing is left on Lab.");
});

it("Ctrl+C leaves nothing, neither here nor there", async () => {
  const before = readdirSync(join(folder, "out"));
  const args = ["export", "web", "--to", "out", "--limit", "512K", "--data-dir", "first"];
  const running = startCli(args, { cwd: folder });
  await running.says("copying");
  expect(await snapshots()).toBe(1);
  running.child.kill("SIGINT");
  expect((await running.ended).code).toBe(130);
  expect(await snapshots()).toBe(0);
  expect(readdirSync(join(folder, "out"))).toEqual(before);
});

it("what a program left that died and never came back is shown, and removed after a yes", async () => {
  const running = startCli(["export", "web", "--to", "out", "--limit", "512K", "--data-dir", "first"], { cwd: folder });
  await running.says("copying");
  services[0]?.child.kill("SIGKILL");
  const { code, stderr } = await running.ended;
  expect([code, stderr]).toEqual([1, expect.stringContaining("goes on when the program is started again")]);
  expect(await snapshots()).toBe(1);

  await program("second");
  const shown = await cli("second", "sources", "leftovers", "lab");
  expect([shown.code, shown.stdout]).toEqual([0, expect.stringMatching(/snapshot +web/)]);
  const asked = await cli("second", "sources", "leftovers", "lab", "--remove");
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining("--yes")]);
  expect(await snapshots()).toBe(1);
  const removed = await cli("second", "sources", "leftovers", "lab", "--remove", "--yes");
  expect([removed.code, removed.stdout]).toEqual([0, expect.stringContaining("Lab: 1 removed.")]);
  expect(await snapshots()).toBe(0);
  expect((await cli("second", "sources", "leftovers", "lab")).stdout).toContain("Nothing is left on Lab.");
});
