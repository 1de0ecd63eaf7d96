/**
 * Does memory stay the same however large the disk is? Each conversion is run on a disk of 4 GiB and on one of 1 TiB, both with
 * data at both ends and spread between, by our command line as a whole process; GNU time tells its largest resident set.
 *
 *   npm run bench -- memory [--data MIB] [--pairs N] [--only PATTERN] [--folder DIR] [--json FILE|-]
 *   npm run bench -- memory --table FILE     the table of a result, in Markdown
 *
 * The folder must hold the data three times: as raw, as the source, as the result. Ends with 1 when a row does not keep the limits.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Image, KINDS, type KindName, ourConversion, runPlain } from "./images.ts";
import { problemsOf } from "./judge.ts";
import { describeMachine } from "./machine.ts";
import { MemoryResult, type MemoryRow, readResult, type Sample } from "./result.ts";
import { type BenchOptions, choose, empty, inSession, parseOptions, sample, save, say } from "./session.ts";
import { makeSparseImage } from "./sparse-image.ts";
import { summarizeMemory } from "./statistics.ts";
import { memoryTable } from "./table.ts";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const TiB = 1024 * GiB;
/** The small disk cannot hold all the data of the huge one: at most so much. */
const SMALL_DATA = 2 * GiB;

interface Row {
  readonly id: string;
  readonly from: KindName;
  readonly to: KindName;
}

const PAIRS: readonly (readonly [KindName, readonly KindName[]])[] = [
  ["raw", ["qcow2", "sparse", "stream", "vhdx", "zstd"]],
  ["sparse", ["raw", "qcow2", "vhdx", "vhd", "vdi"]],
  ["qcow2", ["raw", "vhdx", "sparse", "qcow2"]],
  ["stream", ["qcow2", "vhdx"]],
];
const ROWS: readonly Row[] = PAIRS.flatMap(([from, targets]) =>
  targets.map((to) => ({ id: `${from}-to-${to}`, from, to })),
);

/** The two disks, in the order in which they are converted. */
const DISKS = [
  { size: "small", virtualBytes: 4 * GiB },
  { size: "huge", virtualBytes: TiB },
] as const;

interface Peaks {
  readonly row: Row;
  readonly small: Sample[];
  readonly huge: Sample[];
  readonly problems: string[];
}

export async function memoryBench(args: readonly string[]): Promise<void> {
  const options = parseOptions("memory", args, { data: 10 * 1024, pairs: 3 });
  if (options.table !== null) {
    console.log(memoryTable(readResult(options.table, MemoryResult)));
    return;
  }
  const rows = choose(ROWS, options.only);
  await inSession(options.folder, (folder, signal) => measureAll(rows, options, folder, signal));
}

async function measureAll(
  rows: readonly Row[],
  options: BenchOptions,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { dataMiB, pairs } = options;
  const common = { bench: "memory", date: new Date().toISOString(), machine: describeMachine(folder) } as const;
  const peaks: Peaks[] = rows.map((row) => ({ row, small: [], huge: [], problems: [] }));
  for (const { size, virtualBytes } of DISKS) {
    const dataBytes = size === "small" ? Math.min(dataMiB * MiB, SMALL_DATA) : dataMiB * MiB;
    say(`A disk of ${virtualBytes / GiB} GiB with ${dataBytes / MiB} MiB of data`, options);
    const original: Image = { kind: "raw", path: join(folder, "disk.raw") };
    makeSparseImage(original.path, virtualBytes, dataBytes);
    let source = original;
    for (const each of peaks) {
      if (each.row.from !== source.kind) {
        dropCopy(source, original);
        source = await makeCopy(original, each.row.from, folder, signal);
      }
      await measureRow(each, size, source, original, { folder, pairs, signal });
      say(`  ${each.row.id.padEnd(20)} ${peakText(each[size])}`, options);
    }
    dropCopy(source, original);
    rmSync(original.path);
  }
  const result: MemoryResult = { ...common, dataMiB, pairs, rows: peaks.map(rowOf) };
  save(result, options);
  say(`\n${memoryTable(result)}`, options);
  if (options.json !== "-") say(`\nAll figures: ${options.json}`, options);
  if (result.rows.map(summarizeMemory).some(({ verdict }) => verdict !== "kept")) process.exitCode = 1;
}

/** Sources are made by our own command line, which is quicker at streams. What it makes is judged as a result of its own row. */
async function makeCopy(original: Image, kind: KindName, folder: string, signal: AbortSignal): Promise<Image> {
  const copy: Image = { kind, path: join(folder, `source.${KINDS[kind].extension}`) };
  if (kind !== "raw") await runPlain(ourConversion(original, copy, ["--verify", "none", "--no-sync"]), signal);
  return kind === "raw" ? original : copy;
}

function dropCopy(copy: Image, original: Image): void {
  if (copy !== original) rmSync(copy.path);
}

async function measureRow(
  each: Peaks,
  size: "small" | "huge",
  source: Image,
  original: Image,
  { folder, pairs, signal }: { readonly folder: string; readonly pairs: number; readonly signal: AbortSignal },
): Promise<void> {
  const outFolder = join(folder, "out");
  const { to } = each.row;
  const out: Image = { kind: to, path: join(outFolder, `out.${KINDS[to].extension}`) };
  const command = ourConversion(source, out, ["--verify", "none", "--no-sync"]);
  const comparer = size === "huge" && to === "vhdx" ? "ours" : "qemu-img";
  for (let round = 0; round < pairs; round += 1) {
    each[size].push(await sample(command, out, outFolder, signal));
    if (round === 0) each.problems.push(...(await problemsOf(out, original, signal, comparer)));
  }
  empty(outFolder);
}

function peakText(samples: readonly Sample[]): string {
  return samples.map(({ peakRssBytes }) => `${(peakRssBytes / MiB).toFixed(1)} MiB`).join(", ");
}

function rowOf({ row, small, huge, problems }: Peaks): MemoryRow {
  return { id: row.id, label: `${KINDS[row.from].label} → ${KINDS[row.to].label}`, small, huge, problems };
}
