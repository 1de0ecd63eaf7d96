/** What this engine computes with: the kernels and libraries in use. */
import { availableParallelism } from "node:os";
import { engineChoice } from "../codec/engine.ts";
import { PROVIDERS } from "../providers/registry.ts";
import type { TaskRunner } from "../task.ts";

export const describeEngine: TaskRunner<"describe"> = async (_, ctx) => {
  ctx.started(null);
  const { zlib, zstd } = process.versions;
  const threads = ctx.lanes?.count ?? availableParallelism();
  const providers = PROVIDERS.map(({ kind, label }) => ({ kind, label }));
  return { kind: "describe", engine: { ...engineChoice(), zlib, zstd: zstd ?? "none", threads, providers } };
};
