/** `hypersdk sources` and `hypersdk vms` on a vCenter, and the same facts over REST. */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startVsphereLab, type VsphereLab } from "../../e2e/servers/vsphere-lab.ts";
import { type RunningCli, runCli, startCli } from "./testing/spawn-cli.ts";

const MIB = 1024 ** 2;
const READER = { username: "reader@vsphere.local", password: "only to read" };

let folder = "";
let lab: VsphereLab;
let service: RunningCli;
const cli = (...args: string[]) => runCli([...args, "--data-dir", "data"], { cwd: folder });
async function ask(...args: string[]): Promise<Record<string, never>> {
  const { code, stderr, json } = await cli(...args, "--json");
  expect(code, stderr).toBe(0);
  return json().at(-1) as Record<string, never>;
}
/** The arguments of an added lab, with the password of this file. */
const adding = (name: string, file = "password") => [
  ...["sources", "add", name, lab.url, "--user", lab.username, "--password-file", file],
];

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "hypersdk-cli-vsphere-")));
  lab = await startVsphereLab({
    fill: 20,
    machines: [
      {
        name: "web-01",
        poweredOn: true,
        guestId: "ubuntu64Guest",
        tools: true,
        disks: [{ capacityBytes: 4 * MIB }, { capacityBytes: MIB, kind: "rdmPhysical" }],
      },
    ],
  });
  await lab.control.account({ ...READER, missing: ["VirtualMachine.State.CreateSnapshot"] });
  writeFileSync(join(folder, "password"), `${lab.password}\n`);
  writeFileSync(join(folder, "wrong"), "not the password\n");
  writeFileSync(join(folder, "reader"), `${READER.password}\n`);
  writeFileSync(join(folder, "ca.pem"), lab.caPem);
  service = startCli(["serve", "--port", "0", "--data-dir", "data", "--json"], { cwd: folder });
  await service.says('"listening"');
}, 180_000);
afterAll(async () => {
  service?.child.kill("SIGKILL");
  await service?.ended;
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("shows the certificate that nobody vouches for, and logs in nowhere before it is pinned", async () => {
  const refused = await cli(...adding("Lab"));
  expect(refused.code).toBe(1);
  const plain = lab.fingerprint.replaceAll(":", "").toLowerCase();
  expect(refused.stderr).toContain(`--fingerprint ${plain}`);
  const other = await cli(...adding("Lab"), "--fingerprint", "ab".repeat(32));
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("another than the one that was pinned")]);
  expect((await lab.control.stats()).counts["sdk.Login"] ?? 0).toBe(0);
  expect((await ask("sources", "list")).sources).toEqual([]);
});

it("says that the password is wrong, and keeps nothing of it", async () => {
  const wrong = await cli(...adding("Lab", "wrong"), "--fingerprint", lab.fingerprint, "--json");
  expect([wrong.code, wrong.json().at(-1)]).toMatchObject([1, { error: { code: "source.auth" } }]);
  expect((await ask("sources", "list")).sources).toEqual([]);
});

it("is added with its fingerprint, and tested", async () => {
  const { source } = await ask(...adding("Lab"), "--fingerprint", lab.fingerprint);
  expect(source).toMatchObject({ kind: "vsphere", address: lab.url, hasSecret: true, trust: { kind: "pinned" } });
  await expect
    .poll(async () => (await cli("sources", "list")).stdout, { timeout: 20_000 })
    .toMatch(/Lab +vsphere +connected +21/);
  const test = await cli("sources", "test", "lab");
  expect(test.stdout).toMatch(/^connected: VMware vCenter Server 8\.0\.2/);
  expect(test.stdout).toMatch(/ok +Make and remove snapshots/);
  // The lab's hosts have names that no DNS knows: that is said, and that it is no reason to refuse the source.
  expect(test.stdout.match(/FAILED +.*/g)).toEqual([expect.stringMatching(/Reach the ESXi hosts: 5 of 5/)]);
  expect(test.code).toBe(1);
});

it("an authority's file does instead of a pin; the privilege an account lacks is named", async () => {
  const args = ["--user", READER.username, "--password-file", "reader", "--ca-file", "ca.pem"];
  const { source } = await ask("sources", "add", "Reader", lab.url, ...args);
  expect(source).toMatchObject({ trust: { kind: "ca" } });
  const test = await cli("sources", "test", "Reader");
  expect(test.stdout).toMatch(/FAILED +Make and remove snapshots: .*VirtualMachine\.State\.CreateSnapshot/);
  await ask("sources", "remove", "Reader");
});

it("lists and shows what REST tells", async () => {
  const { machines, total } = await ask("vms", "list", "--source", "Lab", "--limit", "1000");
  expect(total).toBe(21);
  const [{ id }] = (await ask("sources", "list")).sources as unknown as [{ id: string }];
  expect((await rest(`/machines?sourceId=${id}&limit=1000`)).items).toEqual(machines);
  expect((await ask("vms", "list", "--on", "--search", "web-01")).machines).toMatchObject([
    { name: "web-01", power: "on", family: "linux", diskCount: 2 },
  ]);
  const { machine } = await ask("vms", "show", "web-01");
  expect(await rest(`/sources/${id}/machine?machineId=${(machine as unknown as { id: string }).id}`)).toEqual(machine);
  expect((await cli("vms", "show", "web-01")).stdout).toMatch(/blocked: .*physical raw device mapping/);
});

it("switches off and on after a yes", async () => {
  expect((await cli("vms", "off", "web-01")).stderr).toContain("--yes");
  expect((await lab.control.machine("web-01")).state).toBe("poweredOn");
  await ask("vms", "off", "web-01", "--yes");
  expect((await lab.control.machine("web-01")).state).toBe("poweredOff");
  await expect
    .poll(async () => (await ask("vms", "list", "--off", "--search", "web-01")).total, { timeout: 20_000 })
    .toBe(1);
  await ask("vms", "on", "web-01", "--yes");
  expect((await lab.control.machine("web-01")).state).toBe("poweredOn");
});

it("keeps passwords out of what is shown and logged", async () => {
  const log = readFileSync(join(folder, "data", "logs", "hypersdk.log"), "utf8");
  const shown = JSON.stringify(await ask("sources", "list"));
  for (const secret of [lab.password, READER.password, "not the password"]) {
    expect(log).not.toContain(secret);
    expect(shown).not.toContain(secret);
  }
});

/** The answer of the running program's REST port. */
async function rest(path: string): Promise<Record<string, never>> {
  const { url, tokenFile } = JSON.parse(readFileSync(join(folder, "data", "service.json"), "utf8")) as {
    url: string;
    tokenFile: string;
  };
  const authorization = `Bearer ${readFileSync(tokenFile, "utf8").trim()}`;
  const answer = await fetch(`${url}/api/v1${path}`, { headers: { authorization } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, never>;
}
