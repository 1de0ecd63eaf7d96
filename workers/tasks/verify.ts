/**
 * Reads a finished conversion back through its own format's reader, compares it with the source, and writes a SHA-256 manifest
 * beside it. Neighbours: disk/compare.ts, open-disk.ts, manifest.ts.
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { VerifySpec } from "../../src-core/model/task.ts";
import { type Comparison, compareDisks } from "../disk/compare.ts";
import type { FileSource } from "../io/file.ts";
import { realPath } from "../io/folder.ts";
import type { TaskContext, TaskRunner } from "../task.ts";
import { writeManifest } from "./manifest.ts";
import { filesOf, type OpenDisk, openDisk, realCause } from "./open-disk.ts";

/** Formats that count a disk in sectors round its size up to the next. */
const SECTOR_BYTES = 512;
const HASH_CHUNK_BYTES = 1024 * 1024;

export const verify: TaskRunner<"verify"> = async (spec, ctx) => {
  const beganAtMs = ctx.now();
  ctx.started(null);
  const target = await openDisk(spec.targetPath, {
    format: spec.targetFormat,
    roots: [...spec.roots, dirname(realPath(spec.targetPath))],
    brokenChain: "refuse",
  });
  try {
    const [{ source: file }] = target.layers;
    const compared = await compareWithSource(spec, target, file.sizeBytes, ctx);
    if (spec.verify.mode !== "none")
      ctx.log("info", `Compared with ${spec.sourcePath}: ${compared.statement}, no difference.`);
    const sha256 = await hashFile(file, compared.readBytes, ctx);
    file.assertUnchanged();
    const manifestPath = await writeManifest(spec.targetPath, sha256);
    return {
      kind: "verify",
      mode: spec.verify,
      virtualSizeBytes: target.guest.virtualSizeBytes,
      comparedBytes: compared.comparedBytes,
      statement: compared.statement,
      sha256,
      manifestPath,
      durationMs: ctx.now() - beganAtMs,
    };
  } catch (error) {
    throw realCause(error, target);
  } finally {
    await target.close();
  }
};

/** @throws AppError verify.mismatch with the guest offset of the first difference */
async function compareWithSource(
  spec: VerifySpec,
  target: OpenDisk,
  hashBytes: number,
  ctx: TaskContext,
): Promise<Pick<Comparison, "comparedBytes" | "statement"> & { readBytes: number }> {
  if (spec.verify.mode === "none") return { comparedBytes: 0, statement: "not compared", readBytes: 0 };
  const source = await openDisk(spec.sourcePath, {
    format: spec.sourceFormat,
    roots: spec.roots,
    brokenChain: "refuse",
  });
  try {
    assertSameSize(spec, source.guest.virtualSizeBytes, target.guest.virtualSizeBytes);
    let readBytes = 0;
    const result = await compareDisks(source.guest, target.guest, spec.verify, {
      gate: ctx.gate,
      total: (bytes) => {
        readBytes = bytes;
      },
      progress: (done) => ctx.progress(done, readBytes + hashBytes, "comparing"),
    });
    if (result.firstDifferenceBytes !== null) {
      throw new AppError(
        "verify.mismatch",
        `${spec.targetPath} differs from ${spec.sourcePath}; the first difference is at byte ${result.firstDifferenceBytes} of the disk`,
        { details: { file: spec.targetPath, source: spec.sourcePath, offset: result.firstDifferenceBytes } },
      );
    }
    for (const file of filesOf(source)) file.assertUnchanged();
    return { ...result, readBytes };
  } catch (error) {
    throw realCause(error, source);
  } finally {
    await source.close();
  }
}

/** A disk whose end was cut off is another disk, be it nothing but zeros. @throws AppError verify.mismatch */
function assertSameSize(spec: VerifySpec, sourceBytes: number, targetBytes: number): void {
  const extraBytes = targetBytes - sourceBytes;
  if (extraBytes >= 0 && extraBytes < SECTOR_BYTES) return;
  throw new AppError(
    "verify.mismatch",
    `${spec.targetPath} is a disk of ${targetBytes} bytes, ${spec.sourcePath} of ${sourceBytes}`,
    { details: { file: spec.targetPath, source: spec.sourcePath, offset: Math.min(sourceBytes, targetBytes) } },
  );
}

/** SHA-256 of a whole file, hex. `doneBytes` is what the task did before, for its progress. */
async function hashFile(file: FileSource, doneBytes: number, ctx: TaskContext): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafeSlow(HASH_CHUNK_BYTES);
  for (let at = 0; at < file.sizeBytes; at += HASH_CHUNK_BYTES) {
    await ctx.gate();
    const piece = buffer.subarray(0, Math.min(HASH_CHUNK_BYTES, file.sizeBytes - at));
    await file.read(at, piece);
    hash.update(piece);
    ctx.progress(doneBytes + at + piece.length, doneBytes + file.sizeBytes, "hashing");
  }
  return hash.digest("hex");
}
