/** What this engine can do and what it computes with: the registry as plain data, and the kernels in use. */
import { availableParallelism } from "node:os";
import type { EngineInfo } from "../../src-core/model/task.ts";
import { engineChoice } from "../codec/engine.ts";
import { FORMATS, formatById } from "../formats/registry.ts";
import type { TaskRunner } from "../task.ts";

export const describeEngine: TaskRunner<"describe"> = async (spec, ctx) => {
  ctx.started(null);
  const formats = FORMATS.map((format) => format.info);
  const { zlib, zstd } = process.versions;
  const threads = ctx.lanes?.count ?? availableParallelism();
  const engine: EngineInfo = { ...engineChoice(), zlib, zstd: zstd ?? "none", threads };
  if (spec.targets === undefined) return { kind: "describe", formats, engine };
  const companions = spec.targets.map(({ format, subformat, name }) => [
    ...(formatById(format).companions?.(subformat, name) ?? []),
  ]);
  return { kind: "describe", formats, engine, companions };
};
