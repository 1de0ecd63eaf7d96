/** `hypersdk export` against a running program, on folders of machines whose disks' contents are known. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { type RunningCli, runCli, startCli } from "./testing/spawn-cli.ts";
import { qemuCompare, qemuImage, writeStampedRaw } from "./testing/stamped-image.ts";

const MiB = 2 ** 20;
let folder = "";
let out = "";
let service: RunningCli;
const cli = (...args: string[]) => runCli([...args, "--data-dir", "data"], { cwd: folder });
/** The last line of JSON. */
async function ask(...args: string[]): Promise<Record<string, never>> {
  const { code, stderr, json } = await cli(...args, "--json");
  expect(code, stderr).toBe(0);
  return json().at(-1) as Record<string, never>;
}
const truth = (name: string) => join(folder, `${name}.raw`);
/** The exit code of a check of a package against its manifest. */
const checked = async (name: string) => (await runCli(["manifest", join(out, name)], { cwd: folder })).code;
const made = () => readdirSync(out).sort();

/** A VMX of these disks, made from raw files beside the folder. */
function machine(source: string, name: string, disks: readonly string[]): void {
  const home = join(folder, source, name);
  mkdirSync(home, { recursive: true });
  const lines = disks.flatMap((disk, index) => {
    qemuImage(truth(disk), home, `${disk}.vmdk`, ["-O", "vmdk"]);
    return [`scsi0:${index}.fileName = "${disk}.vmdk"`, `scsi0:${index}.present = "TRUE"`];
  });
  const facts = ['config.version = "8"', `displayName = "${name}"`, 'guestOS = "debian11-64"', 'memsize = "512"'];
  writeFileSync(join(home, `${name}.vmx`), [...facts, 'scsi0.present = "TRUE"', ...lines, ""].join("\n"));
}

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "hypersdk-cli-export-")));
  writeStampedRaw(truth("system"), 24 * MiB);
  writeStampedRaw(truth("data"), 9 * MiB + 512);
  machine("lab", "web", ["system", "data"]);
  machine("lab", "db", ["system"]);
  machine("other", "db", ["data"]);
  service = startCli(["serve", "--port", "0", "--data-dir", "data", "--json"], { cwd: folder });
  await service.says('"listening"');
  await ask("sources", "add", "Lab", "lab");
  await ask("sources", "add", "Other", "other");
  await vi.waitFor(async () => expect((await ask("vms", "list")).total).toBe(3), 20_000);
});
afterAll(async () => {
  service?.child.kill("SIGKILL");
  await service?.ended;
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  out = mkdtempSync(join(folder, "out-"));
});

it("makes an OVA that others open, of the same disks, and says what it made", async () => {
  const { exports } = await ask("export", "web", "--to", out, "--compression", "9");
  expect(exports).toMatchObject([
    { machineName: "web", run: { state: "succeeded" }, export: { output: "ova", path: join(out, "web.ova") } },
  ]);
  expect(made()).toEqual(["web.export.json", "web.ova"]);
  execFileSync("tar", ["-xf", "web.ova"], { cwd: out });
  const disks = made().filter((name) => name.endsWith(".vmdk"));
  expect(disks).toHaveLength(2);
  for (const [index, name] of ["system", "data"].entries()) {
    qemuCompare(join(out, disks[index] ?? ""), "vmdk", truth(name), "raw");
  }
  expect(await checked("web.ova")).toBe(0);
  const { disks: told } = JSON.parse(readFileSync(join(out, "web.export.json"), "utf8"));
  expect(told).toHaveLength(2);
});

it.each([
  ["ova", "sha1", "."],
  ["ovf", "sha512", "web"],
] as const)(
  "makes an %s whose manifest is by the digest asked for, %s, and says so of the job",
  async (as, digest, at) => {
    const { exports } = await ask("export", "web", "--to", out, "--as", as, "--digest", digest);
    const [{ runId }] = exports as unknown as [{ runId: string }];
    if (as === "ova") execFileSync("tar", ["-xf", "web.ova"], { cwd: out });
    execFileSync(`${digest}sum`, ["--check", "--strict", "web.mf"], { cwd: join(out, at), stdio: "pipe" });
    const told = await runCli(["manifest", join(out, as === "ova" ? "web.ova" : "web/web.ovf")], { cwd: folder });
    expect([told.code, told.stdout]).toEqual([
      0,
      expect.stringMatching(new RegExp(`web-disk2\\.vmdk .* ${digest.toUpperCase()} +fits`)),
    ]);
    expect((await cli("jobs", "show", runId)).stdout).toMatch(new RegExp(`Digest +${digest}\n`));
  },
);

it("makes disks of several machines at once in the format and the way asked for", async () => {
  const to = ["--to", out, "--as", "qcow2", "--option", "compress=zstd", "--option", "block=1M"];
  const { code, stdout, stderr } = await cli("export", "web", "db", "--source", "Lab", ...to);
  expect(code, stderr).toBe(0);
  expect(made().filter((name) => name.endsWith(".qcow2"))).toEqual([
    "db-disk1.qcow2",
    "web-disk1.qcow2",
    "web-disk2.qcow2",
  ]);
  for (const [file, name] of [
    ["db-disk1", "system"],
    ["web-disk1", "system"],
    ["web-disk2", "data"],
  ] as const) {
    qemuCompare(join(out, `${file}.qcow2`), "qcow2", truth(name), "raw");
  }
  const info = JSON.parse(
    execFileSync("qemu-img", ["info", "--output=json", join(out, "db-disk1.qcow2")], { encoding: "utf8" }),
  );
  expect(info).toMatchObject({ "cluster-size": MiB, "format-specific": { data: { "compression-type": "zstd" } } });
  expect(stdout).toMatch(/Machine +web\n[\s\S]*Machine +db\n/);
  expect(stdout).toMatch(/SHA-256 +[0-9a-f]{64}\n/);
  expect(stderr).toContain("web: succeeded");
  expect(stderr).toMatch(/web: copying +\d+ %/);
});

it("exports the disk that was named, by its label or its key, under the name asked for", async () => {
  await ask("export", "web", "--to", out, "--as", "raw", "--name", "mine", "--disk", "data.vmdk");
  expect(made()).toEqual(["mine-disk1.raw", "mine.export.json"]);
  qemuCompare(join(out, "mine-disk1.raw"), "raw", truth("data"), "raw");
  const unknown = await cli("export", "web", "--to", out, "--disk", "sda");
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("system.vmdk")]);
  const both = await cli("export", "web", "db", "--source", "Lab", "--to", out, "--disk", "sda");
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("about one machine")]);
});

it("only plans with --plan: names what would be made and what is in the way, and makes nothing", async () => {
  const good = await cli("export", "web", "--to", out, "--plan");
  expect([good.code, good.stdout]).toEqual([0, expect.stringContaining(join(out, "web.ova"))]);
  expect(good.stdout).toMatch(/Space +.* needed, .* free/);
  const bad = await cli("export", "web", "--to", "nowhere", "--plan", "--json");
  expect(bad.code).toBe(1);
  expect(bad.json().at(-1)).toMatchObject({
    type: "result",
    plan: { problems: [{ severity: "error", error: { code: "path.not-found" } }] },
  });
  expect(made()).toEqual([]);
});

it("takes another name where files are there, refuses one that was asked for, and replaces when told to", async () => {
  writeFileSync(join(out, "db.ova"), "mine");
  const named = ["export", "db", "--source", "Lab", "--to", out, "--name", "db"];
  const refused = await cli(...named);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("db.ova exists already")]);
  expect(refused.stderr).toContain("hint: Choose another name or overwrite.");
  expect(made()).toEqual(["db.ova"]);
  await ask("export", "db", "--source", "Lab", "--to", out);
  expect(made()).toEqual(["db-2.export.json", "db-2.ova", "db.ova"]);
  expect(readFileSync(join(out, "db.ova"), "utf8")).toBe("mine");
  await ask(...named, "--force");
  expect(await checked("db.ova")).toBe(0);
});

it("says which machine it does not know, and whose it may be where several are called so", async () => {
  const nobody = await cli("export", "web", "nobody", "--to", out);
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("There is no machine nobody")]);
  const several = await cli("export", "db", "--to", out);
  expect([several.code, several.stderr]).toEqual([2, expect.stringContaining("lab/db/db.vmx of Lab")]);
  expect(several.stderr).toContain("other/db/db.vmx of Other");
  await ask("export", join(folder, "other/db/db.vmx"), join(folder, "other/db/db.vmx"), "--to", out, "--as", "raw");
  expect(made()).toEqual(["db-disk1.raw", "db.export.json"]);
  qemuCompare(join(out, "db-disk1.raw"), "raw", truth("data"), "raw");
});

it("tells every problem of several machines, and starts none of them", async () => {
  const before = (await ask("jobs", "list")).total;
  for (const name of ["web.ova", "web.export.json"]) writeFileSync(join(out, name), "mine");
  const { code, json } = await cli("export", "web", "--to", out, "--name", "web", "--json");
  expect(code).toBe(1);
  expect(json().filter(({ type }) => type === "problem")).toMatchObject([
    { about: "web", severity: "error", error: { code: "target.exists" } },
    { about: "web", severity: "error", error: { code: "target.exists" } },
  ]);
  expect(json().at(-1)).toMatchObject({ type: "error", error: { code: "target.exists" } });
  expect((await ask("jobs", "list")).total).toBe(before);
});

it("keeps a limit by the hour of the day, says until when, and Ctrl+C leaves nothing of any of them", async () => {
  const hours = ["00:00-12:00=1M", "12:00-00:00=1M"].flatMap((limit) => ["--limit-at", limit]);
  const args = ["export", "web", "db", "--source", "Lab", "--to", out, "--as", "raw", "--limit", "50MB/s", ...hours];
  const running = startCli([...args, "--data-dir", "data"], { cwd: folder });
  await running.says("web: Limit of 1 MiB/s");
  await running.says("db: copying");
  await running.says("web: copying");
  const [{ id }] = (await ask("jobs", "list", "--active")).runs as unknown as [{ id: string }];
  expect((await cli("jobs", "show", id)).stdout).toMatch(/Limit by time +1\.00 MiB\/s from 00:00 to 12:00/);
  expect((await cli("jobs", "show", id)).stdout).toMatch(/system\.vmdk: .+ of .+, copying/);
  running.child.kill("SIGINT");
  const { code, stderr } = await running.ended;
  expect([code, stderr]).toEqual([130, expect.stringContaining("2 of 2 exports were canceled")]);
  expect(made()).toEqual([]);
  const { runs } = await ask("jobs", "list", "--limit", "2");
  expect(runs).toMatchObject([{ state: "canceled" }, { state: "canceled" }]);
  expect((await cli("jobs", "log", id)).stdout).toContain("Limit of 1 MiB/s");
});

it("tells what was made of some when another one was canceled from elsewhere", async () => {
  const args = ["export", "web", "db", "--source", "Lab", "--to", out, "--as", "raw", "--limit", "512K", "--json"];
  const running = startCli([...args, "--data-dir", "data"], { cwd: folder });
  await running.says('"subject":"db","phase":"copying"');
  const runs = (await ask("jobs", "list", "--active")).runs as unknown as { id: string; name: string }[];
  const idOf = (name: string) => runs.find((run) => run.name.startsWith(name))?.id ?? "";
  expect((await cli("jobs", "cancel", idOf("db"))).code).toBe(0);
  expect((await cli("jobs", "limit", idOf("web"), "none")).code).toBe(0);
  const { code, json } = await running.ended;
  expect(code).toBe(130);
  expect(json().filter(({ type }) => type === "export")).toMatchObject([{ machineName: "web", export: { path: out } }]);
  expect(json().at(-1)).toMatchObject({ type: "error", error: { code: "job.canceled" } });
  expect(made()).toEqual(["web-disk1.raw", "web-disk2.raw", "web.export.json"]);
  qemuCompare(join(out, "web-disk2.raw"), "raw", truth("data"), "raw");
});

it("starts and returns at once with --detach; the run is followed like any other", async () => {
  const { started } = await ask("export", "db", "--source", "Other", "--to", out, "--as", "ovf", "--detach");
  const [{ runId }] = started as unknown as [{ runId: string }];
  const watched = await cli("jobs", "watch", runId);
  expect([watched.code, watched.stdout]).toEqual([0, expect.stringMatching(/db\.ovf\n {2}Made +ovf/)]);
  expect(await checked("db/db.ovf")).toBe(0);
});

it("is told what it got wrong on the command line before anything is tried", async () => {
  for (const [wrong, said] of [
    [["--limit-at", "08:00=10M"], "08:00-18:00=10M"],
    [["--as", "qcow2", "--compression", "4"], "compress=METHOD:LEVEL"],
    [["--as", "qcow2", "--digest", "sha1"], "manifest (.mf) of an OVA or OVF"],
    [["--digest", "md5"], "sha512"],
    [["--as", "qcow2", "--option", "backing=x"], "KEY=VALUE"],
    [["--option", "compress=zlib"], "--compression"],
    [["--as", "iso"], "ova"],
    [["--quiesce", "perhaps"], "require"],
  ] as const) {
    const { code, stderr } = await cli("export", "web", "--to", out, ...wrong);
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  }
  expect((await cli("sources", "leftovers", "Lab")).stdout).toContain("Nothing is left on Lab");
});
