/**
 * How fast is our NBD reader? A disk full of data from qemu-nbd over a unix socket to a file, by our reader and by nbdcopy in turn,
 * each as a process of its own. What counts of ours is the time after Node has started (the whole is told beside it): the product reads
 * disks in a process that is there already.
 *
 *   npm run bench -- nbd [--data MIB] [--pairs N] [--folder DIR] [--json FILE|-]
 *
 * The folder must hold the data twice. Ends with 1 when ours takes more than 5 % longer (median of the pairs' ratios).
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startQemuNbd } from "../workers/io/nbd/testing/qemu-nbd.ts";
import { describeMachine } from "./machine.ts";
import { type Command, holdMemory, measure, requireTime, type Usage, warm } from "./measure.ts";
import { parseOptions, save, say } from "./session.ts";
import { makeSparseImage } from "./sparse-image.ts";
import { median, pairRatios } from "./statistics.ts";

const MiB = 1024 * 1024;
/** Ratio of wall time, ours ÷ nbdcopy's. */
const MUST = 1.05;
const PROGRAM = fileURLToPath(new URL("nbd-to-file.ts", import.meta.url));

export async function nbdBench(args: readonly string[]): Promise<void> {
  const options = parseOptions("nbd", args, { data: 2048, pairs: 5 });
  await requireTime();
  const folder = mkdtempSync(join(options.folder, "hypersdk-bench-"));
  const signal = new AbortController().signal;
  try {
    const disk = join(folder, "disk.raw");
    makeSparseImage(disk, options.dataMiB * MiB, options.dataMiB * MiB);
    warm(disk);
    const socket = join(folder, "nbd.sock");
    const out = join(folder, "out.raw");
    const report = join(folder, "report");
    const ours: Command = { program: process.execPath, args: [PROGRAM, socket, out, report] };
    const theirs: Command = { program: "nbdcopy", args: [`nbd+unix:///?socket=${socket}`, out] };
    const seconds: number[] = [];
    const server = await startQemuNbd(socket, disk, "raw");
    const runs: { ours: Usage[]; nbdcopy: Usage[] } = { ours: [], nbdcopy: [] };
    try {
      for (let pair = 0; pair < options.pairs; pair++) {
        for (const [name, command] of [
          ["ours", ours],
          ["nbdcopy", theirs],
        ] as const) {
          rmSync(out, { force: true });
          await holdMemory(folder, options.dataMiB * MiB);
          runs[name].push(await measure(command, folder, signal));
          if (name === "ours") seconds.push(Number(readFileSync(report, "utf8")));
          if (pair === 0) await measure({ program: "cmp", args: [disk, out] }, folder, signal);
        }
        say(
          `pair ${pair + 1}: ours ${seconds.at(-1)?.toFixed(2)} s of ${text(runs.ours.at(-1))}, nbdcopy ${text(runs.nbdcopy.at(-1))}`,
          options,
        );
      }
    } finally {
      await server.stop();
    }
    const theirSeconds = runs.nbdcopy.map(({ wallSeconds }) => wallSeconds);
    const ratios = pairRatios(seconds, theirSeconds);
    const ratio = median(ratios);
    const machine = describeMachine(folder);
    save(
      { bench: "nbd", date: new Date().toISOString(), machine, dataMiB: options.dataMiB, ratios, seconds, ...runs },
      options,
    );
    const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
    say(`ours ÷ nbdcopy: ${ratio.toFixed(2)} (${spread}); must be ${MUST} at most`, options);
    if (ratio > MUST) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function text(usage: Usage | undefined): string {
  if (usage === undefined) return "-";
  return `${usage.wallSeconds.toFixed(2)} s, CPU ${usage.cpuSeconds.toFixed(2)} s, ${Math.round(usage.peakRssBytes / MiB)} MiB`;
}
