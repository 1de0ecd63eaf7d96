/** `hypersdk schedules` and `hypersdk runs` against a running program. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningCli, runCli, startCli } from "./testing/spawn-cli.ts";

let folder = "";
let service: RunningCli;
const cli = (...args: string[]) => runCli([...args, "--data-dir", "data"], { cwd: folder });
async function ask(...args: string[]): Promise<Record<string, never>> {
  const { code, stderr, json } = await cli(...args, "--json");
  expect(code, stderr).toBe(0);
  return json().at(-1) as Record<string, never>;
}

/** A schedule that checks a disk that is there. */
function file(name: string, lines: string): string {
  writeFileSync(
    join(folder, name),
    `zone: Europe/Berlin\nwork:\n  kind: job\n  request: { kind: check, path: ${join(folder, "vm", "a.img")}, format: raw }\n${lines}`,
  );
  return name;
}

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "hypersdk-cli-schedules-")));
  mkdirSync(join(folder, "vm"));
  writeFileSync(join(folder, "vm", "a.img"), Buffer.alloc(65_536, 7));
  service = startCli(["serve", "--port", "0", "--data-dir", "data", "--json"], { cwd: folder });
  await service.says('"listening"');
  await cli("libraries", "add", "vm");
  file("nightly.yaml", "name: nightly\nwhen: { kind: cron, expression: '0 2 * * *' }\n");
});
afterAll(async () => {
  service.child.kill("SIGKILL");
  await service.ended;
  rmSync(folder, { recursive: true, force: true });
});

it("says what is wrong with a file at its fields, and saves nothing of it", async () => {
  file(
    "wrong.yaml",
    "name: wrong\nwhen: { kind: calendar, months: [2], days: { kind: days, days: [31] }, times: ['02:00'] }\n",
  );
  const refused = await cli("schedules", "add", "-f", "wrong.yaml");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("when")]);
  const validated = await cli("schedules", "validate", "-f", "wrong.yaml", "--json");
  expect(validated.code).toBe(1);
  expect(validated.json().at(-1)).toMatchObject({ problems: [{ field: expect.stringMatching(/^when/), fatal: true }] });
  const broken = await cli("schedules", "validate", "-f", file("broken.yaml", "name: [\n"));
  expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining("line")]);
  expect((await cli("schedules", "list")).stdout).toContain("No schedules");
});

it("adds, lists, shows, previews and edits one", async () => {
  expect((await cli("schedules", "add", "-f", "nightly.yaml")).stdout).toMatch(/^Added nightly \(/);
  expect((await cli("schedules", "list")).stdout).toMatch(
    /nightly +enabled +\d{4}-\d\d-\d\d .*Every day at 02:00 in Berlin/,
  );
  const shown = (await cli("schedules", "show", "NIGHTLY")).stdout;
  expect(shown).toContain(`Checks ${join(folder, "vm", "a.img")}.`);
  const { next } = await ask("schedules", "preview", "nightly");
  expect(next).toHaveLength(10);
  const again = await cli("schedules", "add", "-f", "nightly.yaml");
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("name")]);
  file("later.yaml", "name: nightly\nwhen: { kind: cron, expression: '30 3 * * *' }\n");
  await ask("schedules", "edit", "nightly", "-f", "later.yaml");
  expect((await ask("schedules", "show", "nightly")).schedule).toMatchObject({ when: { expression: "30 3 * * *" } });
});

it("pauses one or all with a reason and an end, and ends both", async () => {
  const now = Date.now();
  const { schedule } = await ask("schedules", "pause", "nightly", "--for", "2h", "--reason", "storage moves");
  const { pause } = schedule as { pause: { reason: string; untilAt: string } };
  expect(pause.reason).toBe("storage moves");
  expect(Date.parse(pause.untilAt) - now).toBeGreaterThan(7_190_000);
  expect(Date.parse(pause.untilAt) - now).toBeLessThan(7_300_000);
  expect((await cli("schedules", "list")).stdout).toMatch(/nightly +paused/);
  await ask("schedules", "resume", "nightly");
  expect((await ask("schedules", "pause", "--all")).status).toMatchObject({ pause: { untilAt: null } });
  expect((await ask("schedules", "list")).schedules).toMatchObject([{ pause: null, nextAt: null }]);
  expect((await ask("schedules", "resume", "--all")).status).toMatchObject({ pause: null });
  expect((await cli("schedules", "pause")).code).toBe(2);
  expect((await cli("schedules", "pause", "nightly", "--for", "soon")).code).toBe(2);
  const over = await cli("schedules", "pause", "nightly", "--until", "2020-01-01T00:00Z");
  expect([over.code, over.stderr]).toEqual([1, expect.stringContaining("untilAt")]);
});

it("shows what comes after what, and refuses to remove what others come after", async () => {
  const [{ id }] = (await ask("schedules", "list")).schedules as unknown as [{ id: string }];
  file("report.yaml", `name: report\nwhen: { kind: after }\ndependencies: [{ parentId: ${id} }]\n`);
  await ask("schedules", "add", "-f", "report.yaml");
  expect((await cli("schedules", "graph")).stdout).toBe("nightly\n  └ report (success)\n");
  const refused = await cli("schedules", "remove", "nightly");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('"report" comes after')]);
  await ask("schedules", "remove", "report");
});

it("runs one now; its run is listed, shown with its reasons, and has a log", async () => {
  await ask("schedules", "run", "nightly");
  const runs = async () =>
    (await ask("runs", "list", "--schedule", "nightly")).runs as unknown as { id: string; state: string }[];
  await expect.poll(async () => (await runs())[0]?.state, { timeout: 30_000 }).toBe("succeeded");
  const [run] = await runs();
  const shortId = run?.id.slice(0, 6) ?? "";
  expect((await cli("runs", "show", shortId)).stdout).toContain("started by hand");
  expect((await cli("runs", "log", shortId)).stdout).toMatch(/Accepted/);
  const retried = await cli("runs", "retry", shortId);
  expect(retried.code, retried.stdout).toBe(1);
  expect((await cli("runs", "cancel", "zzz")).stderr).toContain("There is no run zzz");
  await expect
    .poll(async () => (await ask("schedules", "list")).schedules)
    .toMatchObject([
      { recent: [{ state: "succeeded" }], lastSuccessAt: expect.any(String), predicted: { lowMs: expect.any(Number) } },
    ]);
});

it("exports what import takes back exactly, and takes nothing of a file with a mistake", async () => {
  await ask("schedules", "export", "-o", "all.yaml");
  const text = readFileSync(join(folder, "all.yaml"), "utf8");
  expect((await ask("schedules", "import", "all.yaml")).unchanged).toHaveLength(1);
  writeFileSync(
    join(folder, "bad.yaml"),
    text.replace("expression: 30 3", "expresion: 30 3").replace("enabled: true", "enabled: false"),
  );
  const bad = await cli("schedules", "import", "bad.yaml");
  expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining("schedules.0.when.expression")]);
  writeFileSync(join(folder, "off.yaml"), text.replace("enabled: true", "enabled: false"));
  expect((await cli("schedules", "import", "off.yaml", "--dry-run")).stdout).toContain("0 new, 1 changed");
  await ask("schedules", "export", "-o", "again.yaml");
  expect(readFileSync(join(folder, "again.yaml"), "utf8")).toBe(text);
});

it("simulates the coming days", async () => {
  const { runs, total } = await ask("schedules", "simulate", "--days", "3");
  expect(total).toBe(3);
  expect(runs).toHaveLength(3);
  expect((await cli("schedules", "simulate", "nightly", "--days", "1")).stdout).toContain("nightly");
});
