/** `hypersdk sources` and `hypersdk vms` against a running program, on a folder of machines. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type MachineFolder, makeMachineFolder } from "../../workers/providers/local/testing/machine-folder.ts";
import { type RunningCli, runCli, startCli } from "./testing/spawn-cli.ts";

let folder = "";
let made: MachineFolder;
let service: RunningCli;
const cli = (...args: string[]) => runCli([...args, "--data-dir", "data"], { cwd: folder });
async function ask(...args: string[]): Promise<Record<string, never>> {
  const { code, stderr, json } = await cli(...args, "--json");
  expect(code, stderr).toBe(0);
  return json().at(-1) as Record<string, never>;
}

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "hypersdk-cli-sources-")));
  mkdirSync(join(folder, "vm"));
  made = makeMachineFolder(join(folder, "vm"));
  writeFileSync(join(folder, "password"), "from-the-file\nsecond line\n");
  service = startCli(["serve", "--port", "0", "--data-dir", "data", "--json"], { cwd: folder });
  await service.says('"listening"');
});
afterAll(async () => {
  service.child.kill("SIGKILL");
  await service.ended;
  rmSync(folder, { recursive: true, force: true });
});

it("adds a folder by a relative path, lists and tests it", async () => {
  const { source } = await ask("sources", "add", "Machines", "vm", "--password-file", "password");
  expect(source).toMatchObject({ kind: "local", address: join(folder, "vm"), hasSecret: true });
  await expect.poll(async () => (await cli("sources", "list")).stdout).toMatch(/Machines +local +connected +5/);
  expect((await cli("sources", "test", "machines")).stdout).toContain("ok      Read the folder");
});

it("says why one cannot be added, and keeps nothing of it", async () => {
  const gone = await cli("sources", "add", "Gone", "gone");
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("does not exist")]);
  const twice = await cli("sources", "add", "Again", "vm");
  expect(twice.stderr).toContain("is the source Machines already");
  expect((await ask("sources", "list")).sources).toHaveLength(1);
});

it("takes a password from a pipe, and asks nobody where nobody is", async () => {
  const args = ["sources", "edit", "Machines", "--data-dir", "data", "--json"];
  const piped = startCli([...args, "--password-file", "-"], { cwd: folder, input: (stdin) => stdin.end("piped-in\n") });
  expect((await piped.ended).code).toBe(0);
  const asked = await cli("sources", "edit", "Machines", "--ask-password");
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining("--password-file")]);
  const empty = startCli([...args, "--password-file", "-"], { cwd: folder, input: (stdin) => stdin.end() });
  expect((await empty.ended).stderr).toContain("no password");
  expect(
    (await cli("sources", "add", "x", "https://x", "--fingerprint", "zz", "--password-file", "password")).code,
  ).toBe(2);
});

it("lists machines, filtered and sorted, and shows one with what is in the way", async () => {
  await expect.poll(async () => (await ask("vms", "list")).total).toBe(5);
  const { machines } = await ask("vms", "list", "--sort", "cpus", "--descending", "--limit", "2");
  expect(machines).toMatchObject([{ name: "web" }, { name: "box" }]);
  expect((await ask("vms", "list", "--windows", "--source", "Machines")).machines).toMatchObject([{ name: "web" }]);
  expect((await ask("vms", "list", "--on")).total).toBe(0);
  const text = (await cli("vms", "show", "web")).stdout;
  expect(text).toContain("windows2019srv-64");
  expect(text).toMatch(/blocked: .*gone\.vmdk/);
  expect((await ask("vms", "show", made.vbox)).machine).toMatchObject({ name: "box" });
  expect((await cli("vms", "show", "nobody")).stderr).toContain("There is no machine nobody");
});

it("asks before it switches one off, and says what a source cannot do", async () => {
  expect((await cli("vms", "off", "web")).stderr).toContain("--yes");
  const refused = await cli("vms", "off", "web", "--yes");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("cannot be switched")]);
});

it("disables, enables, renames and removes", async () => {
  await ask("sources", "disable", "Machines");
  expect((await ask("sources", "list")).sources).toMatchObject([{ enabled: false, connection: { state: "disabled" } }]);
  await ask("sources", "enable", "Machines");
  await ask("sources", "edit", "Machines", "--name", "Renamed");
  expect((await cli("sources", "remove", "Renamed")).stdout).toContain("Removed Renamed");
  expect((await cli("sources", "list")).stdout).toContain("No sources");
});
