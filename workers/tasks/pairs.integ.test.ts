/** Every reader with every writer, through the task: what comes out is what went in, for this program and for qemu-img. */
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import type { TargetOptions } from "../../src-core/model/target.ts";
import type { ResultOf, TaskKind, TaskSpec } from "../../src-core/model/task.ts";
import { FORMATS } from "../formats/registry.ts";
import { openFiles } from "../formats/testing/fixture.ts";
import { FIXTURES } from "../formats/testing/fixtures.ts";
import { qemuName, writeRawFile } from "../formats/testing/qemu-img.ts";
import { randomDisk } from "../formats/testing/test-disk.ts";
import { createTaskContext } from "../task-context.ts";
import { runTask } from "./run-task.ts";
import { convertSpec, GiB, MiB, qemuImg, tempFolder, writeStampedRaw } from "./testing/rig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());

/** Runs a task on this thread. */
async function run<K extends TaskKind>(spec: Extract<TaskSpec, { kind: K }>): Promise<ResultOf<K>> {
  const start = { resumeFrom: null, control: new SharedArrayBuffer(8) };
  const ctx = createTaskContext({ start, post: () => {}, now: () => Date.now() });
  try {
    return (await runTask(spec, ctx)) as ResultOf<K>;
  } finally {
    ctx.end();
  }
}

interface Way {
  readonly format: FormatId;
  readonly label: string;
  readonly options: TargetOptions;
}

/** Every variant of every format that is written, with each way of compressing and each sector size it has. */
const WAYS: readonly Way[] = FORMATS.filter(({ create }) => create !== undefined).flatMap(({ info }) =>
  info.variants.flatMap((variant) =>
    variant.compression.flatMap(({ method }) =>
      variant.sectorBytes.map((sectorBytes) => ({
        format: info.id,
        label: [info.id, variant.id, method, sectorBytes].join(" "),
        options: { subformat: variant.id, sectorBytes, compression: { method } },
      })),
    ),
  ),
);

/** Converts it every way in one pass after another of as many targets as one takes. @returns the targets' main files, as WAYS are. */
async function everyWay(sourcePath: string, sourceFormat: FormatId, into: string): Promise<string[]> {
  mkdirSync(into);
  const paths = WAYS.map(({ format }, index) => `${into}/${index}.${format}`);
  const one = (index: number) => {
    const [way, path] = [WAYS[index], paths[index]];
    if (way === undefined || path === undefined) return [];
    const { format: targetFormat, options } = way;
    const partialPath = `${path}.partial`;
    return convertSpec({
      sourcePath,
      sourceFormat,
      targetPath: path,
      targetFormat,
      partialPath,
      roots: [folder.path],
      options,
    }).targets;
  };
  const roots = [folder.path];
  for (let first = 0; first < WAYS.length; first += 4) {
    const targets = [0, 1, 2, 3].flatMap((step) => one(first + step));
    await run<"convert">({ kind: "convert", sourcePath, sourceFormat, targets, sync: false, roots });
  }
  return paths;
}

/** Each of these holds what `raw` does, for this program and for qemu-img if it is asked; a target may be longer by zeros. */
async function expectContent(raw: string, paths: readonly string[], askQemu = true): Promise<void> {
  for (const [index, path] of paths.entries()) {
    const { format, label, options } = WAYS[index] ?? { format: "raw", label: "", options: {} };
    const compared = await run<"compare">({
      kind: "compare",
      a: { path: raw, format: "raw" },
      b: { path, format },
      mode: { mode: "full" },
      roots: [folder.path],
    });
    expect(compared, label).toMatchObject({ equal: true });
    // qemu-img opens no VHDX of such sectors.
    if (!askQemu || options.sectorBytes === 4096) continue;
    const said = qemuImg("compare", "-f", "raw", "-F", qemuName(format), raw, path);
    expect(said, label).toContain("Images are identical");
  }
}

const SEED = 20;
/** A multiple of nothing. */
const DISK = randomDisk(SEED, 5_860_483, 512, 24);
const raw = folder.file("disk.raw");

beforeAll(() => writeRawFile(raw, DISK));

describe(`a random map of ${DISK.virtualSizeBytes} bytes (seed ${SEED})`, () => {
  let written: string[] = [];
  beforeAll(async () => {
    written = await everyWay(raw, "raw", folder.file("written"));
  });

  test("written every way", () => expectContent(raw, written));

  test.each(WAYS.map(({ label, format }, index) => ({ label, format, index })))(
    "read from $label, written every way",
    async ({ format, index }) => {
      const into = folder.file(`from-${index}`);
      await expectContent(raw, await everyWay(written[index] ?? "", format, into));
      rmSync(into, { recursive: true });
    },
  );
});

const built = FORMATS.flatMap(({ info }) => FIXTURES[info.id]());

describe("images as other programs make them, written every way", () => {
  test.each(built.map((fixture, index) => ({ label: `${fixture.format}: ${fixture.name}`, fixture, index })))(
    "$label",
    async ({ fixture, index }) => {
      const reader = await openFiles(fixture);
      await reader.close();
      const from = folder.file(`built-${index}`);
      mkdirSync(from);
      for (const [name, bytes] of fixture.files) writeFileSync(`${from}/${name}`, bytes);
      writeRawFile(`${from}/content.raw`, fixture.disk);
      const converted = everyWay(`${from}/${fixture.main}`, fixture.format, `${from}/out`);
      if (reader.backing === null) await expectContent(`${from}/content.raw`, await converted, false);
      // Its parent is not there.
      else await expect(converted).rejects.toMatchObject({ code: expect.stringMatching(/^disk\.backing-/) });
      rmSync(from, { recursive: true });
    },
  );
});

describe("sizes at the edges", () => {
  test.each([1, 512, 513])("a disk of %i bytes, every way and back", async (size) => {
    const small = folder.file(`small-${size}.raw`);
    writeFileSync(small, Buffer.alloc(size, 0xc3));
    const there = await everyWay(small, "raw", folder.file(`small-${size}`));
    await expectContent(small, there);
    for (const [index, path] of there.entries()) {
      const back = await everyWay(path, WAYS[index]?.format ?? "raw", folder.file(`back-${size}-${index}`));
      await expectContent(small, back);
    }
  });

  test("no bytes at all: refused by name", async () => {
    const nothing = folder.file("nothing.raw");
    writeFileSync(nothing, "");
    await expect(everyWay(nothing, "raw", folder.file("nothing"))).rejects.toMatchObject({ code: "disk.truncated" });
  });

  test("more than 2 TiB with data at both ends", async () => {
    const size = 2048 * GiB + 5 * MiB + 512;
    const large = folder.file("large.raw");
    const ends = [
      { start: 0, length: MiB },
      { start: size - 512 * 77, length: 512 * 77 },
    ];
    writeStampedRaw(large, size, ends);
    const roots = [folder.path];
    // The others store each byte, zeros as well, or end below 2 TiB.
    const ways = WAYS.filter(
      ({ format, options }) =>
        ["qcow2", "vmdk", "vhdx", "raw", "vdi"].includes(format) &&
        options.subformat !== "static" &&
        options.subformat !== "fixed",
    );
    for (const [index, { format, label, options }] of ways.entries()) {
      const targetPath = folder.file(`large-${index}.${format}`);
      const way = {
        sourcePath: large,
        targetPath,
        targetFormat: format,
        partialPath: `${targetPath}.partial`,
        roots,
        options,
      };
      await run<"convert">(convertSpec({ ...way, sync: false }));
      expect(statSync(targetPath).blocks * 512, label).toBeLessThan(300 * MiB);
      const compared = {
        kind: "compare",
        a: { path: large },
        b: { path: targetPath, format },
        mode: { mode: "full" },
        roots,
      } as const;
      expect(await run<"compare">(compared), label).toMatchObject({ equal: true });
      rmSync(targetPath);
    }
    const targetPath = folder.file("large.vhd");
    const vhd = {
      sourcePath: large,
      targetPath,
      targetFormat: "vhd",
      partialPath: `${targetPath}.partial`,
      roots,
    } as const;
    await expect(run<"convert">(convertSpec(vhd))).rejects.toMatchObject({ code: "disk.too-large" });
  });
});
