/**
 * Exports one machine: connects to its source on its own, shuts the machine down first where that is asked for, and tries until it is
 * done: what breaks for a while (network, a busy host) is tried again from the last durable block. Neighbours: export-run.ts (one
 * try), providers/provider.ts (the source), export-target.ts (what is made).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../src-core/model/error.ts";
import type { ExportResult, ExportSpec } from "../../src-core/model/export.ts";
import { isPlainFile } from "../io/folder.ts";
import type { Connection, Provider } from "../providers/provider.ts";
import { loadProvider } from "../providers/registry.ts";
import type { TaskContext, TaskRunner } from "../task.ts";
import { shutDown, startAgain } from "./export-power.ts";
import { tryExport } from "./export-run.ts";
import { doneOf, type ExportPoint, fresh, sourceOf, untidy } from "./export-try.ts";

/** Waits before another try, in milliseconds; the last one again and again. */
const WAITS_MS = [2_000, 5_000, 10_000, 20_000, 40_000, 60_000] as const;
/** Tries in a row that get nowhere before the export fails. */
const MOST_TRIES = 12;
/** How often a wait looks whether it is canceled. */
const LOOK_MS = 100;

export const exportMachine: TaskRunner<"export"> = async (spec, ctx) =>
  exportFrom(spec, ctx, await loadProvider(sourceOf(ctx).config.kind));

/** The task on a provider of the caller's, with waits of the caller's. */
export async function exportFrom(
  spec: ExportSpec,
  ctx: TaskContext,
  provider: Provider,
  waitsMs: readonly number[] = WAITS_MS,
): Promise<ExportResult> {
  const asked = JSON.stringify([spec.machineId, spec.output, spec.diskKeys]);
  let point = await beginning(asked, ctx);
  let reachedBytes = -1;
  for (let tries = 1; ; tries += 1) {
    let progressed = false;
    const reached = (next: ExportPoint) => {
      point = next;
      const doneBytes = doneOf(next);
      progressed ||= reachedBytes >= 0 && doneBytes > reachedBytes;
      reachedBytes = Math.max(reachedBytes, doneBytes);
      ctx.checkpoint({ doneBytes, state: { ...next } });
    };
    const passes = (error: AppError) =>
      error.retryable && error.code.startsWith("source.") && (progressed || tries < MOST_TRIES);
    const keeps = (error: AppError) => ctx.keeps(error) || passes(error);
    try {
      return await onConnection(spec, ctx, provider, async (connection) => {
        if (point.done !== null) return await tidyUp(connection, spec, point, point.done, ctx);
        if (spec.power !== "leave") {
          const wasOn = (await shutDown(connection, spec, ctx)) || point.wasOn;
          if (wasOn !== point.wasOn) reached({ ...point, wasOn });
        }
        try {
          const done = await tryExport({ spec, connection, ctx, from: point, reached, keeps });
          await startAgain(connection, spec, point, ctx);
          return done;
        } catch (thrown) {
          const error = AppError.from(thrown);
          if (error.code !== "job.lost" && !passes(error)) await startAgain(connection, spec, point, ctx);
          throw thrown;
        }
      });
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (!passes(error)) throw point.done === null ? error : untidy(error);
      if (progressed) tries = 1;
      const waitMs = waitsMs[Math.min(tries, waitsMs.length) - 1] ?? 0;
      const from = point.session === null ? "from the start" : `from ${doneOf(point)} bytes`;
      ctx.warn(`${error.message} The export goes on ${from} when the source answers again.`);
      ctx.log("info", `Next try in ${waitMs / 1000} seconds.`);
      for (const until = ctx.now() + waitMs; ctx.now() < until; await sleep(LOOK_MS)) await ctx.gate();
    }
  }
}

/** What an earlier attempt left to go on from, else the start. */
async function beginning(asked: string, ctx: TaskContext): Promise<ExportPoint> {
  const start: ExportPoint = {
    version: 1,
    asked,
    startedAtMs: ctx.now(),
    stateAt: null,
    wasOn: false,
    session: null,
    target: null,
    disks: {},
    done: null,
  };
  if (ctx.resumeFrom === null) return start;
  const { readPoint } = await import("./export-point.ts");
  const read = readPoint(ctx.resumeFrom, asked);
  if ("unusable" in read) {
    ctx.log("info", `Starting over: ${read.unusable}.`);
    return start;
  }
  const { session, done } = read.point;
  if (done !== null && isPlainFile(done.manifestPath)) return read.point;
  if (session !== null) return { ...read.point, done: null };
  ctx.warn("The source gives this machine as a stream that cannot be gone on with, so the export starts over.");
  return { ...fresh(read.point), startedAtMs: start.startedAtMs };
}

/** The program ended after all was made: what it had made on the source may be there still. */
async function tidyUp(
  connection: Connection,
  spec: ExportSpec,
  point: ExportPoint,
  done: ExportResult,
  ctx: TaskContext,
): Promise<ExportResult> {
  ctx.started(doneOf(point));
  ctx.log("info", "The export was complete; the source is tidied up.");
  for (const leftover of await connection.leftovers()) {
    if (leftover.mark === spec.mark) await connection.removeLeftover(leftover);
  }
  await startAgain(connection, spec, point, ctx);
  return done;
}

/** Connects, works, and logs out whatever became of it: only then is the connection given up. */
async function onConnection<T>(
  { machineName }: ExportSpec,
  ctx: TaskContext,
  provider: Provider,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { config, secret } = sourceOf(ctx);
  const alive = new AbortController();
  // A cancel ends connecting at once; later it must leave the connection alone, which tidying up needs.
  const giveUp = () => alive.abort();
  ctx.signal.addEventListener("abort", giveUp, { once: true });
  try {
    await ctx.gate();
    const connection = await provider.connect(config, {
      signal: alive.signal,
      secret: async () => secret,
      log: (level, message) => ctx.log(level, message),
      now: () => performance.now(),
      async sleep(ms) {
        try {
          await sleep(ms, undefined, { signal: alive.signal });
        } catch (cause) {
          throw new AppError("job.canceled", undefined, { cause });
        }
      },
    });
    ctx.signal.removeEventListener("abort", giveUp);
    ctx.log(
      "info",
      `Connected to ${connection.capabilities.product} ${connection.capabilities.version} for ${machineName}.`,
    );
    try {
      await ctx.gate();
      return await work(connection);
    } finally {
      await connection.close();
    }
  } finally {
    ctx.signal.removeEventListener("abort", giveUp);
    alive.abort();
  }
}
