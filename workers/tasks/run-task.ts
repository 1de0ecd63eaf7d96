/**
 * From a TaskSpec to the task that does it, read when it is first wanted: a thread waits for no other task's modules. A new kind of
 * task is one file here and one line below.
 */
import type { TaskResult, TaskSpec } from "../../src-core/model/task.ts";
import type { TaskContext } from "../task.ts";

/** Runs the task a spec names. @throws AppError */
export async function runTask(spec: TaskSpec, ctx: TaskContext): Promise<TaskResult> {
  switch (spec.kind) {
    case "export":
      return (await import("./export-machine.ts")).exportMachine(spec, ctx);
    case "convert":
      return (await import("./convert.ts")).convert(spec, ctx);
    case "verify":
      return (await import("./verify.ts")).verify(spec, ctx);
    case "inspect":
      return (await import("./inspect.ts")).inspect(spec, ctx);
    case "map":
      return (await import("./map.ts")).map(spec, ctx);
    case "survey":
      return (await import("./survey.ts")).survey(spec, ctx);
    case "extents":
      return (await import("./extents.ts")).extents(spec, ctx);
    case "check":
      return (await import("./check.ts")).check(spec, ctx);
    case "compare":
      return (await import("./compare.ts")).compare(spec, ctx);
    case "manifest":
      return (await import("./package-manifest.ts")).verifyManifest(spec, ctx);
    case "scan":
      return (await import("./scan.ts")).scan(spec, ctx);
    case "cost":
      return (await import("./cost.ts")).cost(spec, ctx);
    case "size":
      return (await import("./size.ts")).size(spec, ctx);
    case "prices":
      return (await import("./prices.ts")).prices(spec, ctx);
    case "describe":
      return (await import("./describe-engine.ts")).describeEngine(spec, ctx);
    case "formats":
      return (await import("./list-formats.ts")).listFormats(spec, ctx);
  }
}
