/** What this engine can read and write: the registry as plain data. */
import { FORMATS, formatById } from "../formats/registry.ts";
import type { TaskRunner } from "../task.ts";

export const listFormats: TaskRunner<"formats"> = async (spec, ctx) => {
  ctx.started(null);
  const formats = FORMATS.map((format) => format.info);
  if (spec.targets === undefined) return { kind: "formats", formats };
  const companions = spec.targets.map(({ format, subformat, name }) => [
    ...(formatById(format).companions?.(subformat, name) ?? []),
  ]);
  return { kind: "formats", formats, companions };
};
