/** The cost commands alone: no program, workloads and books as files. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pricesFolder, SHIPPED_BOOK } from "../files/prices-folder.ts";
import { runCli } from "./testing/spawn-cli.ts";
import { writeStampedRaw } from "./testing/stamped-image.ts";

let folder = "";
let env: Record<string, string> = {};
const cli = (...args: string[]) => runCli(["cost", ...args], { cwd: folder, env });
const json = (text: string) => JSON.parse(text.trim().split("\n").at(-1) ?? "");

const job = {
  kind: "job",
  months: 12,
  initialBytes: 2 ** 40,
  changeBytesPerDay: 2 ** 33,
  retention: { daily: 7, weekly: 4, monthly: 12, yearly: 0 },
  objectBytes: 2 ** 30,
  partBytes: 2 ** 26,
};
const deep = "aws/us-east-1/deep-archive";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-cost-"));
  env = { HYPERSDK_DATA_DIR: join(folder, "no-program") };
  writeFileSync(join(folder, "job.json"), JSON.stringify(job));
  const [provider, region, storageClass] = deep.split("/");
  const question = { workload: job, offer: { provider, region, class: storageClass }, restore: { bytes: 2 ** 40 } };
  writeFileSync(join(folder, "question.json"), JSON.stringify(question));
  cpSync(join(pricesFolder(), SHIPPED_BOOK), join(folder, "book.json"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("questions", () => {
  it("the same files give the same bytes, and the simple form its cents", async () => {
    const args = ["estimate", "--workload", "job.json", "--book", "book.json", "--offer", deep, "--json"];
    const [first, second] = [await cli(...args), await cli(...args)];
    expect(first.code).toBe(0);
    expect(second.stdout).toBe(first.stdout);
    expect(json(first.stdout)).toMatchObject({ type: "result", currency: "USD", offer: { class: "deep-archive" } });
    const simple = await cli(
      "estimate",
      "--storage",
      "1000",
      "--transfer",
      "200",
      "--offer",
      "aws/us-east-1/standard",
      "--json",
    );
    expect(json(simple.stdout)).toMatchObject({ total: "32", parts: { storage: "23", egress: "9" } });
  });

  it("compare, project, quote, check and recommend answer programs and people", async () => {
    const compared = json((await cli("compare", "--workload", "job.json", "--provider", "aws", "--json")).stdout);
    expect(compared.rows.length).toBeGreaterThan(20);
    // Nobody knows all that Azure asks for: what is unknown comes last.
    const partly = json((await cli("compare", "--workload", "job.json", "--provider", "azure", "--json")).stdout);
    const totals = partly.rows.map(({ total }: { total: string | null }) => total);
    expect(totals).toContain(null);
    expect(totals.slice(totals.indexOf(null)).every((total: string | null) => total === null)).toBe(true);
    expect(json((await cli("project", "--workload", "question.json", "--json")).stdout).offers).toHaveLength(1);
    expect((await cli("project", "--workload", "job.json", "--provider", "aws")).stdout).toMatch(/in all/);
    expect((await cli("quote", "--workload", "question.json", "--speed", "bulk")).stdout).toMatch(/Wait +0–48 h/);
    expect((await cli("check", "--workload", "question.json")).stdout).toMatch(/increment .*7 days +173 days/);
    expect((await cli("recommend", "--workload", "job.json", "--max-wait", "0", "--provider", "aws")).stdout).toMatch(
      /cheapest of/,
    );
  }, 240_000);

  it.each([
    ["no offer", ["estimate", "--storage", "5"], /Say which offer/],
    ["a number that is none", ["estimate", "--storage", "-5", "--offer", deep], /0 or more/],
    ["a file that is a page", ["estimate", "--workload", "page.json", "--offer", deep], /page\.json is a web page/],
    ["a field", ["estimate", "--workload", "bad.json", "--offer", deep], /workload\.months: /],
    ["a line", ["estimate", "--workload", "half.json", "--offer", deep], /half\.json is not JSON: line 3/],
  ])("%s is told where it is", async (_, args, message) => {
    writeFileSync(join(folder, "page.json"), "<!doctype html><title>Sign in</title>");
    writeFileSync(join(folder, "bad.json"), JSON.stringify({ ...job, months: -1 }));
    writeFileSync(join(folder, "half.json"), '{\n  "kind": "job",\n  "months": ');
    const { code, stderr } = await cli(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("the book", () => {
  it("is shown, verified, compared and taken", async () => {
    expect((await cli("book", "show")).stdout).toMatch(/shipped, signed \(2026-1\)/);
    const shipped = join(pricesFolder(), SHIPPED_BOOK);
    expect((await cli("book", "verify", shipped)).stdout).toMatch(/signed with the key 2026-1/);
    const book = JSON.parse(readFileSync(shipped, "utf8"));
    book.serial += 1;
    book.providers[0].regions[0].prices["standard-storage"].bands[0].price = "0.03";
    writeFileSync(join(folder, "next.json"), JSON.stringify(book));
    expect((await cli("book", "verify", "next.json")).stderr).toMatch(/not signed/);
    expect((await cli("book", "diff", "book.json", "next.json")).stdout).toMatch(
      /standard-storage +dearer +0\.023 +0\.03 +30\.4/,
    );
    expect((await cli("book", "import", "next.json")).code).toBe(1);
    expect((await cli("book", "import", "next.json", "--unsigned")).stdout).toMatch(/imported, not signed/);
    expect((await cli("book", "diff")).stdout).toMatch(/dearer/);
  }, 240_000);
});

it("size: a real disk, sampled", async () => {
  writeStampedRaw(join(folder, "disk.raw"), 16 * 2 ** 20);
  const { code, stdout } = await cli("size", "disk.raw", "--format", "qcow2", "--compression", "zstd", "--json");
  expect(code).toBe(0);
  const { size, state, target } = json(stdout);
  expect(target).toMatchObject({ format: "qcow2", compression: "zstd", level: 3 });
  expect(["exact", "precise", "budget"]).toContain(state);
  expect(size.lowBytes).toBeLessThanOrEqual(size.likelyBytes);
});
