/**
 * How fast is our reading of vSphere? Against the lab vCenter, each as a process of its own, in turn:
 *
 *   ranges     a full disk over TLS by Range requests, 4 connections   ours ÷ qemu-img convert through nbdkit's curl plugin; memory
 *   stream     a lease's stream decoded into a QCOW2 in one pass       ours ÷ ours of the same stream from a local file
 *   inventory  the first picture of 5,000 machines                     seconds from the answer to the first machines
 *
 * What counts of ours is the time once it has logged in and opened the export: the product does that once for a machine.
 *
 *   npm run bench -- vsphere [--data MIB] [--pairs N] [--only ROW] [--folder DIR] [--json FILE|-]
 *
 * The folder must hold the data three times. Ends with 1 when a row takes longer than it may (median of the pairs' ratios).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startVsphereLab, type VsphereLab } from "../e2e/servers/vsphere-lab.ts";
import { labFile, labLogin } from "../e2e/servers/vsphere-lab-http.ts";
import { describeMachine } from "./machine.ts";
import { type Command, holdMemory, measure, requireTime, type Usage, warm } from "./measure.ts";
import { type BenchOptions, parseOptions, save, say } from "./session.ts";
import { makeSparseImage } from "./sparse-image.ts";
import { median, pairRatios } from "./statistics.ts";
import { type Order, Report } from "./vsphere-order.ts";

const MiB = 1024 * 1024;
const CONNECTIONS = 4;
const MACHINES = 5000;
const PROGRAM = fileURLToPath(new URL("vsphere-to-file.ts", import.meta.url));
/** Ratios of wall time to reach. Both compare two whole programs on the same cores: the link's work is ours alone in the second. */
const MUST = { ranges: 1, stream: 1.05 } as const;
/** Of memory, with four times as large a disk: less than what is left of it to be collected. */
const MOST_GROWTH = 64 * MiB;
/** Seconds from the answer to the first machines. */
const MUST_SEE = 1;

interface Bench {
  readonly options: BenchOptions;
  readonly folder: string;
  readonly lab: VsphereLab;
  readonly disk: string;
  readonly signal: AbortSignal;
}

interface Run {
  readonly usage: Usage;
  readonly report: Report;
}

export async function vsphereBench(args: readonly string[]): Promise<void> {
  const options = parseOptions("vsphere", args, { data: 512, pairs: 3 });
  await requireTime();
  const folder = mkdtempSync(join(options.folder, "hypersdk-bench-"));
  const signal = new AbortController().signal;
  const disk = join(folder, "disk.raw");
  makeSparseImage(disk, options.dataMiB * MiB, options.dataMiB * MiB);
  const capacityBytes = options.dataMiB * MiB;
  const lab = await startVsphereLab({
    machines: [
      { name: "ranged", datastore: "nfs share 1", disks: [{ capacityBytes, file: disk }] },
      { name: "smaller", datastore: "nfs share 1", disks: [{ capacityBytes: capacityBytes / 4 }] },
      { name: "streamed", datastore: "vsanDatastore", disks: [{ capacityBytes, file: disk }] },
    ],
  });
  try {
    warm(disk);
    const bench = { options, folder, lab, disk, signal };
    const rows: Record<string, unknown> = {};
    if (options.only.test("ranges")) rows.ranges = await ranges(bench);
    if (options.only.test("stream")) rows.stream = await stream(bench);
    if (options.only.test("inventory")) rows.inventory = await inventory(bench);
    const machine = describeMachine(folder);
    save({ bench: "vsphere", date: new Date().toISOString(), machine, dataMiB: options.dataMiB, ...rows }, options);
  } finally {
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ranges(bench: Bench) {
  const { lab, folder, disk, signal } = bench;
  const machine = await lab.control.machine("ranged");
  const out = join(folder, "out.raw");
  const cookie = join(folder, "cookie");
  writeFileSync(cookie, await labLogin(lab), { mode: 0o600 });
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, lab.caPem);
  const url = labFile(lab, machine.disks[0]?.flatPath ?? "", machine.datastore);
  const peer: Command = {
    program: "nbdkit",
    args: [
      ...["-U", "-", "-r", "curl", `url=${url}`, `cookie=+${cookie}`, `cainfo=${ca}`],
      ...["--run", `qemu-img convert -W -f raw -O raw "nbd:unix:$unixsocket" '${out}'`],
    ],
  };
  const [ours, theirs, seconds]: [Run[], Usage[], number[]] = [[], [], []];
  for (let pair = 0; pair < bench.options.pairs; pair++) {
    rmSync(out, { force: true });
    const run = await runOurs(bench, { what: "ranges", machineId: machine.moref, out });
    if (pair === 0) await measure({ program: "cmp", args: [disk, out] }, folder, signal);
    rmSync(out, { force: true });
    await holdMemory(folder, bench.options.dataMiB * MiB);
    const usage = await measure(peer, folder, signal);
    if (pair === 0) await measure({ program: "cmp", args: [disk, out] }, folder, signal);
    ours.push(run);
    theirs.push(usage);
    seconds.push(run.report.seconds);
    say(`ranges: ours ${text(run)}, nbdkit-curl ${usageText(usage)}`, bench.options);
  }
  rmSync(out, { force: true });
  const smaller = await runOurs(bench, {
    what: "ranges",
    machineId: (await lab.control.machine("smaller")).moref,
    out,
  });
  rmSync(out, { force: true });
  const growth = Math.max(...ours.map(({ usage }) => usage.peakRssBytes)) - smaller.usage.peakRssBytes;
  say(
    `ranges: a disk of a quarter takes ${usageText(smaller.usage)}; grown by ${Math.round(growth / MiB)} MiB`,
    bench.options,
  );
  if (growth > MOST_GROWTH) process.exitCode = 1;
  const judged = judge(
    bench,
    "ranges ÷ nbdkit-curl",
    pairRatios(
      seconds,
      theirs.map(({ wallSeconds }) => wallSeconds),
    ),
    MUST.ranges,
  );
  return { ...judged, ours, theirs, smaller };
}

async function stream(bench: Bench) {
  const { lab, folder, disk, signal } = bench;
  const { moref } = await lab.control.machine("streamed");
  const local = join(folder, "local.vmdk");
  const args = ["convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", disk, local];
  await measure({ program: "qemu-img", args }, folder, signal);
  warm(local);
  const out = join(folder, "out.qcow2");
  const [leased, filed]: [Run[], Run[]] = [[], []];
  for (let pair = 0; pair < bench.options.pairs; pair++) {
    for (const [what, runs] of [
      ["lease", leased],
      ["file", filed],
    ] as const) {
      rmSync(out, { force: true });
      const run = await runOurs(bench, { what, machineId: moref, stream: local, out });
      if (pair === 0) await measure({ program: "qemu-img", args: ["compare", disk, out] }, folder, signal);
      runs.push(run);
      say(`stream: from the ${what} ${text(run)}`, bench.options);
    }
  }
  const secondsOf = (runs: readonly Run[]) => runs.map(({ report }) => report.seconds);
  const judged = judge(bench, "lease ÷ local file", pairRatios(secondsOf(leased), secondsOf(filed)), MUST.stream);
  return { ...judged, leased, filed };
}

async function inventory(bench: Bench) {
  const lab = await startVsphereLab({ fill: MACHINES });
  try {
    const runs: Run[] = [];
    for (let round = 0; round < bench.options.pairs; round++) {
      const run = await runOurs({ ...bench, lab }, { what: "inventory" });
      const { firstSeconds = 0, answerSeconds = 0, machinesSeconds = 0, machines = 0, seconds } = run.report;
      if (machines !== MACHINES) throw new Error(`${machines} machines of ${MACHINES} were told`);
      const times = [firstSeconds, answerSeconds, machinesSeconds, seconds].map((one) => one.toFixed(2));
      say(
        `inventory: first places after ${times[0]} s, the answer with machines ${times[1]} s, first machines ${times[2]} s, all ${machines} ${times[3]} s; ${usageText(run.usage)}`,
        bench.options,
      );
      runs.push(run);
    }
    const seen = median(runs.map(({ report }) => (report.machinesSeconds ?? 0) - (report.answerSeconds ?? 0)));
    say(
      `inventory: first machines ${seen.toFixed(2)} s after their answer began; must be ${MUST_SEE} at most`,
      bench.options,
    );
    if (seen > MUST_SEE) process.exitCode = 1;
    return { seen, runs };
  } finally {
    await lab.stop();
  }
}

async function runOurs(
  { options, folder, lab, signal }: Bench,
  order: Partial<Order> & Pick<Order, "what">,
): Promise<Run> {
  const [orderPath, reportPath] = [join(folder, "order.json"), join(folder, "report.json")];
  const { url: address, username, password, caPem } = lab;
  const whole: Order = {
    ...{ address, username, password, caPem, machineId: "", connections: CONNECTIONS, stream: "", out: "" },
    holdBytes: options.dataMiB * MiB,
    ...order,
  };
  writeFileSync(orderPath, JSON.stringify(whole), { mode: 0o600 });
  const usage = await measure({ program: process.execPath, args: [PROGRAM, orderPath, reportPath] }, folder, signal);
  return { usage, report: Report.parse(JSON.parse(readFileSync(reportPath, "utf8"))) };
}

function judge({ options }: Bench, what: string, ratios: readonly number[], must: number) {
  const ratio = median([...ratios]);
  const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  say(`${what}: ${ratio.toFixed(2)} (${spread}); must be ${must} at most`, options);
  if (ratio > must) process.exitCode = 1;
  return { ratio, ratios };
}

function text({ usage, report }: Run): string {
  return `${report.seconds.toFixed(2)} s of ${usageText(usage)}`;
}

function usageText({ wallSeconds, cpuSeconds, peakRssBytes }: Usage): string {
  return `${wallSeconds.toFixed(2)} s, CPU ${cpuSeconds.toFixed(2)} s, ${Math.round(peakRssBytes / MiB)} MiB`;
}
