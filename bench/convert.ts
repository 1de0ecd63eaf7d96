/**
 * How long does our command line take beside qemu-img? Every run is a whole process on a warm cache; outputs are removed before
 * it, outside the time taken; all sides run in turn, now one first, now the other, and the ratio is taken pair by pair. Against the
 * better of qemu-img's default and `-m 16 -W`: one that is slower by half in the first round is not run again. Where its runs take
 * 20 s and more, three rounds are enough, and after the first only the better one is run. Before each run the memory for its result
 * is touched (measure.ts), so that nobody pays for what a virtual machine's host takes back in between. Every result is judged once
 * (judge.ts): a wrong one makes its row invalid, whatever its speed.
 *
 *   npm run bench -- convert [--data MIB] [--pairs N] [--only PATTERN] [--folder DIR] [--json FILE|-]
 *   npm run bench -- convert --table FILE     the table of a result, in Markdown
 *
 * Ends with 1 when a row misses what it must reach or does not count.
 */
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Contest, ROWS, type Row } from "./conversion-rows.ts";
import { type Image, KINDS, type KindName, peerConversion, runPlain } from "./images.ts";
import { problemsOf } from "./judge.ts";
import { describeMachine } from "./machine.ts";
import { holdMemory, warm } from "./measure.ts";
import { ConvertResult, type ConvertRow, readResult, type Sample } from "./result.ts";
import { type BenchOptions, choose, empty, inSession, parseOptions, sample, save, say } from "./session.ts";
import { makeSourceImage } from "./source-image.ts";
import { summarize } from "./statistics.ts";
import { convertTable, summaryLine } from "./table.ts";

const MiB = 1024 * 1024;
/** With the file system's own tables this makes about 1.8 GB. */
const DATA_MIB = 1740;
/** A way of running the peer that takes so many times as long as its best one in the first round has lost. */
const LOST = 1.5;
/** Runs of this many seconds are long: the noise of a shared machine evens out within one, so that fewer rounds tell as much. */
const LONG_SECONDS = 20;
const LONG_ROUNDS = 3;

export async function convertBench(args: readonly string[]): Promise<void> {
  const options = parseOptions("convert", args, { data: DATA_MIB, pairs: 5 });
  if (options.table !== null) {
    console.log(convertTable(readResult(options.table, ConvertResult)));
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
  const date = new Date().toISOString();
  const machine = describeMachine(folder);
  const done: ConvertRow[] = [];
  const failures: ConvertResult["failures"] = [];
  const result = (): ConvertResult => ({ bench: "convert", date, machine, dataMiB, pairs, rows: done, failures });
  say(`Making a disk with about ${dataMiB} MiB of data ...`, options);
  const original: Image = { kind: "raw", path: makeSourceImage(folder, dataMiB * MiB) };
  const images = new Map<KindName, Image>([["raw", original]]);
  for (const [index, row] of rows.entries()) {
    for (const kind of row.sources) {
      if (!images.has(kind)) images.set(kind, await makeImage(original, kind, folder, signal));
    }
    try {
      const measured = await measureRow(row, images, folder, pairs, signal);
      done.push(measured);
      say(summaryLine(row.id, summarize(measured)), options);
    } catch (thrown) {
      signal.throwIfAborted();
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      failures.push({ label: row.label, message });
      say(`${row.id} failed: ${message}`, options);
    }
    // What was measured is kept, whatever happens to the rows after it.
    if (options.json !== "-") save(result(), options);
    for (const kind of row.sources) {
      if (kind === "raw" || rows.slice(index + 1).some((later) => later.sources.includes(kind))) continue;
      rmSync(images.get(kind)?.path ?? "", { force: true });
      images.delete(kind);
    }
  }
  save(result(), options);
  say(`\n${convertTable(result())}`, options);
  if (options.json !== "-") say(`\nAll figures: ${options.json}`, options);
  const bad = done.map(summarize).some(({ verdict }) => verdict === "missed" || verdict === "invalid");
  if (bad || failures.length > 0) process.exitCode = 1;
}

/** Sources are the peer's own work: nobody shall say that we chose them. */
async function makeImage(original: Image, kind: KindName, folder: string, signal: AbortSignal): Promise<Image> {
  const image: Image = { kind, path: join(folder, `source.${KINDS[kind].extension}`) };
  await runPlain(peerConversion(original, image, ["-m", "16", "-W"]), signal);
  return image;
}

async function measureRow(
  row: Row,
  images: ReadonlyMap<KindName, Image>,
  folder: string,
  pairs: number,
  signal: AbortSignal,
): Promise<ConvertRow> {
  const source = (kind: KindName): Image => {
    const image = images.get(kind);
    if (image === undefined) throw new RangeError(`${row.id} does not name ${kind} as a source`);
    return image;
  };
  const outFolder = join(folder, "out");
  const contest = row.contest(source, outFolder);
  const ours: Sample[] = [];
  const peers = contest.peers.map(({ flags, command }) => ({ flags, command, samples: [] as Sample[] }));
  const problems: string[] = [];
  const outBytes = contest.out === null ? 0 : statSync(source("raw").path).blocks * 512;
  for (let round = 0; round < (isLong(peers) ? Math.min(LONG_ROUNDS, pairs) : pairs); round += 1) {
    for (const kind of row.sources) warm(source(kind).path);
    const mine = async () => {
      await holdMemory(folder, outBytes);
      ours.push(await sample(contest.ours, contest.out, outFolder, signal));
      if (round === 0) problems.push(...(await judge(contest, source("raw"), signal)));
    };
    const theirs = async () => {
      for (const { command, samples } of inTheRace(peers)) {
        await holdMemory(folder, outBytes);
        samples.push(await sample(command, contest.out, outFolder, signal));
      }
    };
    for (const run of round % 2 === 0 ? [mine, theirs] : [theirs, mine]) await run();
  }
  empty(outFolder);
  return {
    id: row.id,
    label: row.label,
    must: row.must,
    aim: row.aim,
    sizeLimit: row.sizeLimit,
    ours,
    peers: peers.map(({ flags, samples }) => ({ flags, samples })),
    problems,
  };
}

interface Way {
  readonly samples: readonly Sample[];
}

/** What the peer's best way took in the first round; infinite before that. */
function bestFirst(ways: readonly Way[]): number {
  return Math.min(...ways.map(({ samples }) => samples[0]?.wallSeconds ?? Number.POSITIVE_INFINITY));
}

/**
 * Ways of running the peer that may be its best one: what was much slower in the first round is not run again; of long ones only the
 * best is.
 */
function inTheRace<T extends Way>(ways: readonly T[]): readonly T[] {
  const most = bestFirst(ways) * (isLong(ways) ? 1 : LOST);
  return ways.filter(({ samples: [first] }) => first === undefined || first.wallSeconds <= most);
}

function isLong(ways: readonly Way[]): boolean {
  return ways.every(({ samples: [first] }) => first !== undefined && first.wallSeconds >= LONG_SECONDS);
}

async function judge({ out }: Contest, original: Image, signal: AbortSignal): Promise<string[]> {
  return out === null ? [] : await problemsOf(out, original, signal);
}
