/**
 * `npm run demo`: the main job from nothing, without a window. Makes a sample machine in ./demo, starts the service on it,
 * converts the machine's disk to QCOW2 through the REST port, follows the progress, waits for the verification, and ends with a
 * summary and the address of the page.
 *
 * So that the address is good for something, the service stays up in the background after this program has ended, for an hour
 * (`--minutes N`; 0: stop it at once) or until `npm run demo -- --stop`. ./demo is made anew each time.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { contract } from "../src-core/contract/contract.ts";
import { AppError } from "../src-core/model/error.ts";
import type { Run } from "../src-core/model/run.ts";
import { findProgram, type RunningProgram } from "../src-main/cli/client/connect.ts";
import type { RestClient } from "../src-main/cli/client/rest-client.ts";
import { watchRun } from "../src-main/cli/client/watch-run.ts";
import { EXIT, exitCodeOf } from "../src-main/cli/exit-code.ts";
import { createReport } from "../src-main/cli/report.ts";
import { outcomeOf } from "../src-main/cli/run-outcome.ts";
import { processTerminal } from "../src-main/cli/terminal.ts";
import { errorText } from "../src-main/cli/text/error-text.ts";
import { durationText, rateText, sizeText } from "../src-main/cli/text/size.ts";
import { pairs } from "../src-main/cli/text/table.ts";
import { freshBuild, repository } from "./fresh-build.ts";
import { makeSampleMachine } from "./sample/sample-machine.ts";

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;
const POLL_MS = 100;

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, stop: { type: "boolean", default: false } },
});
const minutes = Number(values.minutes);
const demo = resolve("demo");
const data = join(demo, "data");
const machines = join(demo, "machines");
const converted = join(demo, "converted");

const terminal = processTerminal();
const say = terminal.out;
const here = (path: string) => relative(process.cwd(), path);

const canceled = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => canceled.abort());

/** Waits until `find` finds something. @throws Error after `limitMs` */
async function until<T>(what: string, limitMs: number, find: () => Promise<T | null>): Promise<T> {
  for (const endMs = Date.now() + limitMs; Date.now() < endMs; ) {
    const found = await find();
    if (found !== null) return found;
    await sleep(POLL_MS, undefined, { signal: canceled.signal });
  }
  throw new Error(`${what} did not happen within ${limitMs / 1000} s.`);
}

/** Ends the service an earlier demo left running. True when there was one. */
async function stopOldService(): Promise<boolean> {
  const { pid } = (await findProgram(data).then(readPid, () => null)) ?? { pid: null };
  if (pid === null) return false;
  process.kill(pid, "SIGTERM");
  await until("The end of the earlier demo", STOP_LIMIT_MS, async () => (isAlive(pid) ? null : true));
  return true;
}

/** The process of a program that has answered for this data folder: only such a one is ever ended. */
function readPid(program: RunningProgram | null): { pid: number } | null {
  return program === null ? null : JSON.parse(readFileSync(join(data, "service.json"), "utf8"));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts `hypersdk serve` as a process of its own. What it says goes to demo/service.log; its one-time code goes nowhere. */
function startService(): ChildProcess {
  const log = openSync(join(demo, "service.log"), "w", 0o600);
  try {
    const stopAfter = String(Math.max(1, minutes));
    const args = [join(repository, "out/main/cli.js"), "serve", "--data-dir", data, "--stop-after", stopAfter];
    return spawn(process.execPath, args, { stdio: ["ignore", "ignore", log], detached: true });
  } finally {
    closeSync(log);
  }
}

async function waitForService(child: ChildProcess): Promise<RunningProgram> {
  return until("The start of the service", START_LIMIT_MS, () => {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`The service ended at once:\n${readFileSync(join(demo, "service.log"), "utf8")}`);
    }
    return findProgram(data);
  });
}

/** Adds the folder and waits for its scan. @returns path of the one disk found there */
async function addLibrary(client: RestClient): Promise<string> {
  const { signal } = canceled;
  const { id } = await client.call(contract.libraries.add, { path: machines }, signal);
  await until("The scan of the library", START_LIMIT_MS, async () => {
    const library = (await client.call(contract.libraries.list, undefined, signal)).find((each) => each.id === id);
    if (library?.scan.error) throw AppError.fromData(library.scan.error);
    return library?.scan.state === "done" ? library : null;
  });
  const { items } = await client.call(contract.libraries.items, { libraryId: id, limit: 10 }, signal);
  const [item] = items;
  const disk = item?.disks[0];
  if (item === undefined || disk === undefined) throw new Error("The scan did not find the sample machine.");
  say(`Found the machine "${item.name}" with the disk ${disk.name} in the library ${here(machines)}.`);
  return disk.path;
}

async function convert(client: RestClient, sourcePath: string): Promise<Run> {
  const target = { path: join(converted, `${basename(sourcePath, ".vmdk")}.qcow2`), format: "qcow2" as const };
  const request = { kind: "convert" as const, sourcePath, targets: [target] };
  const { runId } = await client.call(contract.jobs.start, { request }, canceled.signal);
  say(`POST ${client.url}/api/v1/jobs started run ${runId}.`);
  const report = createReport(terminal, false, Date.now);
  try {
    return await watchRun(client, runId, report, canceled.signal);
  } finally {
    report.close();
  }
}

function summary(run: Run, sourcePath: string, sourceFileBytes: number): string[] {
  const outcome = outcomeOf(run);
  if (!("convert" in outcome)) throw new Error("The run was no conversion.");
  const { convert: done } = outcome;
  const [output] = done.outputs;
  const [verify] = outcome.verify;
  if (output === undefined || verify === undefined) throw new Error("The run ended without a verification.");
  const rate = rateText((done.virtualSizeBytes / Math.max(1, done.durationMs)) * 1000);
  return [
    "",
    "Done.",
    ...pairs([
      ["Source", `${here(sourcePath)}  VMDK, ${sizeText(sourceFileBytes)} in the file`],
      ["Target", `${here(output.path)}  QCOW2, ${sizeText(output.fileSizeBytes)} in the file`],
      ["Virtual size", `${sizeText(done.virtualSizeBytes)}, ${sizeText(output.writtenBytes)} of it stored`],
      ["Converted in", `${durationText(done.durationMs)} (${rate} of virtual disk)`],
      ["Verified", `${verify.statement}, ${durationText(verify.durationMs)}`],
      ["SHA-256", verify.sha256 ?? "none"],
    ]),
  ];
}

/** From an empty folder to the summary. The service it starts is ended again when anything goes wrong. */
async function run(): Promise<void> {
  await freshBuild(say);
  if (await stopOldService()) say("Stopped the service of an earlier demo.");
  rmSync(demo, { recursive: true, force: true });
  for (const folder of [data, machines, converted]) mkdirSync(folder, { recursive: true });

  const sample = makeSampleMachine(join(machines, "sample-machine"));
  say(`Made a sample machine: ${here(sample.ovfPath)} with a bootable disk of ${sizeText(sample.virtualSizeBytes)}.`);
  const service = startService();
  try {
    const { client } = await waitForService(service);
    say(`Started the service at ${client.url} (process ${service.pid}).`);
    const sourcePath = await addLibrary(client);
    const info = await client.call(contract.disks.inspect, { path: sourcePath }, canceled.signal);
    const ended = await convert(client, sourcePath);
    for (const line of summary(ended, sourcePath, info.fileSizeBytes)) say(line);
    await tellAddress(client, service);
  } catch (thrown) {
    service.kill("SIGTERM");
    throw thrown;
  }
}

async function tellAddress(client: RestClient, service: ChildProcess): Promise<void> {
  const again = `npm run -s cli -- serve --data-dir ${here(data)}`;
  if (minutes === 0) {
    service.kill("SIGTERM");
    say(`\nThe page: start the service again with: ${again}`);
    return;
  }
  const { url } = await client.call(contract.session.createCode, undefined, canceled.signal);
  service.unref();
  say(`\nThe page: ${url}`);
  say(`The address works once, within ten minutes; for another: npm run -s cli -- page --data-dir ${here(data)}`);
  say(`The service stays up for ${minutes} minutes, or until: npm run demo -- --stop`);
  say(`To run it again later: ${again}`);
}

try {
  if (!Number.isInteger(minutes) || minutes < 0 || minutes > 10_000) {
    throw new AppError("usage.invalid", "--minutes takes a whole number from 0 to 10000.");
  }
  if (values.stop) say((await stopOldService()) ? "Stopped the demo's service." : "No demo service is running.");
  else await run();
} catch (thrown) {
  const error = canceled.signal.aborted ? new AppError("job.canceled") : AppError.from(thrown);
  for (const line of errorText(error.toData())) terminal.err(line);
  process.exitCode = exitCodeOf(error) ?? EXIT.failed;
}
