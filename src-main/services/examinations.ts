/** Jobs that look rather than make: the structural check of an image, the comparison of two disks. */
import { basename } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { CheckRequest, CompareRequest } from "../../src-core/model/run.ts";
import type { CheckSpec, CompareSpec } from "../../src-core/model/task.ts";
import type { NewRun } from "../jobs/engine.ts";
import type { LibrariesService } from "./libraries.ts";

/** What the engine is to do for a request. @throws AppError path.* for a disk that is not a file of a library */
export async function newExamination(
  request: CheckRequest | CompareRequest,
  libraries: Pick<LibrariesService, "file" | "folders">,
): Promise<NewRun> {
  return request.kind === "check" ? newCheck(request, libraries) : newComparison(request, libraries);
}

async function newCheck(request: CheckRequest, libraries: Pick<LibrariesService, "file" | "folders">): Promise<NewRun> {
  const path = await realFile(libraries, request.path);
  const forced = request.format === undefined ? {} : { format: request.format };
  const spec: CheckSpec = { kind: "check", path, ...forced, roots: libraries.folders() };
  return runOf(request, `Check of ${basename(path)}`, spec);
}

async function newComparison(
  request: CompareRequest,
  libraries: Pick<LibrariesService, "file" | "folders">,
): Promise<NewRun> {
  const { aFormat, aSnapshot, bFormat, bSnapshot, mode } = request;
  const side = async (path: string, format: CompareSpec["a"]["format"], snapshot: string | undefined) => ({
    path: await realFile(libraries, path),
    ...(format === undefined ? {} : { format }),
    ...(snapshot === undefined ? {} : { snapshot }),
  });
  const a = await side(request.aPath, aFormat, aSnapshot);
  const b = await side(request.bPath, bFormat, bSnapshot);
  const spec: CompareSpec = { kind: "compare", a, b, mode, roots: libraries.folders() };
  return runOf(request, `${basename(a.path)} and ${basename(b.path)} compared`, spec);
}

async function realFile(libraries: Pick<LibrariesService, "file">, path: string): Promise<string> {
  const { realPath, isFile } = await libraries.file(path);
  if (!isFile) throw new AppError("path.not-file", `${realPath} is not a regular file.`);
  return realPath;
}

function runOf(request: NewRun["request"], name: string, spec: CheckSpec | CompareSpec): NewRun {
  return { request, name, files: [], tasks: [{ key: spec.kind, dependsOn: [], spec }] };
}
