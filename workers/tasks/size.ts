/**
 * How large a disk would be as a file of some format: a seeded, stratified sample of its data is really compressed.
 *
 *   disk     |##..####|........|##.#####|…   strata: equal slices; units of the target that hold data are their members
 *   round 1  |  x     |        |   x    |    one unit of each stratum a round, so that the estimate grows evenly over the disk
 *   round 2  |     x  |        |      x |
 *
 * One pass over the extents, constant memory: each stratum keeps a fair choice of its units (disk/reservoir.ts). The estimate is told
 * after each round, and it ends once the range is narrow, all was read, or as much as was allowed.
 */
import { type Stratum, stratifiedTotal } from "../../src-core/cost/stratified.ts";
import type { ExportSize } from "../../src-core/model/export-size.ts";
import { gated } from "../disk/hooks.ts";
import { Reservoir } from "../disk/reservoir.ts";
import { seededRandom } from "../disk/sample.ts";
import { readPadded } from "../disk/window.ts";
import { mergeExtents } from "../formats/format.ts";
import { type OpenDisk, openDisk, realCause } from "../image/open-disk.ts";
import type { TaskContext, TaskRunner } from "../task.ts";
import { assertUnit, type SizeTarget, sizeTarget } from "./size-target.ts";

const STRATA = 128;
/** Units that a stratum keeps at most. */
const KEPT = 512;
/** Rounds before a narrow range is believed. */
const LEAST_ROUNDS = 3;

export const size: TaskRunner<"size"> = async (spec, ctx) => {
  ctx.started(null);
  const { path, format, roots, snapshot = null } = spec;
  const disk = await openDisk(path, { format, roots, brokenChain: "refuse", snapshot });
  try {
    for (const warning of disk.warnings) ctx.warn(warning);
    const target = await sizeTarget(spec, disk.guest.virtualSizeBytes);
    assertUnit(target.unitBytes);
    return { kind: "size", size: await sampleDisk(disk, target, spec, ctx) };
  } catch (error) {
    throw realCause(error, disk);
  } finally {
    await disk.close();
  }
};

interface Population {
  readonly reservoirs: Reservoir[];
  readonly dataBytes: number;
  readonly tables: number;
}

/** Which units hold data, stratum by stratum. */
async function populationOf(disk: OpenDisk, target: SizeTarget, seed: number, ctx: TaskContext): Promise<Population> {
  const { guest } = disk;
  const random = seededRandom(seed);
  const units = Math.ceil(guest.virtualSizeBytes / target.unitBytes);
  const perStratum = Math.max(1, Math.ceil(units / STRATA));
  const reservoirs = Array.from({ length: Math.ceil(units / perStratum) }, () => new Reservoir(KEPT, random));
  const span = target.table?.spanBytes ?? Number.POSITIVE_INFINITY;
  let dataBytes = 0;
  let tables = 0;
  let nextTable = 0;
  let next = 0;
  for await (const extent of mergeExtents(gated(guest.extents(0, guest.virtualSizeBytes), ctx.gate))) {
    if (extent.state !== "data") continue;
    dataBytes += extent.length;
    const end = extent.start + extent.length;
    const lastTable = Math.floor((end - 1) / span);
    tables += lastTable - Math.max(nextTable, Math.floor(extent.start / span)) + 1;
    nextTable = lastTable + 1;
    // Two extents may share a unit.
    let at = Math.max(next, Math.floor(extent.start / target.unitBytes));
    const stop = Math.ceil(end / target.unitBytes);
    next = Math.max(next, stop);
    while (at < stop) {
      const stratum = Math.floor(at / perStratum);
      const until = Math.min(stop, (stratum + 1) * perStratum);
      reservoirs[stratum]?.pass(at, until - at);
      at = until;
    }
  }
  return { reservoirs, dataBytes, tables };
}

async function sampleDisk(
  disk: OpenDisk,
  target: SizeTarget,
  spec: Parameters<typeof size>[0],
  ctx: TaskContext,
): Promise<ExportSize> {
  const { reservoirs, dataBytes, tables } = await populationOf(disk, target, spec.seed, ctx);
  const strata = reservoirs
    .filter(({ total }) => total > 0)
    .map((reservoir) => ({ total: reservoir.total, count: 0, sum: 0, squares: 0, queue: reservoir.chosen() }));
  const unit = new Uint8Array(target.unitBytes);
  const seen = { units: 0, zeros: 0 };
  const inAll = strata.reduce((sum, { queue }) => sum + queue.length, 0);
  const now = (state: ExportSize["state"]) =>
    estimateOf(disk, target, spec, { strata, dataBytes, tables, seen, state });

  // A flat or fixed image is as large as its disk, whatever that holds.
  if (target.mostBytes === 0) return now("exact");
  for (let round = 1; ; round++) {
    for (const stratum of strata) {
      const at = stratum.queue.pop();
      if (at === undefined) continue;
      await ctx.gate();
      await ctx.spend(target.unitBytes);
      await readPadded(disk.guest, at * target.unitBytes, unit);
      const stored = target.stored(unit);
      seen.units += 1;
      if (stored === 0) seen.zeros += 1;
      stratum.count += 1;
      stratum.sum += stored;
      stratum.squares += stored * stored;
      ctx.progress(seen.units * target.unitBytes, inAll * target.unitBytes, "sample");
      if (seen.units * target.unitBytes >= spec.maxSampleBytes) return now(isAll(strata) ? "exact" : "budget");
    }
    if (isAll(strata)) return now("exact");
    const { size: range } = ctx.sampled(now("sampling"));
    const half = Math.max(range.highBytes - range.likelyBytes, range.likelyBytes - range.lowBytes);
    if (round >= LEAST_ROUNDS && half <= spec.precision * range.likelyBytes) return now("precise");
    if (strata.every(({ queue }) => queue.length === 0)) return now("budget");
  }
}

function isAll(strata: readonly Stratum[]): boolean {
  return strata.every(({ total, count }) => count >= total);
}

interface Found {
  readonly strata: readonly Stratum[];
  readonly dataBytes: number;
  readonly tables: number;
  readonly seen: { readonly units: number; readonly zeros: number };
  readonly state: ExportSize["state"];
}

function estimateOf(disk: OpenDisk, target: SizeTarget, spec: Parameters<typeof size>[0], found: Found): ExportSize {
  const { strata, dataBytes, tables, seen, state } = found;
  const total = stratifiedTotal(strata, target.mostBytes);
  const file = (stored: number) =>
    Math.round(target.emptyBytes + tables * (target.table?.bytes ?? 0) + stored + target.overhead(stored));
  const { choices } = target;
  const share = (stored: number) => Math.round((stored / dataBytes) * 1e6) / 1e6;
  return {
    size: { lowBytes: file(total.low), likelyBytes: file(total.likely), highBytes: file(total.high) },
    virtualSizeBytes: disk.guest.virtualSizeBytes,
    dataBytes,
    sampledBytes: Math.min(dataBytes, seen.units * target.unitBytes),
    ratio: dataBytes === 0 ? null : { low: share(total.low), likely: share(total.likely), high: share(total.high) },
    zeroShare: seen.units === 0 ? 0 : seen.zeros / seen.units,
    confidence: 0.95,
    state,
    target: {
      format: spec.target.format,
      subformat: choices.subformat,
      compression: choices.compression.method,
      level: choices.compression.level,
    },
  };
}
