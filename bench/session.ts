/** What all measurements share: their options, a folder of their own that is gone at the end, and what Ctrl+C does. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isFresh } from "../scripts/fresh-build.ts";
import type { Image } from "./images.ts";
import { type Command, measure, requireTime } from "./measure.ts";
import type { Sample } from "./result.ts";

const RESULTS = fileURLToPath(new URL("results", import.meta.url));

export interface BenchOptions {
  readonly dataMiB: number;
  readonly pairs: number;
  /** Which rows: all whose id it matches. */
  readonly only: RegExp;
  /** Where images are made. */
  readonly folder: string;
  /** File for the result; "-" for stdout. */
  readonly json: string;
  /** A result to print as a table instead of measuring; null to measure. */
  readonly table: string | null;
}

/** @throws RangeError or TypeError about an option that makes no sense */
export function parseOptions(
  bench: string,
  args: readonly string[],
  defaults: { readonly data: number; readonly pairs: number },
): BenchOptions {
  const now = new Date().toISOString().slice(0, 19).replaceAll(":", "");
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string", default: String(defaults.data) },
      pairs: { type: "string", default: String(defaults.pairs) },
      only: { type: "string", default: "" },
      folder: { type: "string", default: tmpdir() },
      json: { type: "string", default: join(RESULTS, `${bench}-${now}.json`) },
      table: { type: "string" },
    },
  });
  return {
    dataMiB: count("--data", values.data),
    pairs: count("--pairs", values.pairs),
    only: new RegExp(values.only, "i"),
    folder: values.folder,
    json: values.json,
    table: values.table ?? null,
  };
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${option} takes a whole number above 0, not ${text}`);
  return value;
}

/** The rows asked for. @throws RangeError when that is none */
export function choose<T extends { readonly id: string }>(rows: readonly T[], only: RegExp): readonly T[] {
  const chosen = rows.filter((row) => only.test(row.id));
  if (chosen.length > 0) return chosen;
  throw new RangeError(`No row matches ${only}. Rows: ${rows.map((row) => row.id).join(" ")}`);
}

/**
 * Hands a folder to `work` and removes it afterwards, also after Ctrl+C, which ends the program that is running.
 * @throws Error when the built program is missing or older than its sources, or GNU time is missing
 */
export async function inSession(
  folder: string,
  work: (folder: string, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  if (!isFresh()) throw new Error("out/ is missing or older than the sources: npm run build");
  await requireTime();
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort(new Error("stopped")));
  const own = mkdtempSync(join(folder, "hypersdk-bench-"));
  try {
    await work(own, stop.signal);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** One measured run, in an empty `folder` for what it writes. */
export async function sample(
  command: Command,
  out: Image | null,
  folder: string,
  signal: AbortSignal,
): Promise<Sample> {
  empty(folder);
  const usage = await measure(command, dirname(folder), signal);
  return { ...usage, outBytes: out === null ? null : storedBytes(out) };
}

/** Leaves `folder` there and empty. */
export function empty(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
}

/** Length of a file; of a raw one, whose holes are its economy, the space it takes. */
function storedBytes({ kind, path }: Image): number {
  const { size, blocks } = statSync(path);
  return kind === "raw" ? blocks * 512 : size;
}

/** Writes a result to where `--json` says; lines for people go to stderr when that is stdout. */
export function save(result: unknown, { json }: BenchOptions): void {
  const text = `${JSON.stringify(result, null, 1)}\n`;
  if (json === "-") {
    process.stdout.write(text);
    return;
  }
  mkdirSync(dirname(json), { recursive: true });
  writeFileSync(json, text);
}

export function say(line: string, { json }: BenchOptions): void {
  (json === "-" ? process.stderr : process.stdout).write(`${line}\n`);
}
