/**
 * Checks a package (an .ovf with its folder, or an OVA) against its manifest: every listed file is read once, in one pass, and its
 * digest compared. Nothing is unpacked; constant memory.
 */
import { createHash } from "node:crypto";
import { dirname, extname } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { ManifestResult } from "../../src-core/model/task.ts";
import { realPath } from "../io/folder.ts";
import { type MachinePackage, openPackage, readSmallMember } from "../machine/machine-package.ts";
import { MAX_OVF_BYTES, parseOvf } from "../machine/ovf.ts";
import { MAX_MANIFEST_BYTES, type ManifestEntry, parsePackageManifest } from "../machine/package-manifest.ts";
import type { TaskContext, TaskRunner } from "../task.ts";

const CHUNK_BYTES = 1024 * 1024;

/**
 * @throws AppError verify.mismatch naming the first file whose digest differs, disk.backing-missing for a listed file that is not
 *   there, machine.damaged for a manifest that cannot be read, path.outside for a name that leads out of the package
 */
export const verifyManifest: TaskRunner<"manifest"> = async (spec, ctx) => {
  const beganAtMs = ctx.now();
  ctx.started(null);
  const path = realPath(spec.path);
  const content = await openPackage(path, [dirname(path)]);
  const manifest = `${content.description.slice(0, -extname(content.description).length)}.mf`;
  const entries = await readManifest(path, content, manifest);
  const result = { kind: "manifest", path: spec.path } as const;
  if (entries === null) {
    return {
      ...result,
      manifest: null,
      files: [],
      unlisted: await filesOf(path, content),
      durationMs: ctx.now() - beganAtMs,
    };
  }
  const files = await checkAll(path, content, manifest, entries, ctx);
  const listed = new Set(files.map(({ name }) => name));
  const unlisted = (await filesOf(path, content)).filter((name) => !listed.has(name));
  return { ...result, manifest, files, unlisted, durationMs: ctx.now() - beganAtMs };
};

/** The manifest's lines; null when the package has none. */
async function readManifest(path: string, content: MachinePackage, name: string): Promise<ManifestEntry[] | null> {
  try {
    return parsePackageManifest(`${path}: ${name}`, await readSmallMember(content, name, MAX_MANIFEST_BYTES));
  } catch (error) {
    if (error instanceof AppError && error.code === "path.not-found") return null;
    throw error;
  }
}

/** What should be listed: all members of an OVA, the files that an OVF names; not the manifest itself and the certificate. */
async function filesOf(path: string, content: MachinePackage): Promise<string[]> {
  const { names, description } = content;
  if (names !== null) return names.filter((name) => ![".mf", ".cert"].includes(extname(name).toLowerCase()));
  const machines = parseOvf(path, await readSmallMember(content, description, MAX_OVF_BYTES));
  return [description, ...new Set(machines.flatMap(({ disks }) => disks.map(({ fileName }) => fileName)))];
}

async function checkAll(
  path: string,
  content: MachinePackage,
  manifest: string,
  entries: readonly ManifestEntry[],
  ctx: TaskContext,
): Promise<ManifestResult["files"]> {
  const files: ManifestResult["files"] = [];
  let totalBytes = 0;
  for (const { name } of entries) {
    const source = await openListed(path, content, manifest, name);
    totalBytes += source.sizeBytes;
    await source.close();
  }
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let doneBytes = 0;
  for (const entry of entries) {
    const source = await openListed(path, content, manifest, entry.name);
    try {
      const hash = createHash(entry.algorithm);
      for (let at = 0; at < source.sizeBytes; at += CHUNK_BYTES) {
        await ctx.gate();
        const piece = buffer.subarray(0, Math.min(CHUNK_BYTES, source.sizeBytes - at));
        await source.read(at, piece);
        hash.update(piece);
        doneBytes += piece.length;
        ctx.progress(doneBytes, totalBytes, "hashing");
      }
      source.assertUnchanged();
      assertSame(source.name, manifest, entry, hash.digest("hex"));
      files.push({ ...entry, sizeBytes: source.sizeBytes });
    } finally {
      await source.close();
    }
  }
  return files;
}

async function openListed(path: string, content: MachinePackage, manifest: string, name: string) {
  try {
    return await content.open(name);
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (error.code !== "path.not-found") throw error;
    throw new AppError("disk.backing-missing", `${path}: the manifest ${manifest} lists ${name}, which is not there`, {
      cause: error,
      hint: "The package is not complete; fetch it again.",
      details: { file: path, named: name },
    });
  }
}

function assertSame(file: string, manifest: string, { algorithm, digest }: ManifestEntry, actual: string): void {
  if (actual === digest) return;
  const word = algorithm.toUpperCase();
  throw new AppError("verify.mismatch", `${file} has the ${word} ${actual}; the manifest ${manifest} says ${digest}`, {
    hint: "The package was damaged or changed after it was made; fetch it again.",
    details: { file, manifest, algorithm, expected: digest, actual },
  });
}
