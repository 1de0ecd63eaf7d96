/** Results as Markdown, for the README and the terminal alike. */
import type { ConvertResult, Machine, MemoryResult } from "./result.ts";
import {
  type ConvertSummary,
  GROWTH_LIMIT,
  PEAK_LIMIT,
  type Spread,
  summarize,
  summarizeMemory,
} from "./statistics.ts";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** The conversions' table, with what and where it was measured above it and what does not count below it. */
export function convertTable(result: ConvertResult): string {
  const rows = result.rows.map((row) => ({ row, summary: summarize(row) }));
  const head = ["conversion", "ours, s", "qemu-img, s", "ratio", "must", "aim", "CPU", "peak MiB", "size", "verdict"];
  const lines = rows.map(({ row, summary }) => [
    row.label,
    spreadText(summary.ours),
    `${spreadText(summary.theirs)}${summary.flags === "" ? "" : ` (\`${summary.flags}\`)`}`,
    `**${summary.ratio.median.toFixed(2)}** (${summary.ratio.min.toFixed(2)}–${summary.ratio.max.toFixed(2)})`,
    row.must.toFixed(2),
    row.aim.toFixed(2),
    summary.cpuRatio.toFixed(2),
    mebibytes(summary.peakRssBytes),
    summary.sizeRatio?.toFixed(3) ?? "",
    summary.verdict,
  ]);
  const invalid = rows.filter(({ summary }) => summary.problems.length > 0);
  return [
    `${circumstances(result)} ${tally(rows.map(({ summary }) => summary))}`,
    "",
    ...markdownTable(head, lines),
    ...invalid.map(({ row, summary }) => `\n${row.label} does not count: ${summary.problems.join("; ")}.`),
    ...result.failures.map(({ label, message }) => `\n${label} failed: ${message}`),
  ].join("\n");
}

/** The memory table. */
export function memoryTable(result: MemoryResult): string {
  const head = ["conversion", "peak at 4 GiB, MiB", "peak at 1 TiB, MiB", "growth, MiB", "verdict"];
  const rows = result.rows.map((row) => ({ row, summary: summarizeMemory(row) }));
  const lines = rows.map(({ row, summary }) => [
    row.label,
    mebibytes(summary.small),
    mebibytes(summary.huge),
    mebibytes(summary.growth),
    summary.verdict,
  ]);
  const invalid = rows.filter(({ row }) => row.problems.length > 0);
  return [
    `${circumstances(result)} Allowed: ${PEAK_LIMIT / MiB} MiB, and ${GROWTH_LIMIT / MiB} MiB of difference.`,
    "",
    ...markdownTable(head, lines),
    ...invalid.map(({ row }) => `\n${row.label} does not count: ${row.problems.join("; ")}.`),
  ].join("\n");
}

/** One row while others are still measured: "sparse-to-qcow2  0.42  must  0.80 s, qemu-img 1.90 s". */
export function summaryLine(id: string, summary: ConvertSummary): string {
  const times = `${summary.ours.median.toFixed(2)} s, qemu-img ${summary.theirs.median.toFixed(2)} s`;
  const why = summary.problems.length > 0 ? `: ${summary.problems.join("; ")}` : "";
  return `${id.padEnd(26)} ${summary.ratio.median.toFixed(2)}  ${summary.verdict.padEnd(7)}  ${times}${why}`;
}

function circumstances({ date, machine, dataMiB, pairs }: Omit<MemoryResult, "bench" | "rows">): string {
  return `Measured on ${date.slice(0, 10)}: ${machineText(machine)}; about ${dataMiB} MiB of data, rounds: ${pairs}.`;
}

function machineText(machine: Machine): string {
  const memory = `${Math.round(machine.memoryBytes / GiB)} GiB`;
  return [
    `${machine.cores} cores of ${machine.cpu}`,
    memory,
    `Linux ${machine.kernel}`,
    `${machine.fileSystem} (load ${machine.loadAverage.toFixed(1)} at the start)`,
    `Node ${machine.node}`,
    `qemu-img ${machine.qemuImg}`,
  ].join(", ");
}

function tally(summaries: readonly ConvertSummary[]): string {
  const count = (verdict: string) => summaries.filter((summary) => summary.verdict === verdict).length;
  const reached = count("aim") + count("must");
  return (
    `Of ${summaries.length} rows ${reached} reach what they must, ${count("aim")} of them what they aim at; ` +
    `${count("missed")} miss it, ${count("invalid")} do not count. Peak memory: up to ` +
    `${mebibytes(Math.max(...summaries.map((summary) => summary.peakRssBytes)))} MiB, allowed with two cores ${PEAK_LIMIT / MiB}.`
  );
}

function spreadText({ min, median, max }: Spread): string {
  return [min, median, max].map((value) => value.toFixed(2)).join(" / ");
}

function mebibytes(bytes: number): string {
  return (bytes / MiB).toFixed(0);
}

/** Lines of a Markdown table with its columns aligned. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? title).length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}
