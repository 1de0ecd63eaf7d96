/** What this engine can do: the registry as plain data. */
import { FORMATS } from "../formats/registry.ts";
import type { TaskRunner } from "../task.ts";

export const describeEngine: TaskRunner<"describe"> = async (_spec, ctx) => {
  ctx.started(null);
  return { kind: "describe", formats: FORMATS.map((format) => format.info) };
};
