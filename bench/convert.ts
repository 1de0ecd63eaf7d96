/**
 * How long does a conversion take beside qemu-img? Each figure is a whole process on a warm cache, run in turn with the others; the
 * ratio is taken pair by pair. Ours makes its result durable (fsync, rename); so does `qemu-img -t writeback`, while qemu-img's
 * default leaves the result in the page cache. Every result is compared with its source once; a wrong one ends the measurement.
 *
 *   npm run bench -- convert [--data MIB] [--pairs N] [--folder DIR]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ConvertSpec } from "../src-core/model/task.ts";
import { makeSourceImage } from "./source-image.ts";

const MiB = 1024 * 1024;
const CHILD = new URL("../workers/tasks/testing/run-child.ts", import.meta.url).pathname;

type Target = "qcow2" | "raw";

interface Source {
  readonly label: string;
  readonly path: string;
  readonly format: string;
}

export async function convertBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string", default: "512" },
      pairs: { type: "string", default: "5" },
      folder: { type: "string", default: tmpdir() },
    },
  });
  const dataBytes = count("--data", values.data) * MiB;
  const pairs = count("--pairs", values.pairs);
  const folder = mkdtempSync(join(values.folder, "hypersdk-bench-"));
  try {
    console.log(execFileSync("qemu-img", ["--version"], { encoding: "utf8" }).split("\n")[0]);
    console.log(
      `Node ${process.version}; about ${dataBytes / MiB} MiB of data; ${pairs} rounds; seconds, min / median / max`,
    );
    const raw = makeSourceImage(folder, dataBytes);
    const sources: Source[] = [{ label: "raw", path: raw, format: "raw" }, ...makeVariants(raw, folder)];
    console.log(row("conversion", "ours", "qemu-img -t writeback", "ratio", "qemu-img default", "ratio"));
    for (const source of sources) {
      for (const target of ["qcow2", "raw"] as const) console.log(measure(source, target, folder, pairs));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${option} takes a whole number above 0, not ${text}`);
  return value;
}

function makeVariants(raw: string, folder: string): Source[] {
  const variants = [
    {
      label: "vmdk streamOptimized",
      format: "vmdk",
      name: "stream.vmdk",
      options: ["-o", "subformat=streamOptimized"],
    },
    {
      label: "vmdk monolithicSparse",
      format: "vmdk",
      name: "sparse.vmdk",
      options: ["-o", "subformat=monolithicSparse"],
    },
    { label: "qcow2", format: "qcow2", name: "plain.qcow2", options: [] },
  ];
  return variants.map(({ label, format, name, options }) => {
    const path = join(folder, name);
    execFileSync("qemu-img", ["convert", "-f", "raw", "-O", format, ...options, raw, path]);
    return { label, path, format };
  });
}

/** One line of the table. */
function measure(source: Source, target: Target, folder: string, pairs: number): string {
  const out = join(folder, `out.${target}`);
  warm(source.path);
  const ours: number[] = [];
  const durable: number[] = [];
  const cached: number[] = [];
  for (let round = 0; round < pairs; round += 1) {
    ours.push(timed(out, () => runOurs(source, target, out, folder)));
    if (round === 0) execFileSync("qemu-img", ["compare", "-f", source.format, "-F", target, source.path, out]);
    durable.push(timed(out, () => runQemu(source, target, out, ["-t", "writeback"])));
    cached.push(timed(out, () => runQemu(source, target, out, [])));
  }
  const ratio = (theirs: readonly number[]) => spread(ours.map((seconds, i) => seconds / (theirs[i] ?? Number.NaN)));
  return row(
    `${source.label} → ${target}`,
    spread(ours),
    spread(durable),
    ratio(durable),
    spread(cached),
    ratio(cached),
  );
}

/** Reads a file once, so that every run finds it in the page cache. */
function warm(path: string): void {
  const buffer = Buffer.allocUnsafe(4 * MiB);
  const file = openSync(path, "r");
  try {
    while (readSync(file, buffer) > 0);
  } finally {
    closeSync(file);
  }
}

/** Seconds of `run`; the output of the run before is removed outside the time taken. */
function timed(out: string, run: () => void): number {
  rmSync(out, { force: true });
  const beganAt = performance.now();
  run();
  return (performance.now() - beganAt) / 1000;
}

function runOurs(source: Source, target: Target, out: string, folder: string): void {
  const spec: ConvertSpec = {
    kind: "convert",
    sourcePath: source.path,
    sourceFormat: source.format === "raw" ? "raw" : undefined,
    targets: [{ path: out, format: target, options: {}, overwrite: false, partialPath: `${out}.partial` }],
    sync: true,
    roots: [folder],
  };
  const { stdout } = spawnSync(process.execPath, [CHILD], {
    input: JSON.stringify({ spec, resumeFrom: null }),
    encoding: "utf8",
  });
  if (!stdout.includes('"finished"')) throw new Error(`our conversion failed: ${stdout.trim().split("\n").at(-1)}`);
}

function runQemu(source: Source, target: Target, out: string, options: readonly string[]): void {
  execFileSync("qemu-img", ["convert", ...options, "-f", source.format, "-O", target, source.path, out]);
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, median, max] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return [min, median, max].map((value) => (value ?? Number.NaN).toFixed(2)).join(" / ");
}

function row(...cells: string[]): string {
  return cells.map((cell, index) => cell.padEnd(index === 0 ? 30 : 22)).join(" ");
}
