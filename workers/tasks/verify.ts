/**
 * Reads a finished conversion back through its own format's reader, compares it with the source, and writes a SHA-256 manifest
 * beside it. Neighbours: disk/compare.ts, open-disk.ts, manifest.ts.
 */
import { createHash } from "node:crypto";
import { basename, dirname } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { VerifySpec } from "../../src-core/model/task.ts";
import { type Comparison, compareDisks } from "../disk/compare.ts";
import { filesOf, type OpenDisk, openDisk, realCause } from "../image/open-disk.ts";
import type { FileSource } from "../io/file.ts";
import { realPath } from "../io/folder.ts";
import type { TaskContext, TaskRunner } from "../task.ts";
import { comparerFor, laneDisk } from "./lane-disk.ts";
import { type TargetHashes, writeManifest } from "./manifest.ts";
import { sizeStep, targetSize } from "./target-plan.ts";

/** Formats that count a disk in sectors round its size up to the next. */
const SECTOR_BYTES = 512;
const HASH_CHUNK_BYTES = 256 * 1024;

export const verify: TaskRunner<"verify"> = async (spec, ctx) => {
  const beganAtMs = ctx.now();
  ctx.started(null);
  const target = await openDisk(spec.targetPath, {
    format: spec.targetFormat,
    roots: [...spec.roots, dirname(realPath(spec.targetPath))],
    brokenChain: "refuse",
  });
  try {
    const [{ source, extentFiles }] = target.layers;
    const files = [source, ...extentFiles];
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const { compared, hashes } = await compareAndHash(spec, target, createMeter(sizeBytes, ctx), ctx);
    if (spec.verify.mode !== "none")
      ctx.log("info", `Compared with ${spec.sourcePath}: ${compared.statement}, no difference.`);
    for (const file of files) file.assertUnchanged();
    const manifestPath = await writeManifest(spec.targetPath, hashes);
    return {
      kind: "verify",
      mode: spec.verify,
      virtualSizeBytes: target.guest.virtualSizeBytes,
      comparedBytes: compared.comparedBytes,
      statement: compared.statement,
      sha256: hashes.sha256,
      manifestPath,
      durationMs: ctx.now() - beganAtMs,
    };
  } catch (error) {
    throw realCause(error, target);
  } finally {
    await target.close();
  }
};

type Compared = Pick<Comparison, "comparedBytes" | "statement">;

/** Where lanes compare, this thread hashes meanwhile and then helps them; alone it does one after the other. */
async function compareAndHash(
  spec: VerifySpec,
  target: OpenDisk,
  meter: Meter,
  ctx: TaskContext,
): Promise<{ compared: Compared; hashes: TargetHashes }> {
  if (ctx.lanes === null) {
    const compared = await compareWithSource(spec, target, meter, ctx, () => true);
    return { compared, hashes: await hashTarget(target, meter, ctx) };
  }
  const stop = new AbortController();
  const hashing = hashTarget(target, meter, ctx, stop.signal);
  let hashed = false;
  const done = () => {
    hashed = true;
  };
  hashing.then(done, done);
  try {
    const compared = await compareWithSource(spec, target, meter, ctx, () => hashed);
    return { compared, hashes: await hashing };
  } finally {
    stop.abort();
    await hashing.catch(() => {});
  }
}

/** Adds up what both halves of the work have done, for one figure of progress. */
interface Meter {
  comparing(totalBytes: number): void;
  compared(bytes: number): void;
  /** So many more. */
  hashed(bytes: number): void;
}

function createMeter(hashBytes: number, ctx: TaskContext): Meter {
  const done = { compared: 0, hashed: 0 };
  let compareBytes = 0;
  const tell = () => {
    const phase = done.compared < compareBytes ? "comparing" : "hashing";
    ctx.progress(done.compared + done.hashed, compareBytes + hashBytes, phase);
  };
  return {
    comparing(totalBytes) {
      compareBytes = totalBytes;
    },
    compared(bytes) {
      done.compared = bytes;
      tell();
    },
    hashed(bytes) {
      done.hashed += bytes;
      // Until it is known how much there is to compare, the share that is done cannot be told.
      if (compareBytes > 0 || ctx.lanes === null) tell();
    },
  };
}

/**
 * @param takesPart whether this thread may compare beside its lanes
 * @throws AppError verify.mismatch with the guest offset of the first difference
 */
async function compareWithSource(
  spec: VerifySpec,
  target: OpenDisk,
  meter: Meter,
  ctx: TaskContext,
  takesPart: () => boolean,
): Promise<Compared> {
  if (spec.verify.mode === "none") return { comparedBytes: 0, statement: "not compared" };
  const { sourceFormat, sourceSnapshot } = spec;
  const source = await openDisk(spec.sourcePath, {
    format: sourceFormat,
    roots: spec.roots,
    brokenChain: "refuse",
    snapshot: sourceSnapshot ?? null,
  });
  try {
    assertSizesFit(spec, source.guest.virtualSizeBytes, target.guest.virtualSizeBytes);
    const targetRoots = [...spec.roots, dirname(realPath(spec.targetPath))];
    const comparer = comparerFor(
      ctx,
      { disk: source, told: () => laneDisk(source, spec.roots, { format: sourceFormat, snapshot: sourceSnapshot }) },
      { disk: target, told: () => laneDisk(target, targetRoots, { format: spec.targetFormat }) },
      takesPart,
    );
    const hooks = { gate: ctx.gate, spend: ctx.spend, total: meter.comparing, progress: meter.compared };
    const result = await compareDisks(source.guest, target.guest, spec.verify, hooks, comparer);
    if (result.firstDifferenceBytes !== null) {
      throw new AppError(
        "verify.mismatch",
        `${spec.targetPath} differs from ${spec.sourcePath}; the first difference is at byte ${result.firstDifferenceBytes} of the disk`,
        { details: { file: spec.targetPath, source: spec.sourcePath, offset: result.firstDifferenceBytes } },
      );
    }
    for (const file of filesOf(source)) file.assertUnchanged();
    return result;
  } catch (error) {
    throw realCause(error, source);
  } finally {
    await source.close();
  }
}

/** A disk whose end was cut off, or to which something was added, is another disk, be it nothing but zeros. @throws AppError verify.mismatch */
function assertSizesFit(spec: VerifySpec, sourceBytes: number, targetBytes: number): void {
  const extraBytes = targetBytes - targetSize(spec.targetFormat, spec.targetOptions, sourceBytes);
  if (extraBytes >= 0 && extraBytes < SECTOR_BYTES) return;
  // Formats of blocks know no disk of nothing: it becomes the smallest there is.
  if (sourceBytes === 0 && extraBytes === Math.max(SECTOR_BYTES, sizeStep(spec.targetFormat, spec.targetOptions)))
    return;
  throw new AppError(
    "verify.mismatch",
    `${spec.targetPath} is a disk of ${targetBytes} bytes, ${spec.sourcePath} of ${sourceBytes}`,
    { details: { file: spec.targetPath, source: spec.sourcePath, offset: Math.min(sourceBytes, targetBytes) } },
  );
}

/** The files of the target itself, without its parents. @throws AppError job.canceled when `signal` is aborted */
async function hashTarget(
  target: OpenDisk,
  meter: Meter,
  ctx: TaskContext,
  signal?: AbortSignal,
): Promise<TargetHashes> {
  const [{ source, extentFiles }] = target.layers;
  const sha256 = await hashFile(source, meter, ctx, signal);
  const companions: { name: string; sha256: string }[] = [];
  for (const file of extentFiles) {
    companions.push({ name: basename(file.name), sha256: await hashFile(file, meter, ctx, signal) });
  }
  return { sha256, companions };
}

/** SHA-256 of a whole file, hex. @throws AppError job.canceled when `signal` is aborted */
async function hashFile(file: FileSource, meter: Meter, ctx: TaskContext, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafeSlow(HASH_CHUNK_BYTES);
  for (let at = 0; at < file.sizeBytes; at += HASH_CHUNK_BYTES) {
    await ctx.gate();
    // Beside lanes this thread also hands out their work: it lets their answers in.
    if (signal !== undefined) await new Promise<void>((resume) => setImmediate(resume));
    if (signal?.aborted) throw new AppError("job.canceled");
    const piece = buffer.subarray(0, Math.min(HASH_CHUNK_BYTES, file.sizeBytes - at));
    await file.read(at, piece);
    hash.update(piece);
    meter.hashed(piece.length);
  }
  return hash.digest("hex");
}
